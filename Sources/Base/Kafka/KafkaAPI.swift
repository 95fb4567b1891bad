/// A kind of request, by its number in Kafka's protocol.
///
/// Source: Kafka protocol guide, "The Messages"; apache/kafka, `clients/src/main/resources/common/message`.
public enum KafkaAPI: Int16, Sendable, CaseIterable {
  case produce = 0
  case fetch = 1
  case listOffsets = 2
  case metadata = 3
  case offsetCommit = 8
  case offsetFetch = 9
  case findCoordinator = 10
  case joinGroup = 11
  case saslHandshake = 17
  case apiVersions = 18
  case initProducerID = 22
  case saslAuthenticate = 36

  /// The versions that are read and written here.
  public var versions: ClosedRange<Int16> {
    switch self {
    case .produce: 3...11
    case .fetch: 4...12
    case .listOffsets: 1...7
    case .metadata: 1...12
    case .offsetCommit: 2...8
    case .offsetFetch: 1...8
    case .findCoordinator: 0...4
    case .joinGroup: 0...9
    case .saslHandshake: 0...1
    case .apiVersions: 0...3
    case .initProducerID: 0...5
    case .saslAuthenticate: 0...2
    }
  }
  /// The first version with lengths as unsigned varints and tagged fields.
  ///
  /// Source: KIP-482.
  var flexibleFrom: Int16 {
    switch self {
    case .produce: 9
    case .fetch: 12
    case .listOffsets: 6
    case .metadata: 9
    case .offsetCommit: 8
    case .offsetFetch: 6
    case .findCoordinator: 3
    case .joinGroup: 6
    case .saslHandshake: .max
    case .apiVersions: 3
    case .initProducerID: 2
    case .saslAuthenticate: 2
    }
  }
  /// Whether a version is written that way.
  public func isFlexible(_ version: Int16) -> Bool { version >= flexibleFrom }
  /// Whether the header of its answers has tagged fields: those of ApiVersions never do, so that any client can read
  /// why it was refused.
  ///
  /// Source: KIP-511.
  func hasFlexibleAnswerHeader(_ version: Int16) -> Bool { self != .apiVersions && isFlexible(version) }
}
