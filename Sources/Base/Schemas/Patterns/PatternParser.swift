/// Reads the Pattern grammar of ECMA-262 with the flag `u`.
///
/// Nothing of Annex B is accepted: under `u` it isn't part of the language, and what it would let through is mostly
/// another dialect's syntax, which would silently mean something else here.
/// Work is linear in the pattern; length and nesting are bounded.
struct PatternParser {
  static let lengthMax = 64 << 10
  static let depthMax = 100

  let scalars: [Unicode.Scalar]
  var at = 0
  private var depth = 0
  private var groupCount = 0
  private var names: [String: Int] = [:]
  private var references: [(target: Target, offset: Int)] = []

  private enum Target {
    case number(Int)
    case name(String)
  }

  private init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

  static func parse(_ text: String) throws(PatternFault) -> PatternTree {
    guard text.utf8.count <= lengthMax else {
      throw PatternFault(at: 0, "the pattern is longer than \(lengthMax) bytes")
    }
    var parser = PatternParser(Array(text.unicodeScalars))
    let root = try parser.disjunction()
    guard parser.isAtEnd else { throw parser.fault("`)` closes no group; write `\\)` for the character") }
    return PatternTree(root: root, references: try parser.resolved())
  }

  var isAtEnd: Bool { at == scalars.count }
  var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

  func fault(_ message: String, at offset: Int? = nil) -> PatternFault { PatternFault(at: offset ?? at, message) }

  /// Whether `text` stands here.
  func sees(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard at + count <= scalars.count else { return false }
    return text.withUTF8Buffer { bytes in
      for index in 0..<count where unsafe scalars[at + index].value != UInt32(bytes[index]) { return false }
      return true
    }
  }
  /// Passes over `text` if it stands here.
  mutating func accept(_ text: StaticString) -> Bool {
    guard sees(text) else { return false }
    at += text.utf8CodeUnitCount
    return true
  }

  // MARK: Structure

