internal import Bytes
internal import Detection
internal import Events
internal import Formats
internal import Redaction

/// The way through an event's tokens, whose grammar has been checked.
///
/// Each value is looked at once: whole, where a path of the plan ends at it, else as far as something is found in it.
/// What is taken out takes a comma with it, so that what stays is JSON:
///
///     {"a":1,"b":2,"c":3}    b:  {"a":1,"c":3}    a and b:  {"c":3}    c:  {"a":1,"b":2}
///           ╰─────╯               behind the value before, or up to the name behind where nothing before it stays
extension Redactor {
  /// Goes through a text.
  ///
  /// - Parameters:
  ///   - reader: stands before its first token.
  ///   - base: where the text begins in the payload.
  ///   - content: where in the text the value is that the plan's paths are about, empty for none; what stands around it
  ///     is an envelope. `nil` for all of the text.
  ///   - plan: what is redacted.
  /// - Returns: what came of it; `splices` says what is to be exchanged in the payload.
  mutating func redact(_ reader: borrowing JSONReader, from base: Int, content: Range<Int>?, by plan: RedactionPlan)
    -> RedactionOutcome
  {
    splices.removeAll()
    metadataNotes.removeAll()
    isEnvelopeChanged = false
    (self.base, self.content, depth, failure, dropNote) = (base, content, 0, nil, nil)
    contentStart = content.map { $0.isEmpty ? -1 : $0.lowerBound } ?? reader.offset
    // SAFETY: they are gone when this returns, and the reader outlives that.
    var tokens = unsafe JSONTokens(reader)
    let bytes = reader.bytes
    var place = Place()
    repeat {
      arrive(at: tokens.offset(0), &place, plan)
      if !opens(&tokens, place, plan) {
        value(&tokens, place, plan, in: bytes)
        close(&tokens, in: bytes)
        if depth == 0 { break }
      }
      place = begin(&tokens, plan, in: bytes)
    } while failure == nil
    if let failure { return .impossible(failure) }
    return splices.isEmpty ? .unchanged : .changed
  }

  /// Adds what the plan's paths say of the value that comes next.
  @inline(__always)
  private func arrive(at offset: Int, _ place: inout Place, _ plan: RedactionPlan) {
    if offset == contentStart { place.state = plan.paths.root }
    guard place.state != 0 else { return }
    let path = plan.paths.path(at: place.state)
    if path >= 0 { place.rule = Int32(truncatingIfNeeded: path) }
  }

  /// Enters an object or array that has something in it and is not taken as a whole; whether it did.
  @inline(__always)
  private mutating func opens(_ tokens: inout JSONTokens, _ place: Place, _ plan: RedactionPlan) -> Bool {
    let isObject = tokens.byte(0) == UInt8(ascii: "{")
    guard isObject || tokens.byte(0) == UInt8(ascii: "[") else { return false }
    if place.rule >= 0, plan.fields[Int(place.rule)].takesWhole { return false }
    guard tokens.byte(1) != UInt8(ascii: "}"), tokens.byte(1) != UInt8(ascii: "]") else { return false }
    require(depth < levels.count, "a text that was checked is not too deep")
    levels[depth] = Level(isObject: isObject, place: place)
    depth += 1
    tokens.step()
    return true
  }

  /// Goes to the value of the member or element that comes next; what is known of that.
  @inline(__always)
  private mutating func begin(_ tokens: inout JSONTokens, _ plan: RedactionPlan, in bytes: RawSpan) -> Place {
    let at = depth - 1
    (memberStart, splicesBefore) = (tokens.offset(0), splices.count)
    var place = levels[at].place
    guard levels[at].isObject else {
      place.state = plan.paths.element(levels[at].index, from: place.state)
      levels[at].index += 1
      return place
    }
    let name = Self.string(tokens)
    // Both quotes and the colon.
    tokens.step(over: 3)
    levels[at].name = name
    place.state = plan.paths.member(name, of: bytes, from: place.state)
    guard plan.detects else { return place }
    let context = context(of: name, in: bytes)
    // What a name says holds for all that is in it, until another one says something.
    if context.isTelling { place.name = context }
    if context.mayBeData { lookAtName(name, in: bytes, plan) }
    return place
  }
  /// The string that comes next.
  @inline(__always)
  private static func string(_ tokens: JSONTokens) -> JSONString {
    let range = tokens.offset(0) &+ 1..<tokens.offset(1)
    return JSONString(range: range, hasEscapes: tokens.hasEscapes && tokens.hasBackslash(range))
  }

