/// The small lane beside those of each shard: what must be durable and is no event of a topic, kept for its own time.
///
/// It has files, commits and recovery like every lane, and topics of its own, whose numbers are counted apart from
/// those of the manifest. It is no partition: who reads events does not see it.
public enum SideLane {
  /// What is said of events that were set aside instead of stored.
  @inlinable public static var quarantine: TopicID { TopicID(rawValue: 0) }
  /// Everything a side lane may hold, with `topics[i].id.rawValue == i`.
  public static var topics: [Topic] { [Topic(id: quarantine, name: "quarantine")] }
}

extension LaneID {
  @inlinable static var sideBit: UInt16 { 1 << 15 }

  /// The side lane of the shard of that number.
  @inlinable public static func side(_ shard: UInt16) -> LaneID { LaneID(rawValue: shard | sideBit) }
  /// Whether it is a side lane, which is no partition.
  @inlinable public var isSide: Bool { rawValue & LaneID.sideBit != 0 }
  /// Its number among the lanes of its kind.
  @inlinable public var number: UInt16 { rawValue & ~LaneID.sideBit }
}
