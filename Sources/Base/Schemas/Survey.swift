internal import Bytes
internal import Formats

/// Which members of events are looked for to judge their quality.
@safe public final class Survey: Sendable {
  let names: NameTable
  let places: Table<NameTable.Entry>
  let letters: Table<UInt8>

  /// A survey of these members of the event itself, at most 16; `nil` for none.
  public init?(fields: [String]) {
    guard !fields.isEmpty, fields.count <= 16 else { return nil }
    var (places, letters) = ([NameTable.Entry](), [UInt8]())
    names = NameTable(fields.map { Array($0.utf8) }, places: &places, letters: &letters)
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
        if index >= 0 {
          found.present |= 1 << UInt16(index)
          if reader.byte == UInt8(ascii: "n") { found.null |= 1 << UInt16(index) }
        }
        if !isKnown(name, schema, context) { found.unseen += 1 }
        try reader.skip()
        if reader.byte == UInt8(ascii: ",") { reader.step() }
      }
      return found
    } catch {
      // It was found to be JSON before.
      broken("an event that was valid is read again: \(error.reason)")
    }
  }
}
