internal import Bytes

extension StringFormat {
  /// URI-Template of RFC 6570 section 2, of any level.
  static func acceptsURITemplate(_ text: RawSpan) -> Bool {
    var at = 0
    while true {
      at = runEnd(of: text, from: at, .templateLiteral, .all)
      if at == text.byteCount { return true }
      guard text.byte(at) == 0x7B, let end = expressionEnd(of: text, from: at &+ 1) else { return false }
      at = end
    }
  }

  /// Where an expression ends whose brace is open (section 2.2): an operator or none, then variables with commas
  /// between them.
  ///
  /// The operators that are reserved for extensions are part of the grammar: whether a processor knows them is a
  /// question of expanding (section 3).
  private static func expressionEnd(of text: RawSpan, from start: Int) -> Int? {
    var at = start
    if at < text.byteCount, isOperator(text.byte(at)) { at &+= 1 }
    while true {
      guard let name = variableEnd(of: text, from: at), let end = modifierEnd(of: text, from: name) else { return nil }
      if text.has(0x7D, at: end) { return end &+ 1 }
      guard text.has(0x2C, at: end) else { return nil }
      at = end &+ 1
    }
  }

  /// `+ #`, `. / ; ? &` and the reserved `= , ! @ |`.
  private static func isOperator(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x2B, 0x23, 0x2E, 0x2F, 0x3B, 0x3F, 0x26, 0x3D, 0x2C, 0x21, 0x40, 0x7C: true
    default: false
    }
  }

  /// Where a variable's name ends (section 2.3): parts with single dots between them.
  private static func variableEnd(of text: RawSpan, from start: Int) -> Int? {
    var at = start
    while true {
      let end = runEnd(of: text, from: at, .variable, .nothing)
      guard end > at else { return nil }
      guard text.has(0x2E, at: end) else { return end }
      at = end &+ 1
    }
  }

  /// Where the modifier ends that may follow a name (section 2.4): `*`, or a colon and a number from 1 to 9999.
  private static func modifierEnd(of text: RawSpan, from start: Int) -> Int? {
    if text.has(0x2A, at: start) { return start &+ 1 }
    guard text.has(0x3A, at: start) else { return start }
    let end = text.digitsEnd(from: start &+ 1)
    let digits = end &- start &- 1
    return digits >= 1 && digits <= 4 && text.byte(start &+ 1) != 0x30 ? end : nil
  }
}
