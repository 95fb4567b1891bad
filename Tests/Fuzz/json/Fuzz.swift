import Bytes
import Formats
import Schemas

/// Whatever the bytes: the scanner, the tree, and both tiers of a schema that everything fits agree on what is JSON.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count <= 16_384 else { return 0 }
  let text = Array(UnsafeBufferPointer(start: start, count: count))
  var lenient = JSONLimits()
  (lenient.allowsDuplicateNames, lenient.allowsLoneSurrogates, lenient.depthMax) = (true, true, 200)
  var tight = JSONLimits()
  (tight.depthMax, tight.membersMax, tight.stringBytesMax, tight.numberBytesMax) = (3, 4, 8, 6)
  let isJSON = [JSONLimits(), lenient, tight].map { agree(text, $0) }
  precondition(isJSON[1] || !isJSON[0], "what is refused for less is refused for more")
  precondition(isJSON[0] || !isJSON[2], "what is taken within less is taken within more")
  return 0
}

/// A schema that every value fits.
let anything: Schema = {
  var library = SchemaLibrary()
  do throws(SchemaMistake) {
    try library.add(Array("true".utf8), uri: "fuzz:true", file: "true")
    return try Schema("fuzz:true", in: library)
  } catch { preconditionFailure("\(error)") }
}()

/// Whether everyone takes a text for JSON.
func agree(_ text: [UInt8], _ limits: JSONLimits) -> Bool {
  let bytes = text.span.bytes
  var scanner = JSONScanner(bytesMax: max(text.count, 1), limits: limits)
  var fault: JSONFault?
  do throws(JSONFault) { try scanner.check(bytes) } catch { fault = error }
  if let fault { precondition(0...text.count ~= fault.offset, "a fault has its place in the text") }
  do throws(JSONFault) {
    let value = try JSONValue(text, limits: limits)
    precondition(fault == nil && value.offset < value.end && value.end <= text.count, "a tree is of JSON")
  } catch { precondition(error == fault, "the tree and the scanner refuse the same for the same reason") }
  var validator = Validator(bytesMax: max(text.count, 1), limits: limits, seed: 1)
  for outcome in [validator.check(bytes, against: anything), validator.checkOnTape(bytes, against: anything)] {
    switch outcome {
    case .valid: precondition(fault == nil, "what both tiers take is JSON")
    // Of several faults each may find another one first.
    case .malformed(let found): precondition(fault != nil && 0...text.count ~= found.offset, "what is JSON is taken")
    case .invalid, .exhausted: preconditionFailure("everything fits, at no cost")
    }
  }
  return fault == nil
}
