// The names of errors are Kafka's, and so is what they mean.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Why a broker did not do what it was asked, by its number in Kafka's protocol.
///
/// Numbers that are not in the table are errors, too: brokers learn new ones. Source: Kafka protocol guide, "Error
/// Codes"; `org.apache.kafka.common.protocol.Errors`.
public struct KafkaError: RawRepresentable, Hashable, Sendable {
  /// The number; 0 is no error.
  public let rawValue: Int16
  /// The error of that number.
  public init(rawValue: Int16) { self.rawValue = rawValue }

  /// What to do about one.
  public enum Remedy: Sendable {
    /// Send the same bytes again, later.
    case again
    /// The same, with new metadata: another broker may lead the partition now.
    case againElsewhere
    /// Nothing helps but a change on either side.
    case give
  }
  private struct Row {
    let code: Int16
    let name: StaticString
    let remedy: Remedy
  }

  public static let none = KafkaError(rawValue: 0)
  public static let unknownServerError = KafkaError(rawValue: -1)
  public static let offsetOutOfRange = KafkaError(rawValue: 1)
  public static let corruptMessage = KafkaError(rawValue: 2)
  public static let unknownTopicOrPartition = KafkaError(rawValue: 3)
  public static let leaderNotAvailable = KafkaError(rawValue: 5)
  public static let notLeaderOrFollower = KafkaError(rawValue: 6)
  public static let requestTimedOut = KafkaError(rawValue: 7)
  public static let messageTooLarge = KafkaError(rawValue: 10)
  public static let coordinatorLoadInProgress = KafkaError(rawValue: 14)
  public static let invalidTopic = KafkaError(rawValue: 17)
  public static let notEnoughReplicas = KafkaError(rawValue: 19)
  public static let invalidRequiredAcks = KafkaError(rawValue: 21)
  public static let topicAuthorizationFailed = KafkaError(rawValue: 29)
  public static let groupAuthorizationFailed = KafkaError(rawValue: 30)
  public static let unsupportedSaslMechanism = KafkaError(rawValue: 33)
  public static let illegalSaslState = KafkaError(rawValue: 34)
  public static let unsupportedVersion = KafkaError(rawValue: 35)
  public static let invalidRequest = KafkaError(rawValue: 42)
  public static let outOfOrderSequence = KafkaError(rawValue: 45)
  public static let duplicateSequence = KafkaError(rawValue: 46)
  public static let invalidProducerEpoch = KafkaError(rawValue: 47)
  public static let transactionalIDAuthorizationFailed = KafkaError(rawValue: 53)
  public static let saslAuthenticationFailed = KafkaError(rawValue: 58)
  public static let unknownProducerID = KafkaError(rawValue: 59)
  public static let fetchSessionIDNotFound = KafkaError(rawValue: 70)
  public static let fencedLeaderEpoch = KafkaError(rawValue: 74)
  public static let unknownLeaderEpoch = KafkaError(rawValue: 75)
  public static let unsupportedCompressionType = KafkaError(rawValue: 76)
  public static let invalidRecord = KafkaError(rawValue: 87)
  public static let producerFenced = KafkaError(rawValue: 90)
  public static let unknownTopicID = KafkaError(rawValue: 100)

