public import Schemas

/// What a topic's events must fit, and what becomes of those that don't.
///
/// Made by the control thread; a shard only reads it.
public struct TopicSchemas: Sendable {
  /// One version of a topic's schema.
  public struct Version: Sendable {
    /// Its number, as the file in the registry's folder is named.
    public let number: UInt32
    /// The id by which messages in the wire format of schema registries name it, if it has one.
    public let wireID: UInt32?
    /// What events must fit.
    public let schema: Schema
    /// A version of a topic's schema.
    public init(number: UInt32, wireID: UInt32? = nil, schema: Schema) {
      (self.number, self.wireID, self.schema) = (number, wireID, schema)
    }
  }
  /// How an event says which version it was written for; one that says nothing is held to the required one.
  public enum Naming: Sendable, Equatable {
    /// By the header `sluice-schema-version`, or the attribute `dataschema` of CloudEvents, whose last segment counts.
    case attribute
    /// By a member of that name in the event itself, a number or its digits as a string.
    case member(String)
    /// By the five bytes in front of it: 0, and the id in four bytes.
    ///
    /// Source: "Wire format", Confluent Schema Registry.
    case wireFormat
  }
  /// What becomes of an event that does not fit.
  public enum Consequence: Sendable, Equatable {
    /// Its sender is told so, and it is not kept.
    case refuse
    /// A record of it goes to quarantine, and its sender is told so.
    case quarantine
  }
  /// A version that is tried beside the one in force: what it would refuse is counted, and nothing else happens.
  public struct Shadow: Sendable {
    /// Which.
    public let version: Version
    /// How many of 10,000 events it is shown.
    public let share: UInt32
    /// A version that is tried on a share of the events.
    public init(version: Version, share: UInt32) { (self.version, self.share) = (version, share) }
  }
  /// The versions that are taken, in the order of their numbers.
  public var versions: [Version]
  /// The one that events without a name are held to: its place among the versions.
  public var required: Int
  /// How an event names its version.
  public var naming: Naming
  /// What becomes of events that don't fit.
  public var consequence: Consequence
  /// What is tried beside them.
  public var shadow: Shadow?
  /// Members of the event itself of which is counted how often they are null or missing.
  ///
  /// Bound: 16.
  public var qualityFields: [String] = []
  /// The member of the event itself that says when it happened, for events of which nothing else says so.
  public var qualityTime: String?

  /// A topic with these versions.
  public init(
    versions: [Version],
    required: Int,
    naming: Naming = .attribute,
    consequence: Consequence = .refuse,
    shadow: Shadow? = nil
  ) {
    (self.versions, self.required, self.naming) = (versions, required, naming)
    (self.consequence, self.shadow) = (consequence, shadow)
  }
}
