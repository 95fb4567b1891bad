/// Classes and escapes.
extension PatternParser {
  /// One member of a class in brackets: a code point, surrogates included, or a set.
  private enum Member {
    case codePoint(UInt32)
    case members(ScalarClass)
  }

  /// Reads what follows `[`, through `]`.
  mutating func characterClass(openedAt offset: Int) throws(PatternFault) -> ScalarClass {
    let isNegated = accept("^")
    var codePoints: [ClosedRange<UInt32>] = []
    var sets: [ScalarSet] = []
    var properties: [UnicodeProperty] = []
    func isClosed() throws(PatternFault) -> Bool {
      guard !isAtEnd else { throw fault("`[` is not closed; write `\\[` for the character", at: offset) }
      return next == "]"
    }
    while !(try isClosed()) {
      let start = at
      let first = try classMember()
      guard sees("-"), at + 1 < scalars.count, scalars[at + 1] != "]" else {
        switch first {
        case .codePoint(let value): codePoints.append(value...value)
        case .members(let members):
          sets.append(members.set)
          properties += members.properties
        }
        continue
      }
      at += 1
      guard case .codePoint(let low) = first, case .codePoint(let high) = try classMember() else {
        throw fault("a range lies between two characters; write `\\-` for the character", at: start)
      }
      guard low <= high else { throw fault("the range is out of order", at: start) }
      codePoints.append(low...high)
    }
    at += 1
    sets.append(ScalarSet(codePoints))
    return ScalarClass(ScalarSet.union(sets), properties, isNegated: isNegated)
  }

  private mutating func classMember() throws(PatternFault) -> Member {
    let offset = at
    guard let scalar = next else { throw fault("the class is not closed") }
    at += 1
    guard scalar == "\\" else { return .codePoint(scalar.value) }
    guard !isAtEnd else { throw fault("the pattern ends in `\\`", at: offset) }
    if accept("b") { return .codePoint(0x08) }
    if accept("-") { return .codePoint(0x2D) }
    if let members = try classEscape() { return .members(members) }
    return .codePoint(try characterEscape(inClass: true))
  }

  /// Reads the letter of `\d`, `\p{…}` and the like, or nothing.
  mutating func classEscape() throws(PatternFault) -> ScalarClass? {
    let offset = at - 1
    switch next {
    case "d": return plain(.digits, isNegated: false)
    case "D": return plain(.digits, isNegated: true)
    case "s": return plain(.spaces, isNegated: false)
    case "S": return plain(.spaces, isNegated: true)
    case "w": return plain(.wordCharacters, isNegated: false)
    case "W": return plain(.wordCharacters, isNegated: true)
    case "p", "P":
      let isNegated = next == "P"
      at += 1
      guard accept("{") else { throw fault("a property is written `\\p{…}`", at: offset) }
      var text = ""
      while let scalar = next, scalar != "}" {
        text.unicodeScalars.append(scalar)
        at += 1
      }
      guard accept("}") else { throw fault("a property ends with `}`", at: offset) }
      switch UnicodeProperty.named(text) {
      case .set(let set): return ScalarClass(isNegated ? set.complement : set)
      case .property(let name):
        return ScalarClass(.none, [UnicodeProperty(name: name, isNegated: isNegated)], isNegated: false)
      case nil: throw fault("\"\(text.prefix(60))\" is no property that is known", at: offset)
      }
    default: return nil
    }
  }
  private mutating func plain(_ set: ScalarSet, isNegated: Bool) -> ScalarClass {
    at += 1
    return ScalarClass(isNegated ? set.complement : set)
  }

  /// Reads what follows a backslash and means one code point, which may be a surrogate.
  mutating func characterEscape(inClass: Bool) throws(PatternFault) -> UInt32 {
    let offset = at - 1
    guard let scalar = next else { throw fault("the pattern ends in `\\`", at: offset) }
    at += 1
    switch scalar {
    case "t": return 0x09
    case "n": return 0x0A
    case "v": return 0x0B
    case "f": return 0x0C
    case "r": return 0x0D
    case "0":
      if let digit = next, ("0"..."9").contains(digit) { throw fault("`\\0` is followed by no digit", at: offset) }
      return 0
    case "c":
      guard let letter = next, ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else {
        throw fault("`\\c` is followed by a letter", at: offset)
      }
      at += 1
      return letter.value & 0x1F
    case "x":
      guard let value = hexadecimal(2) else { throw fault("`\\x` is followed by two hexadecimal digits", at: offset) }
      return value
    case "u": return try unicodeEscape(offset)
    case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/": return scalar.value
    default: throw fault("`\\\(scalar)` is no escape of ECMA-262\(PatternParser.remedy(for: scalar))", at: offset)
    }
  }

  private mutating func unicodeEscape(_ offset: Int) throws(PatternFault) -> UInt32 {
    if accept("{") {
      var value: UInt32 = 0
      let start = at
      while let digit = next.flatMap(PatternParser.hexadecimalValue) {
        value = value << 4 | digit
        guard value <= 0x10FFFF else { throw fault("a code point is at most 10FFFF", at: offset) }
        at += 1
      }
      guard at > start, accept("}") else { throw fault("`\\u{` is followed by hexadecimal digits and `}`", at: offset) }
      return value
    }
    guard let lead = hexadecimal(4) else {
      throw fault("`\\u` is followed by four hexadecimal digits or `{…}`", at: offset)
    }
    guard (0xD800...0xDBFF).contains(lead) else { return lead }
    let resume = at
    if accept("\\u"), let trail = hexadecimal(4), (0xDC00...0xDFFF).contains(trail) {
      return 0x10000 + (lead - 0xD800) << 10 + (trail - 0xDC00)
    }
    at = resume
    return lead
  }

  private mutating func hexadecimal(_ count: Int) -> UInt32? {
    guard at + count <= scalars.count else { return nil }
    var value: UInt32 = 0
    for index in at..<(at + count) {
      guard let digit = PatternParser.hexadecimalValue(scalars[index]) else { return nil }
      value = value << 4 | digit
    }
    at += count
    return value
  }
  private static func hexadecimalValue(_ scalar: Unicode.Scalar) -> UInt32? {
    switch scalar.value {
    case 0x30...0x39: scalar.value - 0x30
    case 0x41...0x46: scalar.value - 0x37
    case 0x61...0x66: scalar.value - 0x57
    default: nil
    }
  }

  /// What to write instead of another dialect's escape.
  private static func remedy(for scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "A": "; write `^`"
    case "Z", "z": "; write `$`"
    case "a": "; write `\\x07`"
    case "e": "; write `\\x1B`"
    case "h": "; write `[ \\t]`"
    case "R": "; write `(?:\\r\\n|\\n|\\r)`"
    case "a"..."z", "A"..."Z", "0"..."9", "\\": ""
    default: "; write `\(scalar)`"
    }
  }
}
