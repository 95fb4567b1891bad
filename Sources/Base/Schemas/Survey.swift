internal import Bytes
internal import Formats

/// Which members of events are looked for to judge their quality.
@safe public final class Survey: Sendable {
  let names: NameTable
  let places: Table<NameTable.Entry>
  let letters: Table<UInt8>
  /// How many of the names are fields.
  let fieldCount: Int
  /// Which name says when the event happened; -1 for none.
  let timeIndex: Int

  /// A survey of members of the event itself; `nil` when none is asked for.
  ///
  /// - Parameters:
  ///   - fields: those of which is noted whether they are there, at most 16.
  ///   - time: the one that says when the event happened.
  public init?(fields: [String], time: String? = nil) {
    guard !fields.isEmpty || time != nil, fields.count <= 16 else { return nil }
    var (names, places, letters) = (fields, [NameTable.Entry](), [UInt8]())
    fieldCount = fields.count
    timeIndex = time.map { fields.firstIndex(of: $0) ?? fields.count } ?? -1
    if let time, timeIndex == fields.count { names.append(time) }
    self.names = NameTable(names.map { Array($0.utf8) }, places: &places, letters: &letters)
    (self.places, self.letters) = (Table(places), Table(letters))
  }
  deinit {
    places.free()
    letters.free()
  }

  /// What was found in an event.
  public struct Findings: Sendable {
    /// A bit for each member that is there.
    public var present: UInt16 = 0
    /// A bit for each that is null.
    public var null: UInt16 = 0
    /// Members that the schema does not know.
    public var unseen = 0
    /// When the event happened, in milliseconds since the Unix epoch; `nil` when it does not say so.
    public var timeMs: Int64?
  }
}

extension Validator {
  /// Whether the schema names a member of the event itself; true where it names none.
  private mutating func isKnown(_ name: JSONString, _ schema: Schema, _ context: borrowing Context) -> Bool {
    if let stream = schema.stream?.value {
      guard stream.root >= 0, stream.states[stream.root].object >= 0 else { return true }
      let names = stream.objects[stream.states[stream.root].object].names
      return names.count == 0 || evaluator.strings.index(of: name, inStream: names, context) >= 0
    }
    let rule = context.program.nodes[context.program.root].object
    guard rule >= 0, context.program.objects[rule].names.count > 0 else { return true }
    return evaluator.strings.index(of: name, in: context.program.objects[rule].names, context) >= 0
  }
  /// Looks for members in an event that was found valid; `nil` when it is no object.
  public mutating func survey(_ event: RawSpan, _ survey: Survey, _ schema: Schema) -> Survey.Findings? {
    var found = Survey.Findings()
    do throws(JSONFault) {
      var reader = try marks.reader(of: event)
      guard reader.byte == UInt8(ascii: "{") else { return nil }
      reader.step()
      let context = Context(schema.program, schema.stream, event)
      while reader.byte == UInt8(ascii: "\"") {
        let name = try reader.readName()
        let index = survey.names.index(
          of: event,
          name.start,
          name.end - name.start,
          places: survey.places,
          letters: survey.letters
        )
        if index >= 0, index < survey.fieldCount {
          found.present |= 1 << UInt16(index)
          if reader.byte == UInt8(ascii: "n") { found.null |= 1 << UInt16(index) }
        }
        if !isKnown(name, schema, context) { found.unseen += 1 }
        if index >= 0, index == survey.timeIndex {
          found.timeMs = try Survey.timeMs(&reader, of: event)
        } else {
          reader.skipValue()
        }
        if reader.byte == UInt8(ascii: ",") { reader.step() }
      }
      return found
    } catch {
      // It was found to be JSON before.
      broken("an event that was valid is read again: \(error.reason)")
    }
  }
}

extension Survey {
  /// Reads a value that says when an event happened: a string as RFC 3339 has it, or an integer of milliseconds since
  /// the Unix epoch; `nil` when it is neither, or before 1677 or after 2262.
  fileprivate static func timeMs(_ reader: inout JSONReader, of event: RawSpan) throws(JSONFault) -> Int64? {
    switch reader.byte {
    case UInt8(ascii: "\""):
      let text = try reader.readString()
      // Nothing that a time is written with needs an escape.
      return InternetTime(event.extracting(text.range))?.utcNs.map { $0 / 1_000_000 }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let value = try reader.readNumber().integer(in: event)
      return value.flatMap { $0.magnitude <= UInt64(Int64.max / 1_000_000) ? $0 : nil }
    default:
      reader.skipValue()
      return nil
    }
  }
}
