internal import Bytes

/// The way through the lines of a file of keys.
struct KeyLines {
  private let file: String
  private var number = 0
  private var nextStart = 0
  /// The words of the line that is read.
  private var words: [Range<Int>] = []
  private var line = 0..<0
  private(set) var hasTitle = false
  private(set) var entries: [RedactionKeyFile.Entry] = []

  init(file: String) { self.file = file }

  /// Goes to the next line that says something.
  mutating func nextLine(_ text: RawSpan) -> Bool {
    while nextStart < text.byteCount {
      let start = nextStart
      let end = text.first(0x0A, from: start) ?? text.byteCount
      (number, nextStart, line) = (number + 1, end + 1, start..<end)
      words = []
      var place = start
      while place < end {
        if text.byte(place).isBlank {
          place += 1
          continue
        }
        let first = place
        while place < end, !text.byte(place).isBlank { place += 1 }
        words.append(first..<place)
      }
      if let first = words.first, text.byte(first.lowerBound) != UInt8(ascii: "#") { return true }
    }
    return false
  }

  /// A mistake at a word of the line.
  func mistake(_ found: String, _ expected: String, word: Int = 0) -> RedactionKeyFileMistake {
    let place = word < words.count ? words[word].lowerBound : line.upperBound
    return RedactionKeyFileMistake(
      file: file,
      line: max(number, 1),
      column: place - line.lowerBound + 1,
      found: found,
      expected: expected
    )
  }
  private func word(_ index: Int, _ text: RawSpan) -> String {
    guard index < words.count, words[index].count <= 64 else { return "" }
    return String(decoding: words[index].map { text.byte($0) }, as: UTF8.self)
  }

  /// Reads the first line.
  mutating func readTitle(_ text: RawSpan) throws(RedactionKeyFileMistake) {
    let name = word(0, text)
    guard words.count == 2, "\(name) \(word(1, text))" == RedactionKeyFile.title else {
      let isOther = name == "sluice-redaction-keys"
      let found = isOther ? "another version of the format" : "no file of redaction's keys"
      throw mistake(found, "'\(RedactionKeyFile.title)'")
    }
    hasTitle = true
  }

  /// Reads a key.
  mutating func readEntry(_ text: RawSpan) throws(RedactionKeyFileMistake) {
    guard let id = KeyID(word(0, text)) else {
      throw mistake("no key's id", "a name of 'a-z 0-9' and a number, as 'pseudonym.1'")
    }
    guard let purpose = KeyPurpose(rawValue: word(1, text)) else {
      throw mistake("no purpose of key '\(id)'", Self.list(KeyPurpose.allCases.map(\.rawValue)), word: 1)
    }
    guard let state = KeyState(rawValue: word(2, text)) else {
      throw mistake("no state of key '\(id)'", Self.list(KeyState.allCases.map(\.rawValue)), word: 2)
    }
    guard Self.isTime(word(3, text)) else {
      throw mistake("no time of key '\(id)'", "when it was made, as '2026-01-31T12:00:00Z'", word: 3)
    }
    let secret = try secret(id, state, text)
    guard words.count == 5 else {
      throw mistake("more than key '\(id)' has", "the end of the line", word: 5)
    }
    try check(id, purpose, state)
    entries.append(
      .init(id: id, purpose: purpose, state: state, made: word(3, text), secret: secret, line: line)
    )
  }
  private func check(_ id: KeyID, _ purpose: KeyPurpose, _ state: KeyState) throws(RedactionKeyFileMistake) {
    guard entries.count < RedactionKeys.keysMax else {
      throw mistake("more than \(RedactionKeys.keysMax) keys", "a file of its own for other topics")
    }
    for entry in entries where entry.id.name == id.name {
      guard entry.id != id else { throw mistake("key '\(id)' for the second time", "it once") }
      guard entry.purpose == purpose else {
        throw mistake("another purpose for '\(id.name)'", "'\(entry.purpose.rawValue)', as before", word: 1)
      }
      guard state != .active || entry.state != .active else {
        throw mistake("a second active key of '\(id.name)'", "'retired' for one of them", word: 2)
      }
    }
  }
  private func secret(_ id: KeyID, _ state: KeyState, _ text: RawSpan) throws(RedactionKeyFileMistake)
    -> RedactionKeyFile.Secret
  {
    if state == .destroyed {
      guard word(4, text) == "none" else { throw mistake("a secret of destroyed key '\(id)'", "'none'", word: 4) }
      return .none
    }
    if let range = digits(behind: "hex:", text), range.count == 2 * RedactionKeys.secretBytes {
      return .digits(range)
    }
    if let range = digits(behind: "wrapped:", text), !range.isEmpty, range.count % 2 == 0,
      range.count <= RedactionKeyFile.wrappedDigitsMax
    {
      return .wrapped(range)
    }
    let expected = "'hex:' and 64 hexadecimal digits, or 'wrapped:' and what a key service unwraps"
    throw mistake("no secret of key '\(id)'", expected, word: 4)
  }
  private func digits(behind prefix: StaticString, _ text: RawSpan) -> Range<Int>? {
    guard words.count > 4 else { return nil }
    let word = words[4]
    guard text.extracting(word).starts(withLowercase: prefix) else { return nil }
    let digits = word.lowerBound + prefix.utf8CodeUnitCount..<word.upperBound
    for place in digits where Self.value(ofDigit: text.byte(place)) == nil { return nil }
    return digits
  }

  /// The value of a hexadecimal digit.
  static func value(ofDigit byte: UInt8) -> UInt8? {
    if byte.isDigit { return byte - 0x30 }
    let letter = byte.lowercased &- 0x61
    return letter < 6 ? letter + 10 : nil
  }
  private static func list(_ words: [String]) -> String { words.map { "'\($0)'" }.joined(separator: ", ") }
  /// Whether it has the form of a time in UTC, to the second.
  static func isTime(_ text: String) -> Bool {
    text.utf8.count == 20
      && zip(text.utf8, "0000-00-00T00:00:00Z".utf8).allSatisfy { $1 == 0x30 ? $0.isDigit : $0 == $1 }
  }
}
