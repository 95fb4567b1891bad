internal import Bytes
internal import Detection
internal import Events
internal import Formats
internal import Redaction

/// What becomes of the values that the walk comes to.
extension Redactor {
  /// Numbers with fewer bytes are looked at only where their name says something.
  static var numberBytesMin: Int { 7 }

  // MARK: Names

  /// What a member's name says of its value.
  @inline(__always)
  mutating func context(of name: JSONString, in bytes: RawSpan) -> NameContext {
    guard name.hasEscapes else { return scanner.context(ofName: bytes.extracting(name.range)) }
    guard write(name, from: bytes) else { return .none }
    var context = Self.context(ofName: plain, by: &scanner)
    context.mayBeData = true
    return context
  }
  private static func context(ofName text: borrowing Region, by scanner: inout TextScanner) -> NameContext {
    scanner.context(ofName: text.bytes)
  }
  /// Exchanges what is found in a name; a name is never taken out, since nobody asked for its value.
  @inline(never)
  mutating func lookAtName(_ name: JSONString, in bytes: RawSpan, _ plan: RedactionPlan) {
    find(in: name, .none, plan, in: bytes)
    for index in 0..<scanner.count {
      let finding = scanner[index]
      let rule = plan.foundInKeys[Int(finding.type.rawValue)]
      if report != nil { note(finding, in: name, rule, bytes) }
      guard put(name, finding, rule, plan, in: bytes) else { return }
    }
  }

  // MARK: What is found

  /// Looks for personal data in a string, and exchanges what is found.
  @inline(__always)
  mutating func look(at string: JSONString, _ place: Place, _ plan: RedactionPlan, in bytes: RawSpan) {
    find(in: string, place.name, plan, in: bytes)
    if scanner.count > 0 { exchangeFound(in: string, plan, bytes) }
  }
  @inline(__always)
  private mutating func find(in string: JSONString, _ name: NameContext, _ plan: RedactionPlan, in bytes: RawSpan) {
    if string.hasEscapes {
      guard write(string, from: bytes) else { return fail(.tooComplex) }
      Self.find(in: plain, name, plan, by: &scanner)
    } else {
      scanner.scan(bytes.extracting(string.range), name: name, profile: plan.profile)
    }
  }
  private static func find(
    in text: borrowing Region,
    _ name: NameContext,
    _ plan: RedactionPlan,
    by scanner: inout TextScanner
  ) {
    scanner.scan(text.bytes, name: name, profile: plan.profile)
  }
  @inline(never)
  private mutating func exchangeFound(in string: JSONString, _ plan: RedactionPlan, _ bytes: RawSpan) {
    for index in 0..<scanner.count {
      let finding = scanner[index]
      let rule = plan.found[Int(finding.type.rawValue)]
      if report != nil { note(finding, in: string, rule, bytes) }
      if isToken(rule, in: bytes) { continue }
      if rule.operation.isDrop { return drop(rule, string.start - 1..<string.end + 1, in: bytes) }
      guard put(string, finding, rule, plan, in: bytes) else { return }
    }
  }
  /// Exchanges one finding in a string; whether that could be done.
  private mutating func put(
    _ string: JSONString,
    _ finding: Finding,
    _ rule: RedactionPlan.Rule,
    _ plan: RedactionPlan,
    in bytes: RawSpan
  ) -> Bool {
    let range = string.written(finding.range, in: bytes)
    let isDone =
      string.hasEscapes
      ? apply(rule, toPlain: finding.range, plan, in: bytes)
      : apply(rule, to: bytes.extracting(range), plan, in: bytes)
    guard isDone else { return false }
    let start = splices.text.count
    guard writeOutput() else { return false }
    exchange(range, from: start, RedactionNote(rule), in: bytes)
    return failure == nil
  }

  /// Looks whether a number is personal data, and exchanges it.
  @inline(__always)
  mutating func look(atNumber range: Range<Int>, _ place: Place, _ plan: RedactionPlan, in bytes: RawSpan) {
    scanner.scanNumber(bytes.extracting(range), name: place.name, profile: plan.profile)
    if scanner.count > 0 { exchangeNumber(range, plan, bytes) }
  }
  @inline(never)
  private mutating func exchangeNumber(_ range: Range<Int>, _ plan: RedactionPlan, _ bytes: RawSpan) {
    let rule = plan.found[Int(scanner[0].type.rawValue)]
    if report != nil { note(scanner[0], in: JSONString(range: range), rule, bytes) }
    if isToken(rule, in: bytes) { return }
    scalar(range, rule, plan, in: bytes)
  }

  // MARK: Fields

