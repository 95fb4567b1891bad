/// Why we said no. The one table of reasons: its label in metrics and verdicts, its HTTP status, its MQTT reason code, and
/// whether the same thing may succeed later. The raw value is what framed answers carry.
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

  /// Everything there is to say about a reason.
  public struct Row: Sendable {
    /// Its name in metrics, verdicts and logs.
    public let label: StaticString
    /// Its HTTP status. Source: RFC 9110 §15, RFC 6585.
    public let status: Int
    /// Its MQTT 5 reason code. Source: MQTT 5.0 §2.4.
    public let mqtt: UInt8
    /// Whether the sender should try the same again.
    public let isRetryable: Bool
    /// What the sender should know, in a sentence.
    public let advice: StaticString
  }

  /// The reason's row of the table.
  public var row: Row {
    switch self {
    case .malformed: Row(label: "malformed", status: 400, mqtt: 0x81, isRetryable: false,
      advice: "The message does not follow its protocol; the connection is closed.")
    case .unauthenticated: Row(label: "unauthenticated", status: 401, mqtt: 0x86, isRetryable: false,
      advice: "Send a valid API key: Authorization: Bearer <key>.")
    case .forbidden: Row(label: "forbidden", status: 403, mqtt: 0x87, isRetryable: false,
      advice: "This API key may not write to this topic.")
    case .unknownTopic: Row(label: "unknown_topic", status: 404, mqtt: 0x90, isRetryable: false,
      advice: "There is no such topic; GET /v1/topics lists them.")
    case .unknownPath: Row(label: "unknown_path", status: 404, mqtt: 0x90, isRetryable: false,
      advice: "Events go to POST /v1/events/{topic}; GET /v1/topics lists the topics.")
    case .methodNotAllowed: Row(label: "method_not_allowed", status: 405, mqtt: 0x83, isRetryable: false,
      advice: "This resource takes the methods that the Allow header names.")
    case .timedOut: Row(label: "timed_out", status: 408, mqtt: 0x8D, isRetryable: true,
      advice: "The request took too long to arrive.")
    case .lengthRequired: Row(label: "length_required", status: 411, mqtt: 0x81, isRetryable: false,
      advice: "A request with events needs Content-Length or chunked transfer coding.")
    case .bodyTooLarge: Row(label: "body_too_large", status: 413, mqtt: 0x95, isRetryable: false,
      advice: "The body is over the limit; send fewer events a request.")
    case .eventTooLarge: Row(label: "event_too_large", status: 413, mqtt: 0x95, isRetryable: false,
      advice: "The event is over the topic's limit.")
    case .targetTooLong: Row(label: "target_too_long", status: 414, mqtt: 0x81, isRetryable: false,
      advice: "The request target is over the limit.")
    case .unsupportedMediaType: Row(label: "unsupported_media_type", status: 415, mqtt: 0x99, isRetryable: false,
      advice: "Send application/json (one event) or application/x-ndjson (one a line).")
    case .unsupportedEncoding: Row(label: "unsupported_encoding", status: 415, mqtt: 0x99, isRetryable: false,
      advice: "Send the body as it is or with Content-Encoding: gzip.")
    case .expectationFailed: Row(label: "expectation_failed", status: 417, mqtt: 0x83, isRetryable: false,
      advice: "The only expectation that can be met is 100-continue.")
    case .emptyEvent: Row(label: "empty_event", status: 422, mqtt: 0x99, isRetryable: false,
      advice: "An event has at least one byte.")
    case .tooManyRequests: Row(label: "too_many_requests", status: 429, mqtt: 0x97, isRetryable: true,
      advice: "The quota is used up; try again after Retry-After.")
    case .headTooLarge: Row(label: "head_too_large", status: 431, mqtt: 0x95, isRetryable: false,
      advice: "The header fields are over the limit.")
    case .notImplemented: Row(label: "not_implemented", status: 501, mqtt: 0x83, isRetryable: false,
      advice: "The only transfer coding understood is chunked.")
    case .versionNotSupported: Row(label: "version_not_supported", status: 505, mqtt: 0x84, isRetryable: false,
      advice: "Speak HTTP/1.1 or HTTP/1.0.")
    case .overloaded: Row(label: "overloaded", status: 503, mqtt: 0x97, isRetryable: true,
      advice: "More arrives than can be stored at the moment; try again after Retry-After.")
    case .draining: Row(label: "draining", status: 503, mqtt: 0x8B, isRetryable: true,
      advice: "This node is shutting down; connect to another or try again after Retry-After.")
    case .storageFull: Row(label: "storage_full", status: 507, mqtt: 0x97, isRetryable: true,
      advice: "The disk is full; try again after Retry-After.")
    case .corruptEncoding: Row(label: "corrupt_encoding", status: 400, mqtt: 0x99, isRetryable: false,
      advice: "The body is not what its Content-Encoding says.")
    case .expandsTooFar: Row(label: "expands_too_far", status: 413, mqtt: 0x95, isRetryable: false,
      advice: "The body expands beyond the limit for its size.")
    }
  }
}
