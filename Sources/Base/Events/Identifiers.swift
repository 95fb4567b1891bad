/// A topic's durable number: its place in the table of topics.
///
/// Never reused, so it outlives a renamed or removed topic.
public struct TopicID: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
  /// The number itself.
  public let rawValue: UInt16
  /// The topic in that place of the table.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// A lane's number, which is also the partition that readers see; side lanes have numbers of their own.
public struct LaneID: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
  /// The number itself.
  public let rawValue: UInt16
  /// The lane of that number, counted from 0.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// Who sent an event: the number of an API key, or `anonymous`.
public struct PrincipalID: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
  /// The number itself.
  public let rawValue: UInt32
  /// The principal whose key has that number.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Nobody in particular: the listener asks for no key.
  @inlinable public static var anonymous: PrincipalID { PrincipalID(rawValue: 0) }
}

/// An event's place in its domain's order, counted from 1 when the process starts.
///
/// 0 is safe from the start.
public struct EventNumber: RawRepresentable, Hashable, Comparable, BitwiseCopyable, Sendable {
  /// The number itself.
  public let rawValue: UInt64
  /// The event in that place.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// Before every event.
  @inlinable public static var none: EventNumber { EventNumber(rawValue: 0) }
  /// Whether `left` was numbered before `right`; both belong to one domain.
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What shares one watermark: memory, one lane, or the side lane of the shard that asks.
///
/// Events are numbered consecutively within it.
public struct Domain: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
  /// 0 for memory, 1 for the shard's side lane, 2 + lane for a lane.
  public let rawValue: UInt16
  /// The domain of that number.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Safe as soon as it is numbered: topics that acknowledge what is merely received.
  @inlinable public static var memory: Domain { Domain(rawValue: 0) }
  /// The shard's own side lane; it waits for no other's.
  @inlinable public static var side: Domain { Domain(rawValue: 1) }
  /// The domain of one lane, which is no side lane.
  @inlinable public static func lane(_ lane: LaneID) -> Domain { Domain(rawValue: lane.rawValue &+ 2) }
}

/// An event's number and the domain it counts in: what an answer waits for.
public struct Mark: BitwiseCopyable, Hashable, Sendable {
  /// Where it counts.
  public let domain: Domain
  /// Its place there.
  public let number: EventNumber
  /// The event of that number in that domain.
  @inlinable public init(domain: Domain, number: EventNumber) { (self.domain, self.number) = (domain, number) }
  /// What has nothing to wait for.
  @inlinable public static var none: Mark { Mark(domain: .memory, number: .none) }
}

/// How far each domain is safe: everything through its number survives what the topic promised.
public struct Watermarks: Sendable {
  @usableFromInline var safe: [EventNumber]

  /// Nothing is safe but memory, which always is.
  public init(lanes: Int) {
    safe = Array(repeating: .none, count: lanes + 2)
    safe[0] = EventNumber(rawValue: .max)
  }
  /// Whether the answer that waits for `mark` may be given.
  @inlinable public func isSafe(_ mark: Mark) -> Bool { mark.number <= safe[Int(mark.domain.rawValue)] }
  /// Through which number a domain is safe.
  @inlinable public subscript(domain: Domain) -> EventNumber { safe[Int(domain.rawValue)] }
  /// Moves a watermark on; it never goes back.
  @inlinable public mutating func advance(_ domain: Domain, through number: EventNumber) {
    guard safe[Int(domain.rawValue)] < number else { return }
    safe[Int(domain.rawValue)] = number
  }
}
