internal import Bytes
internal import Events
internal import Formats

/// CloudEvents in envelopes: objects whose members are attributes and data.
///
/// Source: JSON Event Format for CloudEvents 1.0.2.
extension CloudEvent {
  /// Reads an envelope, a value whose grammar has been checked; the reader stands before it, and what is stored of its
  /// text starts at `start`.
  ///
  /// Where it has no `dataschema`, `schema` stands in for that.
  init(
    _ envelope: JSONReader,
    from start: Int,
    schema: RawSpan,
    into region: inout Region,
    _ names: borrowing EventNames
  ) throws(Refusal) {
    CloudEvent.begin(in: &region)
    // By this a Kafka consumer tells an envelope. Source: Kafka Protocol Binding for CloudEvents 1.0.2 §3.3.
    region.append("\u{18}content-type\u{38}application/cloudevents+json")
    (details.headerCount, details.headerBytes) = (1, region.count - EventDetails.headBytes)
    var reader = envelope
    guard reader.byte == UInt8(ascii: "{") else { throw .badEnvelope }
    reader.step()
    var (hasData, hasBinary) = (false, false)
    // The schema is about the data, not about the envelope.
    details.content = 0..<0
    var dataschema: JSONString?
    while reader.byte == UInt8(ascii: "\"") {
      let name = try CloudEvent.readName(&reader)
      let isNull = reader.byte == UInt8(ascii: "n")
      if let attribute = CloudEvent.attribute(name, in: reader.bytes) {
        guard isFirst(attribute) else { throw .badEnvelope }
        // Null is as if it were not there. Source: §2.2.
        if isNull {
          remove(attribute)
        } else {
          let string = try read(attribute, reader, into: &region)
          if attribute == .dataschema { dataschema = string }
        }
      } else if name.isSame(as: "data", in: reader.bytes) {
        guard !hasData else { throw .badEnvelope }
        hasData = !isNull
        var behind = reader
        behind.skipValue()
        details.content = reader.offset - start..<behind.offset - start
      } else if name.isSame(as: "data_base64", in: reader.bytes) {
        guard !hasBinary, isNull || reader.byte == UInt8(ascii: "\"") else { throw .badEnvelope }
        hasBinary = !isNull
      }
      reader.skipValue()
      if reader.byte == UInt8(ascii: ",") { reader.step() }
    }
    // Source: §3.1.
    guard !hasData || !hasBinary else { throw .badEnvelope }
    try complete(&region, names)
    if let dataschema {
      let fits = dataschema.write(into: &region, from: reader.bytes)
      require(fits, "what had room before has room again")
    } else {
      region.append(schema)
    }
  }

  /// Reads the value of an attribute, a string that comes next.
  private mutating func read(
    _ attribute: Attribute,
    _ reader: JSONReader,
    into region: inout Region
  ) throws(Refusal) -> JSONString {
    guard reader.byte == UInt8(ascii: "\"") else { throw .badEnvelope }
    var value = reader
    let string: JSONString
    do throws(JSONFault) { string = try value.readString() } catch { throw .badEnvelope }
    let start = region.count
    guard string.write(into: &region, from: reader.bytes) else { throw .badEnvelope }
    try note(attribute, start..<region.count, of: region)
    return string
  }

  private static func readName(_ reader: inout JSONReader) throws(Refusal) -> JSONString {
    do throws(JSONFault) { return try reader.readName() } catch { throw .badEnvelope }
  }

  /// The attribute with a name as it stands in an envelope, where letters have one case.
  private static func attribute(_ name: JSONString, in bytes: RawSpan) -> Attribute? {
    if name.isSame(as: "id", in: bytes) { return .id }
    if name.isSame(as: "source", in: bytes) { return .source }
    if name.isSame(as: "type", in: bytes) { return .type }
    if name.isSame(as: "specversion", in: bytes) { return .specversion }
    if name.isSame(as: "time", in: bytes) { return .time }
    if name.isSame(as: "dataschema", in: bytes) { return .dataschema }
    if name.isSame(as: "subject", in: bytes) { return .subject }
    return name.isSame(as: "datacontenttype", in: bytes) ? .datacontenttype : nil
  }
}
