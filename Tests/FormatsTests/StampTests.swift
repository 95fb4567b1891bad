import Bytes
import Events
import Formats
import Testing

struct StampTests {
  /// Version 1 with everything, byte by byte as the protocol page lays it out.
  let whole: [UInt8] =
    [1, 0b0011_1101] + [0x18, 0xE9, 0xC1, 0x2A, 0x00, 0x00, 0x00, 0x01] + [0, 0, 3, 0xE8] + Array(1...16)
    + [0, 0, 0, 9] + Array(101...116) + Array(21...28) + [1]

  @Test func `a stamp is laid out as documented`() throws {
    let bytes = whole
    let stamp = try Stamp(decoding: bytes.span.bytes)
    #expect(stamp.utcNs == 0x18E9_C12A_0000_0001)
    #expect(stamp.errorNs == 1000)
    #expect(stamp.state == .locked)
    #expect(stamp.eventID == 0x0102_0304_0506_0708_090A_0B0C_0D0E_0F10)
    #expect(stamp.isIDGiven)
    #expect(stamp.principal.rawValue == 9)
    #expect(
      stamp.trace
        == TraceParent(
          trace: 0x6566_6768_696A_6B6C_6D6E_6F70_7172_7374,
          parent: 0x1516_1718_191A_1B1C,
          flags: 1
        )
    )
    let header = StampHeader(stamp)
    #expect(header.byteCount == StampHeader.byteCountMax)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    region.write(atMost: 200) { $0.append(header) }
    let expected: [UInt8] = [2, 12] + Array("sluice".utf8) + [UInt8(bytes.count * 2)] + bytes
    let same = region.bytes.equals(expected.span.bytes)
    #expect(same)
  }

  @Test func `a stamp cut anywhere or grown is refused by its length`() {
    for count in 0..<whole.count {
      let cut = Array(whole[..<count])
      #expect(throws: StampFault.length(count)) { try Stamp(decoding: cut.span.bytes) }
    }
    let grown = whole + [0]
    #expect(throws: StampFault.length(60)) { try Stamp(decoding: grown.span.bytes) }
  }

  @Test func `an unknown version and unknown flags are refused by name`() {
    var other = whole
    other[0] = 2
    #expect(throws: StampFault.version(2)) { try Stamp(decoding: other.span.bytes) }
    other = whole
    other[1] |= 0x40
    #expect(throws: StampFault.reservedFlags(0x7D)) { try Stamp(decoding: other.span.bytes) }
  }
}
