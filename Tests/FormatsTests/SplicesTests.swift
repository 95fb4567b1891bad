import Bytes
import Formats
import Testing

@Suite struct SplicesTests {
  /// A text with parts of it exchanged.
  private static func written(_ text: String, _ parts: [(Range<Int>, String)]) -> String {
    var splices = Splices(countMax: 8, textBytesMax: 256)
    for (range, new) in parts {
      let start = splices.text.count
      for byte in new.utf8 { splices.text.append(byte) }
      let hasRoom = splices.append(range, newStart: start, note: 7)
      #expect(hasRoom)
    }
    let bytes = Array(text.utf8)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 512)
    let count = bytes.count + splices.growth
    region.write(atMost: count) { $0.append(bytes.span.bytes, with: splices) }
    #expect(region.count == count)
    return region.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `nothing exchanged is the text itself`() {
    #expect(Self.written("abc", []) == "abc" && Self.written("", []) == "")
  }

  @Test func `parts are exchanged wherever they stand, and taken out for nothing`() {
    #expect(Self.written("abcdef", [(0..<2, "X"), (4..<6, "YYY")]) == "XcdYYY")
    #expect(Self.written("abcdef", [(2..<4, "")]) == "abef")
    #expect(Self.written("abcdef", [(0..<3, ""), (3..<6, "z")]) == "z")
    #expect(Self.written("abc", [(1..<1, "-")]) == "a-bc")
    #expect(Self.written("abc", [(0..<3, "a longer text than before")]) == "a longer text than before")
  }

  @Test func `those that are taken back leave no trace`() {
    var splices = Splices(countMax: 4, textBytesMax: 64)
    for (index, word) in ["one", "two", "three"].enumerated() {
      let start = splices.text.count
      for byte in word.utf8 { splices.text.append(byte) }
      let hasRoom = splices.append(index * 2..<index * 2 + 1, newStart: start, note: UInt32(index))
      #expect(hasRoom)
    }
    splices.removeAll(after: 1)
    #expect(splices.count == 1 && splices.growth == 2 && splices.text.count == 3)
    let kept = splices[0]
    #expect(kept.range == 0..<1 && kept.note == 0)
    splices.removeAll()
    #expect(splices.isEmpty && splices.growth == 0)
  }

  @Test func `one more than there is room for is refused`() {
    var splices = Splices(countMax: 2, textBytesMax: 8)
    var taken: [Bool] = []
    for index in 0..<3 { taken.append(splices.append(index..<index + 1, newStart: 0, note: 0)) }
    #expect(taken == [true, true, false])
  }
}