  private mutating func disjunction() throws(PatternFault) -> PatternNode {
    guard depth < PatternParser.depthMax else { throw fault("groups are nested deeper than \(PatternParser.depthMax)") }
    depth += 1
    defer { depth -= 1 }
    var choices = [try alternative()]
    while accept("|") { choices.append(try alternative()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func alternative() throws(PatternFault) -> PatternNode {
    var parts: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" { parts.append(try term(scalar)) }
    switch parts.count {
    case 0: return .empty
    case 1: return parts[0]
    default: return .sequence(parts)
    }
  }

  private mutating func term(_ scalar: Unicode.Scalar) throws(PatternFault) -> PatternNode {
    let offset = at
    switch scalar {
    case "^":
      at += 1
      return .start
    case "$":
      at += 1
      return .end
    case "(":
      if let look = lookaround() { return .look(try rest(ofGroupAt: offset), look) }
      return try quantified(try group())
    case "\\":
      if accept("\\b") { return .wordBoundary(isNegated: false) }
      if accept("\\B") { return .wordBoundary(isNegated: true) }
      at += 1
      return try quantified(try atomEscape())
    case "[":
      at += 1
      return try quantified(.oneOf(try characterClass(openedAt: offset)))
    case ".":
      at += 1
      return try quantified(.oneOf(ScalarClass(ScalarSet.lineTerminators.complement)))
    case "*", "+", "?": throw fault("`\(scalar)` has nothing to repeat; write `\\\(scalar)` for the character")
    case "{", "}", "]": throw fault("`\(scalar)` stands alone; write `\\\(scalar)` for the character")
    default:
      at += 1
      return try quantified(.scalar(scalar.value))
    }
  }

  private mutating func lookaround() -> PatternNode.Look? {
    let offset = at
    if accept("(?=") { return PatternNode.Look(isBehind: false, isNegated: false, offset: offset) }
    if accept("(?!") { return PatternNode.Look(isBehind: false, isNegated: true, offset: offset) }
    if accept("(?<=") { return PatternNode.Look(isBehind: true, isNegated: false, offset: offset) }
    if accept("(?<!") { return PatternNode.Look(isBehind: true, isNegated: true, offset: offset) }
    return nil
  }

  private mutating func group() throws(PatternFault) -> PatternNode {
    let offset = at
    if accept("(?:") { return try rest(ofGroupAt: offset) }
    guard accept("(?<") else {
      guard !sees("(?") else {
        throw fault("a group starts with `(`, `(?:`, `(?=`, `(?!`, `(?<=`, `(?<!` or `(?<name>`", at: offset + 2)
      }
      at += 1
      groupCount += 1
      let number = groupCount
      return .group(try rest(ofGroupAt: offset), number: number)
    }
    groupCount += 1
    let number = groupCount
    let name = try groupName()
    guard names.updateValue(number, forKey: name) == nil else {
      throw fault("the group name \"\(name)\" is used twice", at: offset)
    }
    return .group(try rest(ofGroupAt: offset), number: number)
  }

  private mutating func rest(ofGroupAt offset: Int) throws(PatternFault) -> PatternNode {
    let inner = try disjunction()
    guard accept(")") else { throw fault("`(` is not closed; write `\\(` for the character", at: offset) }
    return inner
  }

  /// Reads `name>`.
  private mutating func groupName() throws(PatternFault) -> String {
    var name = ""
    while let scalar = next, scalar != ">" {
      let offset = at
      at += 1
      var value = scalar.value
      if scalar == "\\" {
        guard next == "u" else { throw fault("a group name contains letters, digits, `$`, `_` and `\\u`", at: offset) }
        value = try characterEscape(inClass: false)
      }
      guard let read = Unicode.Scalar(value), isNameScalar(read, isFirst: name.isEmpty) else {
        throw fault("a group name contains letters, digits, `$` and `_`, and starts with no digit", at: offset)
      }
      name.unicodeScalars.append(read)
    }
    guard accept(">") else { throw fault("a group name ends with `>`") }
    guard !name.isEmpty else { throw fault("a group name is not empty", at: at - 1) }
    return name
  }
  private func isNameScalar(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
    if scalar == "$" || scalar == "_" { return true }
    if isFirst { return scalar.properties.isIDStart }
    return scalar.properties.isIDContinue || scalar.value == 0x200C || scalar.value == 0x200D
  }

  // MARK: References

  private mutating func atomEscape() throws(PatternFault) -> PatternNode {
    let offset = at - 1
    guard let scalar = next else { throw fault("the pattern ends in `\\`", at: offset) }
    if scalar == "k" {
      at += 1
      guard accept("<") else { throw fault("`\\k` is followed by `<name>`") }
      references.append((.name(try groupName()), offset))
      return .reference(references.count - 1)
    }
    if ("1"..."9").contains(scalar) {
      references.append((.number(decimal()), offset))
      return .reference(references.count - 1)
    }
    if let members = try classEscape() { return .oneOf(members) }
    return .scalar(try characterEscape(inClass: false))
  }

  private func resolved() throws(PatternFault) -> [PatternTree.Reference] {
    var resolved: [PatternTree.Reference] = []
    for (target, offset) in references {
      switch target {
      case .number(let number):
        guard number <= groupCount else { throw fault("there is no group \(number)", at: offset) }
        resolved.append(PatternTree.Reference(group: number, offset: offset))
      case .name(let name):
        guard let number = names[name] else { throw fault("there is no group \"\(name)\"", at: offset) }
        resolved.append(PatternTree.Reference(group: number, offset: offset))
      }
    }
    return resolved
  }

  // MARK: Quantifiers

  /// Reads digits; what is beyond an integer becomes the largest.
  private mutating func decimal() -> Int {
    var value = 0
    while let digit = next, ("0"..."9").contains(digit) {
      let (tens, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowedToo) = tens.addingReportingOverflow(Int(digit.value - 0x30))
      value = overflowed || overflowedToo ? Int.max : sum
      at += 1
    }
    return value
  }

  private mutating func quantified(_ atom: PatternNode) throws(PatternFault) -> PatternNode {
    let offset = at
    var minimum = 0
    var maximum = Int.max
    switch next {
    case "*": at += 1
    case "+":
      at += 1
      minimum = 1
    case "?":
      at += 1
      maximum = 1
    case "{":
      at += 1
      (minimum, maximum) = try bounds(openedAt: offset)
    default: return atom
    }
    let isLazy = accept("?")
    return .repeat(atom, PatternNode.Repetition(minimum, maximum, isLazy: isLazy, at: offset))
  }

  /// Reads `n}`, `n,}` or `n,m}`.
  private mutating func bounds(openedAt offset: Int) throws(PatternFault) -> (Int, Int) {
    let form = "`{` starts `{n}`, `{n,}` or `{n,m}`; write `\\{` for the character"
    func isDigit() -> Bool { next.map { ("0"..."9").contains($0) } ?? false }
    guard isDigit() else { throw fault(form, at: offset) }
    let minimum = decimal()
    var maximum = minimum
    if accept(",") { maximum = isDigit() ? decimal() : Int.max }
    guard accept("}") else { throw fault(form, at: offset) }
    guard minimum <= maximum else { throw fault("the bounds of the repetition are out of order", at: offset) }
    return (minimum, maximum)
  }
}
