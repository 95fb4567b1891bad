public import Bytes
public import Formats

/// What a sender is told of an event that does not fit, as the members of a JSON object.
///
///     "instance":"/metrics/temp_c","keyword":"maximum","schema":"/properties/…","message":"must be at most 125"
///
/// Nothing of the event is quoted but names that look like names.
extension Validator {
  /// The longest verdict on one failure.
  public static var verdictBytesMax: Int { 640 }

  /// The keyword that the event which was checked last fails at.
  public func keyword(of schema: Schema) -> Keyword { schema.texts.keyword(Int(failure(0).assertion)) }

  /// Writes the verdict on the event that was checked last and found invalid.
  public mutating func writeVerdict(on event: RawSpan, of schema: Schema, into text: inout Region) {
    write(failure(0), event, schema, into: &text)
  }
  /// Checks an event again for everything that does not hold, and writes up to `count` verdicts as `"failures":[…]`, as
  /// many as leave the whole text within `bytes`, and the first one in any case.
  public mutating func writeVerdicts(
    on event: RawSpan,
    of schema: Schema,
    atMost count: Int,
    within bytes: Int = .max,
    into text: inout Region
  ) {
    let first = failure(0)
    guard case .invalid = checkOnTape(event, against: schema, failuresMax: count) else {
      // Behind the first failure the event may be no JSON, or all of them too much work: then that one is told alone.
      return write(first, event, schema, into: &text)
    }
    text.append("\"failures\":[")
    for index in 0..<failureCount {
      guard text.room >= Self.verdictBytesMax + 4 else { break }
      guard index == 0 || text.count + Self.verdictBytesMax + 4 <= bytes else { break }
      text.append(index == 0 ? "{" : ",{")
      write(failure(index), event, schema, into: &text)
      text.append("}")
    }
    text.append("]")
  }
  /// Writes the verdict on an event that is no JSON.
  public static func writeVerdict(on fault: JSONFault, into text: inout Region) {
    text.append("\"offset\":")
    text.write(atMost: 20) { $0.append(decimal: UInt64(fault.offset)) }
    text.append(",\"message\":\"the event is no JSON that is taken: ")
    append(Array(fault.reason.text.utf8)[...], to: &text)
    text.append("\"")
  }

  private mutating func write(_ failure: Failure, _ event: RawSpan, _ schema: Schema, into text: inout Region) {
    text.append("\"instance\":\"")
    path.write(Int(failure.offset), of: event, &marks, into: &text)
    text.append("\",")
    Self.append(schema.texts.bytes(Int(failure.assertion)), to: &text)
    if schema.texts.keyword(Int(failure.assertion)) == .type {
      text.append(Self.kind(of: event, at: Int(failure.offset)))
    }
    text.append("\"")
  }
  private static func append(_ bytes: ArraySlice<UInt8>, to text: inout Region) {
    // SAFETY: a UInt8 has no padding that its bytes could show.
    unsafe text.append(bytes.span.bytes)
  }
  /// What a value is, by its first byte.
  private static func kind(of event: RawSpan, at offset: Int) -> StaticString {
    switch event.byte(offset) {
    case UInt8(ascii: "{"): ", not an object"
    case UInt8(ascii: "["): ", not an array"
    case UInt8(ascii: "\""): ", not a string"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): ", not a boolean"
    case UInt8(ascii: "n"): ", not null"
    default: ", not this number"
    }
  }
}
