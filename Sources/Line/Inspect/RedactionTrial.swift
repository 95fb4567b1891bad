internal import Bytes
public import Detection
public import Events
public import Formats
public import Redaction

/// Personal data that was found in an event.
public struct RedactionSpan: Sendable, Equatable {
  /// The JSON Pointer of the value.
  ///
  /// Source: RFC 6901.
  public let path: String
  /// Where it starts in the value's meaning, in code points; of a number, in its digits as they stand.
  public let start: Int
  /// Behind its last code point.
  public let end: Int
  /// What it is.
  public let type: PersonalType
  /// How sure that is, in percent.
  public let confidence: Int
  /// What is done with it: the operator's name.
  public let operation: String
  /// What was found.
  public let text: String
}

/// Redacts events one by one as the line does, and says what was found in them: for those who try plans out.
///
/// It allocates, and is not for the line.
public struct RedactionTrial: ~Copyable {
  private var redactor: Redactor
  private var marks: JSONMarks
  private let plan: RedactionPlan

  /// What came of an event.
  public struct Outcome: Sendable {
    /// The event as it would be kept; `nil` when it would not.
    public var event: [UInt8]?
    /// Why not.
    public var refusal: Refusal?
    /// What was found, in the order of the event.
    public var spans: [RedactionSpan] = []
  }

  /// A trial of a plan.
  public init(
    _ plan: RedactionPlan,
    keys: RedactionKeys,
    eventBytesMax: Int = 8 << 20,
    limits: JSONLimits = JSONLimits()
  ) {
    self.plan = plan
    redactor = Redactor(eventBytesMax: eventBytesMax, depthMax: limits.depthMax, keys: keys)
    marks = JSONMarks(bytesMax: eventBytesMax, limits: limits)
  }

  /// Redacts an event.
  ///
  /// Throws: why it is no JSON.
  public mutating func redact(_ event: [UInt8]) throws(JSONFault) -> Outcome {
    redactor.report = []
    var outcome = Outcome()
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let bytes = unsafe event.span.bytes
    let reader = try marks.checked(bytes)
    switch redactor.redact(reader, from: 0, content: nil, by: plan) {
    case .unchanged: outcome.event = event
    case .changed:
      var text = Region(id: RegionID(rawValue: 0), byteCount: max(event.count + redactor.splices.growth, 1))
      text.write(atMost: text.byteCount) { unsafe $0.append(event.span.bytes, with: redactor.splices) }
      // SAFETY: a copy of initialised bytes.
      outcome.event = unsafe text.bytes.withUnsafeBytes { unsafe Array($0) }
    case .impossible(let reason): outcome.refusal = reason
    }
    outcome.spans = redactor.report ?? []
    return outcome
  }
}

extension Redactor {
  /// Reports a finding.
  @inline(never)
  mutating func note(_ finding: Finding, in string: JSONString, _ rule: RedactionPlan.Rule, _ bytes: RawSpan) {
    writePath(in: bytes, numbersElements: true)
    var meant: [UInt8] = []
    var meaning = JSONString.Meaning(string)
    while let byte = meaning.next(in: bytes) { meant.append(byte) }
    let isStart = { (byte: UInt8) in byte & 0xC0 != 0x80 }
    let start = meant[..<finding.start].count(where: isStart)
    let found = meant[finding.range]
    let span = RedactionSpan(
      path: text(of: path),
      start: start,
      end: start + found.count(where: isStart),
      type: finding.type,
      confidence: Int(finding.confidence),
      operation: "\(rule.operation.word)",
      text: String(decoding: found, as: UTF8.self)
    )
    report?.append(span)
  }
  private func text(of region: borrowing Region) -> String {
    // SAFETY: a copy of initialised bytes.
    unsafe region.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
