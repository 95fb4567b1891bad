import Foundation
import Settings
import Testing

/// A generator whose numbers a test can repeat.
private struct Lehmer: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

/// What a file of any bytes leads to: settings, or mistakes within their bounds.
private func read(_ bytes: [UInt8]) -> [SettingsMistake] {
  do throws(SettingsMistakes) {
    let settings = try NodeSettings.read(bytes, file: "f")
    #expect(!settings.topics.isEmpty && !settings.listeners.isEmpty)
    return []
  } catch {
    #expect(!error.all.isEmpty && error.all.count <= 100)
    for mistake in error.all {
      #expect(mistake.line >= 1 && mistake.column >= 1 && !mistake.found.isEmpty)
      #expect(mistake.description.utf8.count < 8192)
      #expect(!mistake.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F })
    }
    return error.all
  }
}
private func read(_ text: String) -> [SettingsMistake] { read(Array(text.utf8)) }

@Suite struct HostileTests {
  @Test(arguments: ["[", "{a: ", "- ", "? ", "{? ", "[[{"])
  func `nesting is bounded`(opening: String) {
    for count in [17, 100, 5000] {
      let found = read(String(repeating: opening, count: count))
      #expect(found.count >= 1)
    }
    #expect(read(String(repeating: "[", count: 20)).contains { $0.found == "more than 16 levels" })
  }

  @Test func `indentation nests no deeper than brackets`() {
    let text = (0..<200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(read(text).contains { $0.found == "more than 16 levels" })
  }

  @Test func `a file larger than its bound is not read`() {
    #expect(read(String(repeating: "#", count: 1 << 20) + "\n")[0].found == "a file of 1048577 bytes")
    #expect(read(topic + String(repeating: "#", count: (1 << 20) - topic.utf8.count)).isEmpty)
  }

  @Test func `more values than their bound are not read`() {
    let found = read("topics: [" + String(repeating: "a,", count: 70_000) + "]")
    #expect(found.contains { $0.found == "more than 65536 values" })
  }

  @Test func `a huge scalar is refused in few words`() {
    for quote in ["", "\"", "'"] {
      let found = read(topic + "shards: \(quote)\(String(repeating: "9", count: 900_000))\(quote)")
      #expect(found.count == 1 && found[0].headline.utf8.count < 300)
    }
    #expect(read(topic + "\(String(repeating: "k", count: 900_000)): 1").count == 1)
  }

  @Test func `too many topics and listeners are refused`() {
    func list(_ count: Int) -> String {
      "topics: [" + (0..<count).map { "{name: t\($0)}" }.joined(separator: ", ") + "]"
    }
    #expect(read(list(4096)).isEmpty)
    #expect(read(list(4097)).map(\.found) == ["4097 items in 'topics'"])
  }

  @Test func `aliases cannot multiply`() {
    let text = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" + topic
    let found = read(text)
    #expect(found.contains { $0.found.hasPrefix("an alias") } && found.contains { $0.found.hasPrefix("an anchor") })
  }

  @Test func `bytes that are no text are named with their place`() {
    let found = read(Array("topics: [{name: a}]\ndata: ä".utf8) + [0xFF, 0xFE])
    #expect(
      found.count >= 1 && found[0].found.hasPrefix("not text in UTF-8") && found[0].line == 2 && found[0].column == 8
    )
    #expect(!read([0, 0, 0, 0]).isEmpty && !read([0xFF, 0xFE, 0x61, 0x00]).isEmpty)
    #expect(!read(Array(UInt8(0)...255)).isEmpty)
  }

  @Test(arguments: [
    "\"", "'", "{", "topics: [{name: \"", "topics: [{name: a", "a: |", "a: >", "%YAML", "--- !", "a: b: c", "\t- a",
    "*", "&", "@", "`", "a: \"\\x", "? a\n: b\n- c", "}", "]", "key: [a}]",
  ])
  func `what is cut short or ill-formed is refused`(text: String) { #expect(!read(text).isEmpty) }

  @Test func `a full file cut anywhere is read or refused`() {
    let bytes = Array(everyKey.utf8)
    for count in stride(from: 0, to: bytes.count, by: 3) { _ = read(Array(bytes[..<count])) }
  }

  @Test(arguments: 1...8)
  func `no mutation crashes the reader`(seed: UInt64) {
    var random = Lehmer(state: seed)
    let bytes = Array(everyKey.utf8)
    let tokens = [
      "[", "]", "{", "}", ": ", "- ", "\n", "\"", "'", "&a ", "*a", "!!x ", "|", ">", "#", "\t", "~", "---\n", "0",
      "9999999999999999999",
    ]
    for _ in 0..<150 {
      var mutant = bytes
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let place = Int.random(in: 0..<mutant.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: mutant[place] = UInt8.random(in: 0...255, using: &random)
        case 1: mutant.removeSubrange(place..<min(mutant.count, place + Int.random(in: 1...20, using: &random)))
        case 2: mutant.insert(contentsOf: Array(tokens.randomElement(using: &random)!.utf8), at: place)
        default:
          let end = min(mutant.count, place + 40)
          mutant.insert(contentsOf: mutant[place..<end], at: Int.random(in: 0...mutant.count, using: &random))
        }
        if mutant.isEmpty { mutant = bytes }
      }
      _ = read(mutant)
    }
  }

  @Test func `every file of the corpus is read or refused`() throws {
    let folder = root.appendingPathComponent("Tests/Fuzz/Corpus/settings")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 10)
    for file in files { _ = read(Array(try Data(contentsOf: file))) }
  }
}

/// The package's folder.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
