internal import Bytes
public import Events
internal import Inspect

/// What the version in the shadow would have told the sender of an event that it would have refused, or where a plan of
/// redaction that is only tried would have exchanged something.
///
/// It never quotes the event.
public struct ShadowSample: Sendable {
  /// Where the event went.
  public let topic: TopicID
  /// The version that was in the shadow; 0 for a plan of redaction.
  public let version: UInt32
  /// What it said: a JSON object.
  public let verdict: String
}

extension Shard where M: ~Copyable {
  /// What the version in the shadow said last, once; `nil` when there is nothing to tell.
  ///
  /// Cost: a load when there is nothing; else it allocates.
  public mutating func takeShadowSample() -> ShadowSample? {
    guard line.inspector.shadowVerdict.count > 0 else { return nil }
    let sample = ShadowSample(
      topic: line.inspector.shadowTopic,
      version: line.inspector.shadowVersion,
      verdict: "{\(text(of: line.inspector.shadowVerdict))}"
    )
    line.inspector.forgetShadowVerdict()
    return sample
  }
}

private func text(of region: borrowing Region) -> String {
  let bytes = region.bytes
  return String(decoding: (0..<bytes.byteCount).map { bytes.byte($0) }, as: UTF8.self)
}
