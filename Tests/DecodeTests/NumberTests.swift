import Bytes
import Decode
import Testing

struct NumberTests {
  /// What a region of exactly `room` bytes holds after `body`.
  func written(_ room: Int, _ body: (inout Writer) -> Void) -> String {
    var region = Region(id: RegionID(rawValue: 0), byteCount: room)
    region.write(atMost: room, body)
    return String(decoding: bytes(region.bytes), as: UTF8.self)
  }

  @Test func `numbers are written in decimal, into any room that holds them`() {
    var generator = Generator(state: 1)
    var values: [UInt64] = [0, 9, 10, 99, 100, 9_999, 10_000, 99_999_999, 100_000_000, 100_000_001, .max]
    for shift in 0..<64 { values += [1 << UInt64(shift), generator.next() >> UInt64(shift)] }
    for value in values {
      let text = String(value)
      #expect(written(text.utf8.count) { $0.append(decimal: value) } == text)
    }
    for value: UInt32 in [0, 1, 12_345_678, 90_000_009, 99_999_999] {
      let text = String(value)
      let padding = String(repeating: "0", count: 8 - text.utf8.count)
      #expect(written(8) { $0.append(eightDigits: value) } == padding + text)
    }
  }
}
