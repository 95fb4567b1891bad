/// Why we said no.
///
/// The one table of reasons: its label in metrics and verdicts, its HTTP status, its MQTT reason code, and whether the
/// same thing may succeed later. The raw value is what framed answers carry.
public enum Refusal: UInt8, Error, CaseIterable, Sendable {
  case malformed = 1
  case unauthenticated = 2
  case forbidden = 3
  case unknownTopic = 4
  case unknownPath = 5
  case methodNotAllowed = 6
  case timedOut = 7
  case lengthRequired = 8
  case bodyTooLarge = 9
  case eventTooLarge = 10
  case targetTooLong = 11
  case unsupportedMediaType = 12
  case unsupportedEncoding = 13
  case expectationFailed = 14
  case emptyEvent = 15
  case tooManyRequests = 16
  case headTooLarge = 17
  case notImplemented = 18
  case versionNotSupported = 19
  case overloaded = 20
  case draining = 21
  case storageFull = 22
  case corruptEncoding = 23
  case expandsTooFar = 24
  case malformedBody = 25
  case badEnvelope = 26
  case unknownSpecVersion = 27
  case invalidEvent = 28
  case malformedEvent = 29
  case unknownSchemaVersion = 30
  case tooComplex = 31
  case keyUnavailable = 32

  /// Everything there is to say about a reason.
  public struct Row: Sendable {
    /// Its name in metrics, verdicts and logs.
    public let label: StaticString
    /// Its HTTP status.
    ///
    /// Source: RFC 9110 §15, RFC 6585.
    public let status: Int
    /// Its MQTT 5 reason code.
    ///
    /// Source: MQTT 5.0 §2.4.
    public let mqtt: UInt8
    /// Whether the sender should try the same again.
    public let isRetryable: Bool
    /// What the sender should know, in a sentence.
    public let advice: StaticString

    enum Repetition { case retry, final }
    init(
      _ label: StaticString,
      _ status: Int,
      _ mqtt: UInt8,
      _ repetition: Repetition,
      _ advice: StaticString
    ) {
      (self.label, self.status, self.mqtt, self.advice) = (label, status, mqtt, advice)
      isRetryable = repetition == .retry
    }
  }

  /// The reason's row of the table.
  public var row: Row {
    switch self {
    case .malformed:
      Row("malformed", 400, 0x81, .final, "The message does not follow its protocol; the connection is closed.")
    case .unauthenticated:
      Row("unauthenticated", 401, 0x86, .final, "Send a valid API key: Authorization: Bearer <key>.")
    case .forbidden:
      Row("forbidden", 403, 0x87, .final, "This API key may not write to this topic.")
    case .unknownTopic:
      Row("unknown_topic", 404, 0x90, .final, "There is no such topic; GET /v1/topics lists them.")
    case .unknownPath:
      Row("unknown_path", 404, 0x90, .final, "Events go to POST /v1/events/{topic}; GET /v1/topics lists the topics.")
    case .methodNotAllowed:
      Row("method_not_allowed", 405, 0x83, .final, "This resource takes the methods that the Allow header names.")
    case .timedOut:
      Row("timed_out", 408, 0x8D, .retry, "The request took too long to arrive.")
    case .lengthRequired:
      Row("length_required", 411, 0x81, .final, "A request with events needs Content-Length or chunked coding.")
    case .bodyTooLarge:
      Row("body_too_large", 413, 0x95, .final, "The body is over the limit; send fewer events a request.")
    case .eventTooLarge:
      Row("event_too_large", 413, 0x95, .final, "The event is over the topic's limit.")
    case .targetTooLong:
      Row("target_too_long", 414, 0x81, .final, "The request target is over the limit.")
    case .unsupportedMediaType:
      Row("unsupported_media_type", 415, 0x99, .final, "Send application/json, application/x-ndjson or CloudEvents.")
    case .unsupportedEncoding:
      Row("unsupported_encoding", 415, 0x99, .final, "Send the body as it is or with Content-Encoding: gzip.")
    case .expectationFailed:
      Row("expectation_failed", 417, 0x83, .final, "The only expectation that can be met is 100-continue.")
    case .emptyEvent:
      Row("empty_event", 422, 0x99, .final, "An event has at least one byte.")
    case .tooManyRequests:
      Row("too_many_requests", 429, 0x97, .retry, "The quota is used up; try again after Retry-After.")
    case .headTooLarge:
      Row("head_too_large", 431, 0x95, .final, "The header fields are over the limit.")
    case .notImplemented:
      Row("not_implemented", 501, 0x83, .final, "The only transfer coding understood is chunked.")
    case .versionNotSupported:
      Row("version_not_supported", 505, 0x84, .final, "Speak HTTP/1.1 or HTTP/1.0.")
    case .overloaded:
      Row("overloaded", 503, 0x97, .retry, "More arrives than can be stored; try again after Retry-After.")
    case .draining:
      Row("draining", 503, 0x8B, .retry, "This node shuts down; use another, or try again after Retry-After.")
    case .storageFull:
      Row("storage_full", 507, 0x97, .retry, "The disk is full; try again after Retry-After.")
    case .corruptEncoding:
      Row("corrupt_encoding", 400, 0x99, .final, "The body is not what its Content-Encoding says.")
    case .expandsTooFar:
      Row("expands_too_far", 413, 0x95, .final, "The body expands beyond the limit for its size.")
    case .malformedBody:
      Row("malformed_body", 400, 0x99, .final, "The body is no JSON, or nested too deep; nothing of it was stored.")
    case .badEnvelope:
      Row(
        "bad_envelope",
        400,
        0x99,
        .final,
        "CloudEvents: id, source, type and specversion are needed, and no attribute may be empty or malformed."
      )
    case .unknownSpecVersion:
      Row("unknown_spec_version", 400, 0x99, .final, "The specversion of CloudEvents understood here is 1.0.")
    case .invalidEvent:
      Row("invalid_event", 422, 0x99, .final, "The event does not fit its topic's schema; the verdict says where.")
    case .malformedEvent:
      Row("malformed_event", 422, 0x99, .final, "The event is no JSON that is taken; the verdict says where.")
    case .unknownSchemaVersion:
      Row("unknown_schema_version", 422, 0x99, .final, "The event names a schema version that is not taken.")
    case .tooComplex:
      Row("too_complex", 422, 0x99, .final, "Checking the event takes more work than one event may cost.")
    case .keyUnavailable:
      Row("key_unavailable", 503, 0x97, .retry, "A key that the event's fields are encrypted with is not at hand.")
    }
  }
}