  /// Reads a value, and exchanges what is to be exchanged of it.
  @inline(__always)
  private mutating func value(_ tokens: inout JSONTokens, _ place: Place, _ plan: RedactionPlan, in bytes: RawSpan) {
    let start = tokens.offset(0)
    switch tokens.byte(0) {
    case UInt8(ascii: "\""):
      let string = Self.string(tokens)
      tokens.step(over: 2)
      if place.rule >= 0 {
        field(string, place, plan, in: bytes)
      } else if plan.detects {
        look(at: string, place, plan, in: bytes)
      }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      Self.skip(&tokens)
      // What is empty has no leaves.
      guard place.rule >= 0, plan.fields[Int(place.rule)].takesWhole else { return }
      field(start..<Self.end(before: tokens, in: bytes), place, plan, in: bytes)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      tokens.step()
      let range = start..<Self.end(before: tokens, in: bytes)
      if place.rule >= 0 {
        field(range, place, plan, in: bytes)
      } else if plan.detects, range.count >= Self.numberBytesMin || place.name.isTelling {
        look(atNumber: range, place, plan, in: bytes)
      }
    case UInt8(ascii: "n"): tokens.step()
    default:
      tokens.step()
      if place.rule >= 0 { field(start..<Self.end(before: tokens, in: bytes), place, plan, in: bytes) }
    }
  }
  /// Goes behind an object or array.
  private static func skip(_ tokens: inout JSONTokens) {
    var depth = 0
    repeat {
      switch tokens.byte(0) {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      tokens.step()
    } while depth > 0
  }
  /// Where what stands before the next token ends.
  @inline(__always)
  private static func end(before tokens: JSONTokens, in bytes: RawSpan) -> Int {
    end(before: tokens.offset(0), in: bytes)
  }
  /// Where what stands before a place ends.
  @inline(__always)
  private static func end(before place: Int, in bytes: RawSpan) -> Int {
    var end = place
    while bytes.byte(end &- 1) <= 0x20 { end &-= 1 }
    return end
  }

  /// Goes on behind a value, and behind all that ends with it, to the next member or element.
  @inline(__always)
  private mutating func close(_ tokens: inout JSONTokens, in bytes: RawSpan) {
    if dropNote != nil { takeOut(tokens, in: bytes) } else if depth > 0 { levels[depth - 1].hasKept = true }
    while depth > 0 {
      let isComma = tokens.byte(0) == UInt8(ascii: ",")
      tokens.step()
      if isComma { return }
      depth -= 1
      if depth > 0 { levels[depth - 1].hasKept = true }
    }
  }
  /// Takes out the member or element behind which the tokens stand, with all that was exchanged in it.
  @inline(never)
  private mutating func takeOut(_ tokens: JSONTokens, in bytes: RawSpan) {
    guard let note = dropNote.take() else { broken("what is taken out has been found") }
    splices.removeAll(after: splicesBefore)
    var range = memberStart..<Self.end(before: tokens, in: bytes)
    if levels[depth - 1].hasKept {
      let comma = Self.end(before: memberStart, in: bytes) - 1
      range = Self.end(before: comma, in: bytes)..<range.upperBound
    } else if tokens.byte(0) == UInt8(ascii: ",") {
      range = memberStart..<tokens.offset(1)
    }
    exchange(range, from: splices.text.count, note, in: bytes)
  }
}
