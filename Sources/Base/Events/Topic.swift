/// When an event may be acknowledged.
public enum Acknowledgement: String, Sendable, CaseIterable {
  /// It is in memory: a crash loses it.
  case received
  /// It is written to its lane and flushed.
  case durable
}

/// In which order readers find a topic's events.
public enum Order: String, Sendable, CaseIterable {
  /// As each connection sent them.
  case connection
  /// As they were sent per key: equal keys go to one lane, whichever connection brings them.
  case key
}

/// What becomes of a topic's events that could be stored.
public enum Intake: UInt8, Sendable, CaseIterable {
  /// They are.
  case store = 0
  /// They are set aside, all of them.
  case quarantine = 1
}

/// How a topic's events are stored.
public enum Codec: UInt8, Sendable, CaseIterable {
  case none = 0
  case lz4 = 3
}

/// What the line needs to know of a topic.
public struct Topic: Sendable {
  /// Its durable number.
  public let id: TopicID
  /// Its name: 1 to 249 of `a-z A-Z 0-9 . _ -`, as Kafka allows.
  public let name: String
  /// When its events are acknowledged.
  public var acknowledge: Acknowledgement
  /// In which order readers find them.
  public var order: Order
  /// How they are stored.
  public var codec: Codec
  /// The largest event it takes, in bytes.
  public var eventBytesMax: Int
  /// What becomes of them.
  public var intake = Intake.store

  /// A topic with the defaults of the settings.
  public init(
    id: TopicID,
    name: String,
    acknowledge: Acknowledgement = .durable,
    order: Order = .connection,
    codec: Codec = .none,
    eventBytesMax: Int = 256 << 10
  ) {
    (self.id, self.name, self.acknowledge, self.order) = (id, name, acknowledge, order)
    (self.codec, self.eventBytesMax) = (codec, eventBytesMax)
  }

  /// Whether `name` can be a topic's: 1 to 249 of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
  public static func isName(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 249, name != ".", name != ".." else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
  }
}
