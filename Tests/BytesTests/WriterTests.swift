import Bytes
import Testing

@Suite struct WriterTests {
  /// What is written into exactly so much room.
  static func written(room: Int, _ body: (inout Writer) -> Void) -> [UInt8] {
    var region = Region(id: RegionID(rawValue: 0), byteCount: 128)
    // Whatever lies behind the room must stay as it is.
    for place in 0..<128 { region.memory[place] = 0xEE }
    region.write(atMost: room, body)
    for place in room..<128 where region.memory[place] != 0xEE {
      Issue.record("something was written behind the room")
    }
    return array(region.bytes)
  }
  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Numbers at every border of their digits, and some between.
  static var numbers: [UInt64] {
    var all: [UInt64] = [0, 1, 9, .max, .max - 1]
    var power: UInt64 = 10
    while true {
      all += [power - 1, power, power + 1, power / 2 * 3, power / 7]
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      // 10^19 and half of it again would not fit.
      if overflow || next > .max / 2 { return all }
      power = next
    }
  }

  @Test func `decimal numbers are those of the standard library, in exactly the room they take`() {
    for number in Self.numbers {
      let expected = String(number)
      for room in [expected.utf8.count, expected.utf8.count + 1, expected.utf8.count + 7, 64] {
        #expect(Self.text(Self.written(room: room) { $0.append(decimal: number) }) == expected)
      }
    }
    for number in UInt64(0)..<2000 {
      #expect(Self.text(Self.written(room: 8) { $0.append(decimal: number * 37) }) == String(number * 37))
    }
  }

  @Test func `eight digits are always eight`() {
    for number in [0, 1, 12, 99_999_999, 10_000_000, 12_345_678, 90_909_090] as [UInt32] {
      let digits = String(number)
      let expected = String(repeating: "0", count: 8 - digits.count) + digits
      #expect(Self.text(Self.written(room: 8) { $0.append(eightDigits: number) }) == expected)
    }
  }

  /// Zigzag LEB128, straight from its definition.
  static func varint(_ value: Int64) -> [UInt8] {
    var rest = UInt64(bitPattern: value) << 1
    if value < 0 { rest = ~rest }
    var bytes: [UInt8] = []
    while rest >= 128 {
      bytes.append(UInt8(rest % 128) + 128)
      rest /= 128
    }
    return bytes + [UInt8(rest)]
  }

  @Test func `varints are those of the format, their length is known, and they read back`() {
    var values: [Int64] = [0, 1, -1, .max, .min]
    for shift in 0..<63 { for delta in -1...1 { values += [1 << shift + Int64(delta), -(1 << shift) + Int64(delta)] } }
    for value in values {
      let expected = Self.varint(value)
      #expect(varintBytes(value) == expected.count)
      let bytes = Self.written(room: expected.count) { $0.append(varint: value) }
      #expect(bytes == expected)
      var cursor = Cursor(bytes.span.bytes)
      let read = cursor.varint()
      #expect(read == value && cursor.remaining == 0)
    }
  }

  @Test func `unchecked stores put their bytes where they are told and move nothing`() {
    let bytes = Self.written(room: 40) { writer in
      let (one, none): ([UInt8], [UInt8]) = ([7, 8, 9], [])
      unsafe writer.storeUnchecked(0x0807_0605_0403_0201, at: 0)
      unsafe writer.storeUnchecked(0x1817_1615_1413_1211, at: 3)
      let before = writer.room
      #expect(before == 40)
      unsafe writer.copyUnchecked(one.span.bytes, at: 11)
      unsafe writer.copyUnchecked(none.span.bytes, at: 14)
      unsafe writer.advanceUnchecked(by: 14)
      let after = writer.room
      #expect(after == 26)
      unsafe writer.storeUnchecked(0xFF, at: 0)
      unsafe writer.advanceUnchecked(by: 1)
      unsafe writer.advanceUnchecked(by: 0)
    }
    #expect(bytes == [1, 2, 3, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 7, 8, 9, 0xFF])
  }

  @Test func `unchecked stores may use the room to its last byte`() {
    let bytes = Self.written(room: 11) { writer in
      let two: [UInt8] = [1, 2]
      unsafe writer.storeUnchecked(.max, at: 3)
      unsafe writer.copyUnchecked(two.span.bytes, at: 9)
      unsafe writer.advanceUnchecked(by: 11)
      let room = writer.room
      #expect(room == 0)
    }
    #expect(Array(bytes[3...]) == [255, 255, 255, 255, 255, 255, 1, 2])
  }

  @Test func `what does not fit stops the process`() async {
    await #expect(processExitsWith: .failure) { _ = WriterTests.written(room: 3) { $0.append(UInt32(1)) } }
    await #expect(processExitsWith: .failure) { _ = WriterTests.written(room: 2) { $0.append("abc") } }
    await #expect(processExitsWith: .failure) { _ = WriterTests.written(room: 1) { $0.append(decimal: 10) } }
    await #expect(processExitsWith: .failure) { _ = WriterTests.written(room: 8) { $0.append(decimal: 123_456_789) } }
    await #expect(processExitsWith: .failure) { _ = WriterTests.written(room: 7) { $0.append(eightDigits: 1) } }
    await #expect(processExitsWith: .failure) { _ = WriterTests.written(room: 9) { $0.append(varint: .min) } }
    await #expect(processExitsWith: .failure) {
      let bytes: [UInt8] = [1, 2]
      _ = WriterTests.written(room: 1) { $0.append(bytes.span.bytes) }
    }
  }
}
