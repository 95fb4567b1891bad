import Testing

@testable import Detection

/// What a detector finds in a text, without the scanner.
struct IdentifierFinding: Equatable {
  var start: Int
  var end: Int
  var text: String
  var alone: Int
  var inContext: Int
}

extension Detector {
  /// Asks the detector at each place where its triggers say, and leaves the surest of what overlaps.
  static func findings(in string: String) -> [IdentifierFinding] {
    let text = Array(string.utf8)
    var all: [IdentifierFinding] = []
    for token in tokens(of: text) where triggers.contains(where: { $0.asks(at: token, in: text) }) {
      guard let match = match(text.span.bytes, at: token) else { continue }
      all.append(
        IdentifierFinding(
          start: match.start,
          end: match.end,
          text: String(decoding: text[match.start..<match.end], as: UTF8.self),
          alone: Int(match.alone),
          inContext: Int(match.inContext)
        )
      )
    }
    var kept: [IdentifierFinding] = []
    for one in all.sorted(by: { ($0.alone, $0.end - $0.start) > ($1.alone, $1.end - $1.start) })
    where !kept.contains(where: { $0.start < one.end && one.start < $0.end }) { kept.append(one) }
    return kept.sorted { $0.start < $1.start }
  }

  /// The texts of all findings.
  static func finds(_ string: String) -> [String] { findings(in: string).map(\.text) }

  /// Expects each of the first texts to be found as a whole, also within a sentence, and nothing in the others.
  static func check(found: [String], refused: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    for text in found {
      #expect(finds(text) == [text], sourceLocation: sourceLocation)
      for sentence in ["x=\(text), y", "(\(text))", "word: \(text).", "a/\(text)?q", "_\(text)_", "#\(text)\n1"] {
        #expect(finds(sentence) == [text], "in \(sentence)", sourceLocation: sourceLocation)
      }
      for longer in ["a\(text)", "7\(text)", "\(text)a", "\(text)7", "\(text)ä", "1.\(text)", "\(text).5", "7-\(text)"]
      {
        #expect(!finds(longer).contains(text), "in \(longer)", sourceLocation: sourceLocation)
      }
    }
    for text in refused { #expect(finds(text) == [], "\(text)", sourceLocation: sourceLocation) }
  }

  /// The tokens of a text, and an empty one at each byte that some trigger names.
  private static func tokens(of text: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var place = 0
    while place < text.count {
      var (end, digits) = (place, 0)
      while end < text.count, text[end] >= 0x80 || text[end].isDigit || text[end].isLetter {
        if text[end].isDigit { digits += 1 }
        end += 1
      }
      tokens.append(Token(start: place, end: end, digits: digits))
      place = max(end, place + 1)
    }
    return tokens
  }
}

extension Trigger {
  /// What it is without what it wants beside the token.
  var plain: Trigger {
    switch self {
    case .starting(_, let inner), .preceded(_, let inner), .followed(_, let inner): inner.plain
    default: self
    }
  }

  fileprivate func asks(at token: Token, in text: [UInt8]) -> Bool {
    switch plain {
    case .wide(let range): token.digits > 0 && token.digits < token.count && range.contains(token.count)
    case .starting, .preceded, .followed: false
    case .digits(let range): token.count > 0 && token.digits == token.count && range.contains(token.count)
    case .groups(let range, _): token.count > 0 && token.digits == token.count && range.contains(token.count)
    case .letters(let range): token.digits == 0 && range.contains(token.count)
    case .mixed(let range): token.digits > 0 && token.digits < token.count && range.contains(token.count)
    case .byte(let byte): token.count == 0 && text[token.start] == byte
    case .value: false
    }
  }
}

/// Numbers that are the same in each run.
struct FixedRandom: RandomNumberGenerator {
  var state: UInt64 = 7
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 31)
  }
  mutating func digits(_ count: Int) -> [Int] { (0..<count).map { _ in Int.random(in: 0...9, using: &self) } }
}
