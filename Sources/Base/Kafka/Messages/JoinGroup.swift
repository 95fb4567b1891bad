// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The answer to a consumer that wants to join a group, which is refused here.
public struct JoinGroupResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .joinGroup }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// The group's generation, or -1.
  public var generation: Int32 = -1
  /// What kind of group it is.
  public var protocolType: String?
  /// How its partitions are assigned.
  public var protocolName: String?
  /// The member that assigns them.
  public var leader: String = ""
  /// Whether it need not.
  public var skipsAssignment: Bool = false
  /// The consumer's name in the group.
  public var member: String = ""
  /// All members, for the leader.
  public var members: [GroupMember] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 2 { fields.field(&throttleMs) }
    fields.field(&error)
    fields.field(&generation)
    if fields.version >= 7 { fields.field(&protocolType) }
    fields.field(&protocolName)
    fields.field(&leader)
    if fields.version >= 9 { fields.field(&skipsAssignment) }
    fields.field(&member)
    fields.field(&members)
    fields.end()
  }
}

/// A member of a group.
public struct GroupMember: KafkaValue, Hashable {
  /// Its name in the group.
  public var id: String = ""
  /// Its static name.
  public var instance: String?
  /// What it can do.
  public var content: [UInt8] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&id)
    if fields.version >= 5 { fields.field(&instance) }
    fields.field(&content)
    fields.end()
  }
}
