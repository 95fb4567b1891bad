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
  mutating func redact(_ reader: inout JSONReader, from base: Int, content: Range<Int>?, by plan: RedactionPlan)
    -> RedactionOutcome
  {
    splices.removeAll()
    metadataNotes.removeAll()
    isEnvelopeChanged = false
    (self.base, self.content, depth, failure) = (base, content, 0, nil)
    contentStart = content.map { $0.isEmpty ? -1 : $0.lowerBound } ?? reader.offset
    repeat {
      let place = place(at: reader.offset, plan)
      if opens(&reader, place, plan) {
        begin(&reader, plan)
        continue
      }
      value(&reader, place, plan)
      close(&reader, plan)
    } while depth > 0 && failure == nil
    if let failure { return .impossible(failure) }
    return splices.isEmpty ? .unchanged : .changed
  }

  /// What is known of the value that comes next.
  @inline(__always)
  private func place(at offset: Int, _ plan: RedactionPlan) -> Place {
    var place = depth > 0 ? levels[depth - 1].member : Place()
    if offset == contentStart { place.state = plan.paths.root }
    guard place.state != 0 else { return place }
    let path = plan.paths.path(at: place.state)
    if path >= 0 { place.rule = Int32(truncatingIfNeeded: path) }
    return place
  }

  /// Enters an object or array that has something in it and is not taken as a whole; whether it did.
  @inline(__always)
  private mutating func opens(_ reader: inout JSONReader, _ place: Place, _ plan: RedactionPlan) -> Bool {
    let isObject = reader.byte == UInt8(ascii: "{")
    guard isObject || reader.byte == UInt8(ascii: "[") else { return false }
    if place.rule >= 0, plan.fields[Int(place.rule)].takesWhole { return false }
    var inside = reader
    inside.step()
    guard inside.byte != UInt8(ascii: "}"), inside.byte != UInt8(ascii: "]") else { return false }
    require(depth < levels.count, "a text that was checked is not too deep")
    levels[depth] = Level(isObject: isObject, place: place, previousEnd: reader.offset + 1)
    depth += 1
    reader = inside
    return true
  }

  /// Goes to the value of the member or element that comes next.
  @inline(__always)
  private mutating func begin(_ reader: inout JSONReader, _ plan: RedactionPlan) {
    let at = depth - 1
    levels[at].start = reader.offset
    levels[at].splicesBefore = splices.count
    levels[at].dropNote = nil
    var member = levels[at].place
    if levels[at].isObject {
      let name = readName(&reader)
      levels[at].name = name
      member.state = plan.paths.member(name, of: reader.bytes, from: member.state)
      if plan.detects {
        let context = context(of: name, in: reader.bytes)
        // What a name says holds for all that is in it, until another one says something.
        if context.isTelling { member.name = context }
        if Self.mayHoldData(name, in: reader.bytes) { lookAtName(name, in: reader.bytes, plan) }
      }
    } else {
      member.state = plan.paths.element(levels[at].index, from: member.state)
      levels[at].index += 1
    }
    levels[at].member = member
  }
  private func readName(_ reader: inout JSONReader) -> JSONString {
    do throws(JSONFault) { return try reader.readName() } catch {
      broken("the grammar of an event was checked: \(error.reason)")
    }
  }
  private func readString(_ reader: inout JSONReader) -> JSONString {
    do throws(JSONFault) { return try reader.readString() } catch {
      broken("the grammar of an event was checked: \(error.reason)")
    }
  }

  /// Reads a value, and exchanges what is to be exchanged of it.
  @inline(__always)
  private mutating func value(_ reader: inout JSONReader, _ place: Place, _ plan: RedactionPlan) {
    let start = reader.offset
    switch reader.byte {
    case UInt8(ascii: "\""):
      let string = readString(&reader)
      if place.rule >= 0 {
        field(string, place, plan, in: reader.bytes)
      } else if plan.detects {
        look(at: string, place, plan, in: reader.bytes)
      }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      reader.skipValue()
      if place.rule >= 0 { field(start..<end(before: reader), place, plan, in: reader.bytes) }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      reader.step()
      let range = start..<end(before: reader)
      if place.rule >= 0 {
        field(range, place, plan, in: reader.bytes)
      } else if plan.detects, range.count >= Self.numberBytesMin || place.name.isTelling {
        look(atNumber: range, place, plan, in: reader.bytes)
      }
    case UInt8(ascii: "n"): reader.step()
    default:
      reader.step()
      if place.rule >= 0 { field(start..<end(before: reader), place, plan, in: reader.bytes) }
    }
  }
  /// Where the value ends behind which a reader stands.
  private func end(before reader: JSONReader) -> Int {
    var end = reader.offset
    while reader.bytes.byte(end - 1) <= 0x20 { end -= 1 }
    return end
  }

  /// Goes on behind a value, and behind all that ends with it.
  @inline(__always)
  private mutating func close(_ reader: inout JSONReader, _ plan: RedactionPlan) {
    while depth > 0 {
      finish(reader)
      let isComma = reader.byte == UInt8(ascii: ",")
      reader.step()
      if isComma {
        begin(&reader, plan)
        return
      }
      depth -= 1
    }
  }
  /// A member or element is read: what stays ends where it ends.
  @inline(__always)
  private mutating func finish(_ reader: JSONReader) {
    let at = depth - 1
    let end = end(before: reader)
    if let note = levels[at].dropNote {
      splices.removeAll(after: levels[at].splicesBefore)
      var range = (levels[at].hasKept ? levels[at].previousEnd : levels[at].start)..<end
      if !levels[at].hasKept, reader.byte == UInt8(ascii: ",") {
        var behind = reader
        behind.step()
        range = levels[at].start..<behind.offset
      }
      exchange(range, from: splices.text.count, note, in: reader.bytes)
    } else {
      levels[at].hasKept = true
    }
    levels[at].previousEnd = end
  }
}