  /// Exchanges the whole of a string that a path of the plan leads to.
  @inline(never)
  mutating func field(_ string: JSONString, _ place: Place, _ plan: RedactionPlan, in bytes: RawSpan) {
    let rule = plan.fields[Int(place.rule)]
    if isExempt(in: bytes) { return }
    if rule.operation.isDrop { return drop(rule, string.start - 1..<string.end + 1, in: bytes) }
    let isDone: Bool
    if string.hasEscapes {
      guard write(string, from: bytes) else { return fail(.tooComplex) }
      isDone = apply(rule, toPlain: 0..<plain.count, plan, in: bytes)
    } else {
      isDone = apply(rule, to: bytes.extracting(string.range), plan, in: bytes)
    }
    let start = splices.text.count
    guard isDone, writeOutput() else { return }
    exchange(string.range, from: start, RedactionNote(rule), in: bytes)
  }
  /// Exchanges any other value that a path leads to.
  @inline(never)
  mutating func field(_ range: Range<Int>, _ place: Place, _ plan: RedactionPlan, in bytes: RawSpan) {
    if isExempt(in: bytes) { return }
    scalar(range, plan.fields[Int(place.rule)], plan, in: bytes)
  }
  /// Exchanges a value that is no string: by a number where that is what comes of it, else by a string.
  private mutating func scalar(
    _ range: Range<Int>,
    _ rule: RedactionPlan.Rule,
    _ plan: RedactionPlan,
    in bytes: RawSpan
  ) {
    if rule.operation.isDrop { return drop(rule, range, in: bytes) }
    guard apply(rule, to: bytes.extracting(range), plan, in: bytes) else { return }
    let start = splices.text.count
    let isNumber = Self.isNumber(output)
    guard splices.text.room >= 2 else { return fail(.tooComplex) }
    if !isNumber { splices.text.append("\"") }
    guard writeOutput(), splices.text.room >= 1 else { return fail(.tooComplex) }
    if !isNumber { splices.text.append("\"") }
    exchange(range, from: start, RedactionNote(rule), in: bytes)
  }
  /// Whether a text is a number of JSON's.
  private static func isNumber(_ text: borrowing Region) -> Bool {
    let bytes = text.bytes
    var (place, digits) = (0, 0)
    if bytes.byteCount > 0, bytes.byte(0) == UInt8(ascii: "-") { place = 1 }
    let first = place
    while place < bytes.byteCount, bytes.byte(place) &- UInt8(ascii: "0") < 10 { place += 1 }
    digits = place - first
    guard digits > 0, digits == 1 || bytes.byte(first) != UInt8(ascii: "0") else { return false }
    guard place < bytes.byteCount else { return true }
    guard bytes.byte(place) == UInt8(ascii: "."), place + 1 < bytes.byteCount else { return false }
    for rest in place + 1..<bytes.byteCount where bytes.byte(rest) &- UInt8(ascii: "0") >= 10 { return false }
    return true
  }

  // MARK: Exchanging

  /// The member or element that is read is taken out; an event that is nothing else becomes `null`.
  private mutating func drop(_ rule: RedactionPlan.Rule, _ range: Range<Int>, in bytes: RawSpan) {
    let note = RedactionNote(rule)
    guard depth == 0 else {
      dropNote = note
      return
    }
    splices.removeAll()
    splices.text.append("null")
    exchange(range, from: 0, note, in: bytes)
  }
  /// Exchanges a part for what was written since the texts had `start` bytes.
  mutating func exchange(_ range: Range<Int>, from start: Int, _ note: RedactionNote, in bytes: RawSpan) {
    let place = range.lowerBound + base..<range.upperBound + base
    if !splices.append(place, newStart: start, note: note.rawValue) { fail(.tooComplex) }
    if let content, range.lowerBound < content.lowerBound || range.upperBound > content.upperBound {
      isEnvelopeChanged = true
    }
    if notesPaths { notePath(in: bytes) }
  }
  mutating func fail(_ reason: Refusal) { failure = failure ?? reason }

