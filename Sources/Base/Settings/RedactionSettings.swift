public import Detection
public import Redaction

/// Where the keys of redaction are: in a file, or with a service that a program asks.
public struct RedactionKeySettings: Sendable, Equatable {
  /// The file; relative to the working directory.
  public var file: String?
  /// The program that prints such a file, and its arguments; empty for none.
  public var command: [String] = []
  /// After which time it is run again.
  public var refreshNs: Int64 = 300_000_000_000
  /// After which time keys that it printed are no longer used for fresh values.
  public var staleNs: Int64 = 3_600_000_000_000
  /// How long it may run.
  public var timeoutNs: Int64 = 10_000_000_000
  /// The defaults: no keys.
  public init() {}

  /// Whether there are any.
  public var isOn: Bool { file != nil || !command.isEmpty }
}

/// What is done with a value, as the settings write it: an operator and its options.
public struct OperationSettings: Sendable, Equatable {
  /// The words, such as `mask last=4`.
  public let text: String
  /// What they mean.
  public let operation: Operation
  /// What is done unless something else is said.
  public static let standard = OperationSettings(text: "replace", operation: OperatorCatalogue.standard)
}

/// What is redacted of a topic's events.
public struct TopicRedactionSettings: Sendable, Equatable {
  /// What is done with values of one kind.
  public struct Kind: Sendable, Equatable {
    /// Which.
    public let type: PersonalType
    /// What is done.
    public let operation: OperationSettings
  }
  /// What is done with a field, whatever it holds.
  public struct Field: Sendable, Equatable {
    /// A JSON Pointer, with `*` for any member or element and `**` for any number of levels.
    public let pointer: String
    /// What is done.
    public let operation: OperationSettings
    /// What it holds, if that is said.
    public let type: PersonalType?
  }
  /// What a plan does.
  public enum Mode: String, Sendable, CaseIterable {
    /// It redacts.
    case apply
    /// What it would change is counted, and nothing is changed.
    case shadow
  }
  /// Whether `x-pii` beside a property of the topic's schema names a field.
  public enum Annotations: String, Sendable, CaseIterable {
    /// It does.
    case follow
    /// It says what is meant, and nothing happens.
    case ignore
  }

  /// The kinds that are looked for everywhere.
  public var detected: [PersonalType] = []
  /// The least confidence with which something counts, in percent.
  public var confidence = Int(DetectionProfile.usualMinimum)
  /// What is done with what is found, unless `kinds` say something else.
  public var found = OperationSettings.standard
  /// What is done with some kinds.
  public var kinds: [Kind] = []
  /// Fields that are redacted whatever they hold.
  public var fields: [Field] = []
  /// Whether the schema names some, too.
  public var annotations = Annotations.follow
  /// What is done with what is found in record keys and metadata; `nil`: the same.
  public var keys: OperationSettings?
  /// What the plan does.
  public var mode = Mode.apply

  /// Nothing is redacted.
  public init() {}

  /// Whether anything is asked for; a schema's annotations may ask for more.
  public var isOn: Bool { !detected.isEmpty || !fields.isEmpty }
  /// What is done with what is found of a kind.
  public func operation(for type: PersonalType) -> OperationSettings {
    kinds.first { $0.type == type }?.operation ?? found
  }
  /// The same in record keys and metadata, where nothing is taken out.
  public func keyOperation(for type: PersonalType) -> OperationSettings {
    let operation = keys ?? operation(for: type)
    return operation.operation.isDrop ? .standard : operation
  }
}
