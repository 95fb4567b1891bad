/// Where schemas are, and what of JSON is taken where events are checked.
public struct SchemaFolderSettings: Sendable, Equatable {
  /// What becomes of an object in which a name stands twice.
  public enum DuplicateNames: String, Sendable, CaseIterable {
    /// It is no event.
    case refuse
    /// The last one counts.
    case last
  }
  /// What `format` means in schemas.
  public enum Formats: String, Sendable, CaseIterable {
    /// Events have to keep to it.
    case assert
    /// It says what is meant, and nothing is checked.
    case annotate
  }
  /// The folder of the schemas, if there are any; relative to the working directory.
  public var directory: String?
  /// How deep values may be nested.
  public var depth = 64
  /// Members of an object, and elements of an array.
  public var members = 10_000
  /// A string as it is written, in bytes.
  public var stringBytes = 1 << 20
  /// A number as it is written, in bytes.
  public var numberBytes = 1024
  /// What becomes of an object in which a name stands twice.
  public var duplicateNames = DuplicateNames.refuse
  /// What `format` means.
  public var formats = Formats.assert
  /// The defaults: no folder.
  public init() {}
}

/// What a topic's events must fit.
public struct TopicSchemaSettings: Sendable, Equatable {
  /// The version that events are held to which name none.
  public enum Requirement: Sendable, Equatable {
    /// Events are not checked.
    case none
    /// The highest there is.
    case latest
    /// This one.
    case version(Int)
  }
  /// Which other versions an event may name.
  public enum Acceptance: Sendable, Equatable {
    /// None.
    case none
    /// All with lower numbers than the required one.
    case all
    /// These.
    case versions([Int])
  }
  /// How an event names its version.
  public enum VersionSource: Sendable, Equatable {
    /// By a header, or by an attribute of CloudEvents.
    case attribute
    /// By the five bytes in front of it that registries know.
    case wire
    /// By a member of the event.
    case member(String)
  }
  /// What becomes of an event that does not fit.
  public enum Consequence: String, Sendable, CaseIterable {
    /// It is not kept.
    case refuse
    /// What is said of it goes to quarantine.
    case quarantine
  }
  /// What a version must be able to do with the events of those before it.
  public enum Compatibility: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// It reads what was written with the version before it.
    case backward
    /// What is written with it, the version before it reads.
    case forward
    /// Both.
    case full
    /// It reads what was written with any version before it.
    case backwardTransitive = "backward-transitive"
    /// What is written with it, every version before it reads.
    case forwardTransitive = "forward-transitive"
    /// Both, with every version before it.
    case fullTransitive = "full-transitive"
  }

  /// The version that events are held to which name none.
  public var required = Requirement.none
  /// Which other versions an event may name.
  public var accepted = Acceptance.none
  /// How an event names its version.
  public var versionSource = VersionSource.attribute
  /// What becomes of an event that does not fit.
  public var invalid = Consequence.refuse
  /// What a version must be able to do with the events of those before it.
  public var compatibility = Compatibility.none
  /// A version that is tried beside the required one.
  public var shadow: Int?
  /// How many of 10,000 events are shown to it.
  public var shadowShare = 100

  /// Events are not checked.
  public init() {}

  /// Whether events are checked.
  public var isOn: Bool { required != .none }
}
