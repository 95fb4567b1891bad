/// Swift source taken apart just far enough to be judged: code without comments and texts, line by line.
///
/// Every line keeps its number and every column its place: what is left out becomes blanks.
struct SwiftText {
  /// The code alone.
  let code: [[UInt8]]
  /// The contents of string literals that span no line.
  private(set) var texts: [String] = []

  /// One function, initialiser, deinitialiser or accessor with a body.
  struct Function {
    let name: String
    /// Counted from 1.
    let line: Int
    let lineCount: Int
  }

  init(_ source: String) {
    var walk = Walk(bytes: Array(source.utf8))
    walk.readCode(until: nil)
    code = walk.output.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    texts = walk.texts
  }

  var lines: [String] { code.map { String(decoding: $0, as: UTF8.self) } }

  /// Whether a word or a call stands in a line of the code: `text` with no letter before it.
  static func contains(_ text: String, in line: String) -> Bool {
    var rest = line[...]
    while let found = rest.firstRange(of: text) {
      let before = found.lowerBound > line.startIndex ? line[line.index(before: found.lowerBound)] : " "
      if !(before.isLetter || before.isNumber || before == "_" || before == ".") { return true }
      rest = line[found.upperBound...]
    }
    return false
  }

  /// Every function with a body, in order of appearance; those within another one count in both.
  func functions() -> [Function] {
    let bytes = code.joined(separator: [0x0A])
    let all = Array(bytes)
    var found: [Function] = []
    var line = 1
    for at in all.indices {
      if all[at] == 0x0A { line += 1 }
      guard let keyword = SwiftText.keyword(in: all, at: at) else { continue }
      guard let (first, last) = SwiftText.body(in: all, after: at + keyword.utf8.count) else { continue }
      let count = all[at...last].count { $0 == 0x0A } + 1
      let end = all[at..<first].firstIndex { $0 == 0x28 || $0 == 0x7B || $0 == 0x3C } ?? first
      let name = String(decoding: all[at..<end], as: UTF8.self)
      found.append(Function(name: name, line: line, lineCount: count))
    }
    return found
  }

  private static func keyword(in bytes: [UInt8], at place: Int) -> String? {
    for word in ["func ", "init", "deinit", "subscript"] where bytes[place...].starts(with: word.utf8) {
      let end = place + word.utf8.count
      guard place == 0 || !isWord(bytes[place - 1]) && bytes[place - 1] != 0x2E else { return nil }
      guard word == "func " || end < bytes.count && !isWord(bytes[end]) else { continue }
      return word
    }
    return nil
  }
  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A || byte == 0x5F
      || byte >= 0x80
  }

  /// The braces of the body that a declaration has, or `nil` when it has none, as in a protocol.
  private static func body(in bytes: [UInt8], after start: Int) -> (Int, Int)? {
    var depth = 0
    var at = start
    var hasParameters = false
    while at < bytes.count {
      switch bytes[at] {
      case 0x28, 0x5B: depth += 1
      case 0x29, 0x5D:
        depth -= 1
        hasParameters = true
        if depth < 0 { return nil }
      case 0x7B where depth == 0: return end(of: at, in: bytes).map { (at, $0) }
      case 0x7D where depth == 0: return nil
      case 0x0A where depth == 0 && hasParameters:
        guard continues(bytes, after: at) else { return nil }
      default: break
      }
      at += 1
    }
    return nil
  }
  /// Whether the next line goes on with a signature.
  private static func continues(_ bytes: [UInt8], after newline: Int) -> Bool {
    let rest = bytes[(newline + 1)...].drop { $0 == 0x20 || $0 == 0x0A }
    return ["{", "throws", "->", "where", "async", "rethrows"].contains { rest.starts(with: $0.utf8) }
  }
  private static func end(of brace: Int, in bytes: [UInt8]) -> Int? {
    var depth = 0
    for at in brace..<bytes.count {
      if bytes[at] == 0x7B { depth += 1 }
      if bytes[at] == 0x7D { depth -= 1 }
      if depth == 0 { return at }
    }
    return nil
  }
}

/// The walk over a source: comments and texts become blanks, interpolations stay code.
private struct Walk {
  let bytes: [UInt8]
  var output: [UInt8] = []
  var texts: [String] = []
  private var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private func sees(_ text: String, at offset: Int = 0) -> Bool {
    let start = at + offset
    return start <= bytes.count && bytes[start...].starts(with: text.utf8)
  }
  private mutating func blank(_ count: Int) {
    for _ in 0..<count where at < bytes.count {
      output.append(bytes[at] == 0x0A ? 0x0A : 0x20)
      at += 1
    }
  }
  private mutating func keep() {
    output.append(bytes[at])
    at += 1
  }

  /// Reads code to the end, or through the parenthesis that ends an interpolation.
  mutating func readCode(until close: UInt8?) {
    var depth = 0
    while at < bytes.count {
      if sees("//") {
        while at < bytes.count, bytes[at] != 0x0A { blank(1) }
      } else if sees("/*") {
        readBlockComment()
      } else if let hashes = openingHashes() {
        readText(hashes: hashes)
      } else if close != nil, bytes[at] == 0x28 {
        depth += 1
        keep()
      } else if close == bytes[at], depth == 0 {
        blank(1)
        return
      } else {
        if close == bytes[at] { depth -= 1 }
        keep()
      }
    }
  }
  private mutating func readBlockComment() {
    var depth = 0
    repeat {
      if sees("/*") { depth += 1 }
      if sees("*/") { depth -= 1 }
      blank(sees("/*") || sees("*/") ? 2 : 1)
    } while depth > 0 && at < bytes.count
  }
  /// How many `#` stand before the quote that opens a text here; `nil` when none opens.
  private func openingHashes() -> Int? {
    var count = 0
    while at + count < bytes.count, bytes[at + count] == 0x23 { count += 1 }
    return at + count < bytes.count && bytes[at + count] == 0x22 ? count : nil
  }
  private mutating func readText(hashes: Int) {
    blank(hashes)
    let mark = String(repeating: "#", count: hashes)
    let quote = sees("\"\"\"") ? "\"\"\"" : "\""
    blank(quote.utf8.count)
    let start = at
    while at < bytes.count {
      if sees(quote + mark) {
        if quote.utf8.count == 1 { texts.append(String(decoding: bytes[start..<at], as: UTF8.self)) }
        blank(quote.utf8.count + hashes)
        return
      }
      if sees("\\" + mark + "(") {
        blank(2 + hashes)
        readCode(until: 0x29)
      } else if sees("\\" + mark) {
        blank(2 + hashes)
      } else {
        blank(1)
      }
    }
  }
}