  private static let rows: [Row] = [
    Row(code: -1, name: "UNKNOWN_SERVER_ERROR", remedy: .give),
    Row(code: 0, name: "NONE", remedy: .give),
    Row(code: 1, name: "OFFSET_OUT_OF_RANGE", remedy: .give),
    Row(code: 2, name: "CORRUPT_MESSAGE", remedy: .again),
    Row(code: 3, name: "UNKNOWN_TOPIC_OR_PARTITION", remedy: .againElsewhere),
    Row(code: 5, name: "LEADER_NOT_AVAILABLE", remedy: .againElsewhere),
    Row(code: 6, name: "NOT_LEADER_OR_FOLLOWER", remedy: .againElsewhere),
    Row(code: 7, name: "REQUEST_TIMED_OUT", remedy: .again),
    Row(code: 8, name: "BROKER_NOT_AVAILABLE", remedy: .give),
    Row(code: 10, name: "MESSAGE_TOO_LARGE", remedy: .give),
    Row(code: 13, name: "NETWORK_EXCEPTION", remedy: .againElsewhere),
    Row(code: 14, name: "COORDINATOR_LOAD_IN_PROGRESS", remedy: .again),
    Row(code: 15, name: "COORDINATOR_NOT_AVAILABLE", remedy: .again),
    Row(code: 16, name: "NOT_COORDINATOR", remedy: .again),
    Row(code: 17, name: "INVALID_TOPIC_EXCEPTION", remedy: .give),
    Row(code: 18, name: "RECORD_LIST_TOO_LARGE", remedy: .give),
    Row(code: 19, name: "NOT_ENOUGH_REPLICAS", remedy: .again),
    Row(code: 20, name: "NOT_ENOUGH_REPLICAS_AFTER_APPEND", remedy: .again),
    Row(code: 21, name: "INVALID_REQUIRED_ACKS", remedy: .give),
    Row(code: 29, name: "TOPIC_AUTHORIZATION_FAILED", remedy: .give),
    Row(code: 30, name: "GROUP_AUTHORIZATION_FAILED", remedy: .give),
    Row(code: 31, name: "CLUSTER_AUTHORIZATION_FAILED", remedy: .give),
    Row(code: 32, name: "INVALID_TIMESTAMP", remedy: .give),
    Row(code: 33, name: "UNSUPPORTED_SASL_MECHANISM", remedy: .give),
    Row(code: 34, name: "ILLEGAL_SASL_STATE", remedy: .give),
    Row(code: 35, name: "UNSUPPORTED_VERSION", remedy: .give),
    Row(code: 42, name: "INVALID_REQUEST", remedy: .give),
    Row(code: 43, name: "UNSUPPORTED_FOR_MESSAGE_FORMAT", remedy: .give),
    Row(code: 44, name: "POLICY_VIOLATION", remedy: .give),
    Row(code: 45, name: "OUT_OF_ORDER_SEQUENCE_NUMBER", remedy: .give),
    Row(code: 46, name: "DUPLICATE_SEQUENCE_NUMBER", remedy: .give),
    Row(code: 47, name: "INVALID_PRODUCER_EPOCH", remedy: .give),
    Row(code: 51, name: "CONCURRENT_TRANSACTIONS", remedy: .again),
    Row(code: 53, name: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", remedy: .give),
    Row(code: 54, name: "SECURITY_DISABLED", remedy: .give),
    Row(code: 56, name: "KAFKA_STORAGE_ERROR", remedy: .againElsewhere),
    Row(code: 58, name: "SASL_AUTHENTICATION_FAILED", remedy: .give),
    Row(code: 59, name: "UNKNOWN_PRODUCER_ID", remedy: .give),
    Row(code: 70, name: "FETCH_SESSION_ID_NOT_FOUND", remedy: .give),
    Row(code: 74, name: "FENCED_LEADER_EPOCH", remedy: .againElsewhere),
    Row(code: 75, name: "UNKNOWN_LEADER_EPOCH", remedy: .again),
    Row(code: 76, name: "UNSUPPORTED_COMPRESSION_TYPE", remedy: .give),
    Row(code: 87, name: "INVALID_RECORD", remedy: .give),
    Row(code: 89, name: "THROTTLING_QUOTA_EXCEEDED", remedy: .again),
    Row(code: 90, name: "PRODUCER_FENCED", remedy: .give),
    Row(code: 100, name: "UNKNOWN_TOPIC_ID", remedy: .againElsewhere),
    Row(code: 103, name: "INCONSISTENT_TOPIC_ID", remedy: .again),
  ]
  private var row: Row? { Self.rows.first { $0.code == rawValue } }

  /// What to do about it; nothing about one that is not known.
  public var remedy: Remedy { row?.remedy ?? .give }
  /// Whether the same request may succeed later.
  public var isRetriable: Bool {
    if case .give = remedy { false } else { true }
  }
}

extension KafkaError: CustomStringConvertible {
  /// Its name and number, as Kafka's documentation has them.
  public var description: String { "\(row?.name ?? "UNKNOWN") (\(rawValue))" }
}