  /// Writes what a string means into `plain`; whether there was room.
  private mutating func write(_ string: JSONString, from bytes: RawSpan) -> Bool {
    plain.count = 0
    return string.write(into: &plain, from: bytes)
  }
  /// Writes what stands for a part of `plain` into `output`; whether that could be done.
  private mutating func apply(
    _ rule: RedactionPlan.Rule,
    toPlain range: Range<Int>,
    _ plan: RedactionPlan,
    in bytes: RawSpan
  ) -> Bool {
    bind(rule, in: bytes)
    output.count = 0
    return isDone(Self.apply(rule, range, of: plain, plan.topic, path, &bench, into: &output))
  }
  /// Writes what stands for a value into `output`; whether that could be done.
  private mutating func apply(
    _ rule: RedactionPlan.Rule,
    to value: RawSpan,
    _ plan: RedactionPlan,
    in bytes: RawSpan
  ) -> Bool {
    bind(rule, in: bytes)
    output.count = 0
    return isDone(Self.apply(rule, value, plan.topic, path, &bench, into: &output))
  }
  static func apply(
    _ rule: RedactionPlan.Rule,
    _ range: Range<Int>,
    of text: borrowing Region,
    _ topic: TopicMark,
    _ path: borrowing Region,
    _ bench: inout OperatorBench,
    into output: inout Region
  ) -> Outcome {
    apply(rule, text.bytes.extracting(range), topic, path, &bench, into: &output)
  }
  static func apply(
    _ rule: RedactionPlan.Rule,
    _ value: RawSpan,
    _ topic: TopicMark,
    _ path: borrowing Region,
    _ bench: inout OperatorBench,
    into output: inout Region
  ) -> Outcome {
    bench.apply(rule.operation, to: value, type: rule.type, topic: topic, path: path.bytes, into: &output)
  }
  mutating func isDone(_ outcome: Outcome) -> Bool {
    switch outcome {
    case .written, .replaced: return true
    case .dropped: broken("what is taken out is never written")
    case .keyUnavailable:
      fail(.keyUnavailable)
      return false
    }
  }
  /// Writes where a value stands that can be had back: it is bound to its place.
  private mutating func bind(_ rule: RedactionPlan.Rule, in bytes: RawSpan) {
    path.count = 0
    if rule.operation.isReversible { writePath(in: bytes) }
  }
  // MARK: Paths

  /// Notes from now on where something is exchanged.
  mutating func beginPaths() {
    notesPaths = true
    paths?.count = 0
  }
  /// Ends the list; names in it that are personal data themselves become the names of their kinds.
  mutating func endPaths(by plan: RedactionPlan) {
    notesPaths = false
    guard var paths = paths.take() else { broken("paths are at hand while an event is looked at") }
    if paths.count > 0 { paths.append("]") }
    clean(&paths, by: plan)
    if paths.count > QuarantineRecord.pathsBytesMax { paths.count = 0 }
    self.paths = consume paths
  }
  /// Notes where the value stands that is read, as far as there is room: a list may be shorter than what was exchanged.
  private mutating func notePath(in bytes: RawSpan) {
    guard var paths = paths.take() else { broken("paths are at hand while an event is looked at") }
    writePath(in: bytes)
    if paths.count + 6 * path.count + 4 <= QuarantineRecord.pathsBytesMax {
      paths.append(paths.count == 0 ? "[\"" : ",\"")
      let isWritten = Self.escape(path, into: &paths)
      require(isWritten, "a path has room with all of its escapes")
      paths.append("\"")
    }
    self.paths = consume paths
  }
  /// Writes the JSON Pointer of the value that is read, as far as there is room, with `*` for numbers of elements
  /// unless those are asked for.
  ///
  /// Source: RFC 6901 §3.
  mutating func writePath(in bytes: RawSpan, numbersElements: Bool = false) {
    path.count = 0
    for at in 0..<depth {
      guard path.room > 2 else { return }
      path.append("/")
      guard levels[at].isObject else {
        if numbersElements, path.room > 20 {
          path.write(atMost: 20) { $0.append(decimal: UInt64(levels[at].index - 1)) }
        } else {
          path.append("*")
        }
        continue
      }
      var meaning = JSONString.Meaning(levels[at].name)
      while let byte = meaning.next(in: bytes), path.room > 2 {
        switch byte {
        case UInt8(ascii: "~"): path.append("~0")
        case UInt8(ascii: "/"): path.append("~1")
        default: path.append(byte)
        }
      }
    }
  }
  /// Writes what became of a value behind the new texts, with the escapes that JSON asks for.
  private mutating func writeOutput() -> Bool {
    if Self.escape(output, into: &splices.text) { return true }
    fail(.tooComplex)
    return false
  }
  /// Source: RFC 8259 §7.
  private static func escape(_ text: borrowing Region, into region: inout Region) -> Bool {
    let bytes = text.bytes
    var plainStart = 0
    for place in 0..<bytes.byteCount {
      let byte = bytes.byte(place)
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      guard place - plainStart + 6 <= region.room else { return false }
      region.append(bytes.extracting(plainStart..<place))
      region.append("\\u00")
      for half in [byte >> 4, byte & 15] {
        region.append(half < 10 ? UInt8(ascii: "0") + half : UInt8(ascii: "a") - 10 + half)
      }
      plainStart = place + 1
    }
    guard bytes.byteCount - plainStart <= region.room else { return false }
    region.append(bytes.extracting(plainStart..<bytes.byteCount))
    return true
  }
}
