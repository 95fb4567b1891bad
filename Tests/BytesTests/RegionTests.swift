import Bytes
import Testing

@Suite struct RegionTests {
  @Test func `a region starts empty, aligned and zero`() {
    let region = Region(id: RegionID(rawValue: 7), byteCount: 10_000)
    #expect(region.id.rawValue == 7)
    #expect(region.count == 0 && region.room == 10_000 && region.byteCount == 10_000)
    #expect(Int(bitPattern: region.memory.baseAddress!) % 4096 == 0)
    #expect(region.memory.allSatisfy { $0 == 0 })
    #expect(region.bytes.byteCount == 0)
  }

  @Test func `what is appended comes one behind the other, integers big-endian`() {
    var region = Region(id: RegionID(rawValue: 0), byteCount: 64)
    let more: [UInt8] = [9, 8]
    region.append(UInt32(0x0102_0304))
    region.append(Int16(-2))
    region.append("hi")
    region.append(more.span.bytes)
    #expect(array(region.bytes) == [1, 2, 3, 4, 0xFF, 0xFE, 0x68, 0x69, 9, 8])
    region.store(UInt16(0xA0B0), at: 1)
    #expect(array(region.bytes) == [1, 0xA0, 0xB0, 4, 0xFF, 0xFE, 0x68, 0x69, 9, 8])
    region.removeFirst(4)
    #expect(array(region.bytes) == [0xFF, 0xFE, 0x68, 0x69, 9, 8])
    region.removeFirst(0)
    region.zero(from: 4)
    #expect(array(region.bytes) == [0xFF, 0xFE, 0x68, 0x69, 0, 0])
    region.removeFirst(6)
    #expect(region.count == 0)
  }

  @Test func `a write that would not leave enough free does not happen`() {
    var region = Region(id: RegionID(rawValue: 0), byteCount: 16)
    var fits = region.write(atMost: 8, leaving: 9) { $0.append(UInt64(1)) }
    #expect(!fits && region.count == 0)
    fits = region.write(atMost: 8, leaving: 8) { $0.append(UInt32(1)) }
    #expect(fits && region.count == 4)
    fits = region.write(atMost: -1, leaving: 0) { _ in Issue.record("nothing is written") }
    #expect(!fits && region.count == 4)
    fits = region.write(atMost: 13, leaving: 0) { _ in Issue.record("nothing is written") }
    #expect(!fits)
    fits = region.write(atMost: 12, leaving: 0) { $0.append("abcdefghijkl") }
    #expect(fits && region.room == 0)
  }

  @Test func `a region is filled within its bounds`() async {
    await #expect(processExitsWith: .failure) {
      var region = Region(id: RegionID(rawValue: 0), byteCount: 16)
      region.count = 17
    }
    await #expect(processExitsWith: .failure) {
      var region = Region(id: RegionID(rawValue: 0), byteCount: 16)
      region.count = -1
    }
    await #expect(processExitsWith: .failure) {
      var region = Region(id: RegionID(rawValue: 0), byteCount: 16)
      region.count = 4
      region.store(UInt32(0), at: 1)
    }
    await #expect(processExitsWith: .failure) {
      var region = Region(id: RegionID(rawValue: 0), byteCount: 7)
      region.append(UInt64(0))
    }
    await #expect(processExitsWith: .failure) {
      var region = Region(id: RegionID(rawValue: 0), byteCount: 16)
      region.count = 4
      region.removeFirst(5)
    }
  }
}

/// A copy of bytes that somebody else holds.
func array(_ bytes: RawSpan) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
