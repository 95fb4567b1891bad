import Bytes
import Formats
import Schemas

/// Takes the first line for a schema and the others for events.
///
/// Whatever the schema, it is compiled or has mistakes with a place; whatever the event, both tiers agree on it.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count <= 8192 else { return 0 }
  let text = Array(UnsafeBufferPointer(start: start, count: count))
  var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let schema = Array(lines.removeFirst())
  let review = SchemaReview(schema, file: "1.json", uri: "fuzz:///1.json", library: library, options: options)
  for mistake in review.mistakes + review.warnings {
    precondition(mistake.position.line > 0 && mistake.position.column > 0 && !mistake.reason.isEmpty)
  }
  let isCompiled = review.mistakes.isEmpty || review.isOfDraft7
  precondition(isCompiled == (review.schema != nil), "a schema is compiled or has mistakes")
  guard let compiled = review.schema else { return 0 }
  var lenient = JSONLimits()
  (lenient.allowsDuplicateNames, lenient.allowsLoneSurrogates) = (true, true)
  for event in lines.prefix(8) {
    for limits in [JSONLimits(), lenient] { judge(Array(event), compiled, limits) }
  }
  return 0
}

let library = SchemaLibrary()
let options: SchemaOptions = {
  var options = SchemaOptions()
  options.nodesMax = 2000
  return options
}()

/// Judges an event on both tiers, and once more for all failures.
func judge(_ event: [UInt8], _ schema: Schema, _ limits: JSONLimits) {
  let bytes = event.span.bytes
  var validator = Validator(bytesMax: max(event.count, 1), limits: limits, seed: 1)
  let scanned = validator.check(bytes, against: schema)
  let taped = validator.checkOnTape(bytes, against: schema)
  switch (scanned, taped) {
  case (.valid, .valid), (.invalid, .invalid), (.malformed, .malformed): break
  // What does not fit may be seen before what is no JSON is.
  case (.invalid, .malformed): break
  // Scanning asks less often, and so less often too much.
  case (_, .exhausted), (.exhausted, _): break
  default: preconditionFailure("scanning said \(scanned), the tape \(taped)")
  }
  guard case .invalid = taped else { return }
  var verdicts = Region(id: RegionID(rawValue: 0), byteCount: 8192)
  validator.writeVerdicts(on: bytes, of: schema, atMost: 8, into: &verdicts)
  precondition(verdicts.count > 0, "what does not fit has a verdict")
}
