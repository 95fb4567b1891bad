import Bytes
import Schemas
import Testing

/// A text that has no right to a format, and why.
struct Refused: Sendable, CustomTestStringConvertible {
  let text: String
  let reason: String
  init(_ text: String, _ reason: String) {
    self.text = text
    self.reason = reason
  }
  var testDescription: String { "\(text.debugDescription): \(reason)" }
}

extension StringFormat {
  func accepts(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return accepts(bytes.span.bytes)
  }

  /// What its table says, text by text.
  func check(accepted: [String], refused: [Refused], _ location: SourceLocation = #_sourceLocation) {
    for text in accepted {
      #expect(accepts(text), "\(name) refuses \(text.debugDescription)", sourceLocation: location)
    }
    for row in refused {
      #expect(!accepts(row.text), "\(name) accepts \(row.testDescription)", sourceLocation: location)
    }
  }
}
