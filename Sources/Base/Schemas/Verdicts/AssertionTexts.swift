internal import Formats

/// What verdicts say of every assertion, written out when the schema is compiled.
///
///     "keyword":"maximum","schema":"/properties/age/maximum","message":"must be at most 150
///
/// The message's quote is left open, so that more may be said.
struct AssertionTexts: Sendable {
  private let letters: [UInt8]
  private let ends: [Int]
  private let keywords: [Keyword]

  init(_ assertions: [Assertion]) {
    var letters: [UInt8] = []
    var ends: [Int] = []
    for assertion in assertions {
      let location = Self.quoted(assertion.location, atMost: 160)
      let sentence = Self.quoted(assertion.sentence, atMost: 200)
      letters += "\"keyword\":\"\(assertion.keyword.name)\",\"schema\":\"\(location)\",\"message\":\"\(sentence)".utf8
      ends.append(letters.count)
    }
    (self.letters, self.ends, keywords) = (letters, ends, assertions.map(\.keyword))
  }

  func keyword(_ assertion: Int) -> Keyword { keywords[assertion] }
  func bytes(_ assertion: Int) -> ArraySlice<UInt8> {
    letters[(assertion == 0 ? 0 : ends[assertion - 1])..<ends[assertion]]
  }

  /// A text within quotes, cut where it is too long.
  private static func quoted(_ text: String, atMost count: Int) -> String {
    var quoted = ""
    for scalar in text.unicodeScalars {
      guard quoted.utf8.count < count else { return quoted + "..." }
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted
  }
}
