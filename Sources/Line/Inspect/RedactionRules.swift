public import Redaction

/// What shards are told of redaction.
///
/// Made by the control thread; a shard only reads it.
public struct RedactionRules: Sendable {
  /// By the topics' numbers: what is redacted of their events; `nil`, or nothing at all, where nothing is.
  public var plans: [RedactionPlan?]
  /// The keys that operators use.
  public var keys: RedactionKeys
  /// Nothing is redacted, unless something is said.
  public init(plans: [RedactionPlan?] = [], keys: RedactionKeys = .none) { (self.plans, self.keys) = (plans, keys) }
  /// Whether anything is.
  public var isOn: Bool { plans.contains { $0 != nil } }
}
