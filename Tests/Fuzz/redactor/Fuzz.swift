import Bytes
import Detection
import Events
import Formats
import Inspect
import Redaction

let inputBytesMax = 4096
/// An input whose letters are all escaped, and most of it twice.
let textBytesMax = 16 * inputBytesMax
/// What stands for a value may be much longer than it.
let eventBytesMax = 256 << 10

/// Takes an input for an event, and one that is no JSON also for what stands in an event: a name and a text a line.
///
/// Traps when what is no JSON is redacted, when JSON becomes anything else, when an event differs in which there was
/// nothing to find, when the line makes something else of it than a trial does, or when what a plan has redacted is no
/// longer left alone.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 0, count <= inputBytesMax else { return 0 }
  let event = Array(UnsafeBufferPointer(start: start, count: count))
  let value = json(event)
  redact(event, value)
  guard value == nil else { return 0 }
  let wrapped = wrapped(event)
  guard let value = json(wrapped) else { preconditionFailure("what is put together is JSON") }
  redact(wrapped, value)
  return 0
}

func redact(_ event: [UInt8], _ value: JSONValue?) {
  redact(event, value, by: &mixed)
  redact(event, value, by: &byField)
  redact(event, value, by: &byDetectors)
}

/// An event of the lines of a text, as members and elements by turns; the text's first byte says what is escaped.
func wrapped(_ text: [UInt8]) -> [UInt8] {
  let lines = String(decoding: text.dropFirst(), as: UTF8.self).unicodeScalars.split(separator: "\n")
  var event = "{"
  for (index, line) in lines.prefix(32).enumerated() {
    let string = quoted(line, escaping: text[0])
    switch index % 4 {
    case 0: event += (index == 0 ? "" : ",") + string + ":"
    case 1: event += string
    case 2: event += "," + string + ": [ "
    default: event += string + ",{\"x\":" + string + "}]"
    }
  }
  // A name that came last has no value yet.
  let ends = ["}", "0}", "}", "null]}"]
  return Array((event + ends[min(lines.count, 32) % 4]).utf8)
}
func quoted(_ text: Substring.UnicodeScalarView, escaping choice: UInt8) -> String {
  var string = "\""
  for scalar in text {
    let isChosen = scalar.value & 7 == choice && scalar.value < 0x10000
    guard isChosen || scalar.value < 0x20 || scalar == "\"" || scalar == "\\" else {
      string.unicodeScalars.append(scalar)
      continue
    }
    let digits = String(scalar.value, radix: 16)
    string += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
  return string + "\""
}

func redact(_ event: [UInt8], _ value: JSONValue?, by planned: inout Planned) {
  let outcome: RedactionTrial.Outcome
  do throws(JSONFault) { outcome = try planned.trial.redact(event) } catch {
    precondition(value == nil, "what is JSON can be redacted")
    precondition(planned.redactOnLine(event) == nil, "what is no JSON is refused on the line")
    return planned.setAside(event)
  }
  guard let value else { preconditionFailure("what is no JSON can't be redacted") }
  precondition((outcome.event == nil) == (outcome.refusal != nil), "an event is kept, or refused for a reason")
  let onLine = planned.redactOnLine(event)
  precondition((onLine == nil) == (outcome.event == nil), "the line refuses what a trial does")
  guard let redacted = outcome.event, let onLine else { return }
  precondition(json(redacted) != nil && json(onLine) != nil, "what is kept of JSON is JSON")
  precondition((redacted == event) == (onLine == event), "the line exchanges something where a trial does")
  if !planned.hasFields, !hasFindings(value, .none) {
    precondition(redacted == event, "an event stays to the byte when there is nothing to find")
  }
  planned.setAside(event)
}

/// A text as a tree; `nil` when it is no JSON.
func json(_ text: [UInt8]) -> JSONValue? {
  do throws(JSONFault) { return try JSONValue(text, limits: limits) } catch { return nil }
}
/// Names that became equal are no fault of what was redacted.
let limits: JSONLimits = {
  var limits = JSONLimits()
  limits.allowsDuplicateNames = true
  return limits
}()

/// The one thread of libFuzzer makes it and has it.
nonisolated(unsafe) var scanner = TextScanner(textBytesMax: textBytesMax)

/// Whether detectors find something anywhere in a value, or in a name.
func hasFindings(_ value: JSONValue, _ name: NameContext) -> Bool {
  let profile = DetectionProfile()
  switch value.content {
  case .null, .bool: return false
  case .number(let text):
    let bytes = Array(text.utf8)
    return scanner.scanNumber(bytes.span.bytes, name: name, profile: profile) > 0
  case .string(let text):
    let bytes = Array(text.utf8)
    return scanner.scan(bytes.span.bytes, name: name, profile: profile) > 0
  case .array(let elements): return elements.contains { hasFindings($0, name) }
  case .object(let object):
    return object.members.contains { member in
      let bytes = Array(member.name.utf8)
      if scanner.scan(bytes.span.bytes, name: .none, profile: profile) > 0 { return true }
      // What a name says holds for all that is in it, until another one says something.
      let context = scanner.context(ofName: bytes.span.bytes)
      return hasFindings(member.value, context.isTelling ? context : name)
    }
  }
}
