public import Bytes
public import Detection

/// Where values become what may be kept.
///
/// One a thread. It holds what operators make of keys once; applying an operation allocates nothing, but for the first
/// encrypted value of a topic, which gets a key of its own.
public struct OperatorBench: ~Copyable {
  private var tools: KeyedTools
  private let valueBytesMax: Int

  /// A bench with keys, for values of so many bytes at the most.
  public init(keys: RedactionKeys, valueBytesMax: Int = 16 << 20) {
    tools = KeyedTools(keys, valueBytesMax: valueBytesMax)
    self.valueBytesMax = valueBytesMax
  }
  /// Uses these keys from now on.
  ///
  /// Cost: a few microseconds a key.
  public mutating func take(_ keys: RedactionKeys) {
    let nowNs = tools.nowNs
    tools = KeyedTools(keys, valueBytesMax: valueBytesMax)
    tools.advance(toNs: nowNs)
  }
  /// Tells the time, so that keys of a service are not used beyond their limit; once a turn will do.
  public mutating func advance(toNs nowNs: Int64) { tools.advance(toNs: nowNs) }

  /// How many bytes any operation writes for a value at the most.
  public static func bytesMax(for valueBytes: Int) -> Int { 4 * valueBytes + Encrypt.overheadBytesMax }

  /// Writes what stands for a value.
  ///
  /// - Parameters:
  ///   - operation: what is done with it.
  ///   - value: its text, without JSON's escapes; of a number or a literal, as it stands.
  ///   - type: what it is, where somebody says.
  ///   - topic: where its event goes.
  ///   - path: the JSON Pointer of its place.
  ///   - out: has room for `operation.bytesMax(for:)` bytes; escaping is the caller's unless the operation `isPlain`.
  /// - Returns: what came of it.
  public mutating func apply(
    _ operation: Operation,
    to value: RawSpan,
    type: PersonalType?,
    topic: TopicMark,
    path: RawSpan,
    into out: inout Region
  ) -> Outcome {
    require(out.room >= operation.bytesMax(for: value.byteCount), "what stands for a value has room")
    require(value.byteCount <= valueBytesMax, "a value is no longer than was said")
    let subject = Subject(value, type: type, topic: topic, path: path)
    let start = out.count
    let outcome = operation.form.apply(operation, to: subject, with: &tools, into: &out)
    guard outcome == .replaced else { return outcome }
    require(out.count == start, "what does not suit an operator is not written by it")
    Replace.writeLabel(type, into: &out)
    return .replaced
  }
}
