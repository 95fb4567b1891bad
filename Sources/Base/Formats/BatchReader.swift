public import Bytes
public import Events

/// What stands in front of each batch of a commit, big-endian: `u16 topic | u16 zero | u32 bytes of the batch`.
public struct BatchEntry: Hashable, Sendable {
  /// Whose batch it is.
  public var topic: TopicID
  /// How long the batch is.
  public var batchBytes: Int
  /// An entry for a batch.
  public init(topic: TopicID, batchBytes: Int) { (self.topic, self.batchBytes) = (topic, batchBytes) }

  /// The length of an entry.
  @inlinable public static var byteCount: Int { 8 }

  /// Writes it over the 8 bytes at `start`.
  public func encode(into region: inout Region, at start: Int) {
    region.store(topic.rawValue, at: start)
    region.store(UInt16(0), at: start + 2)
    region.store(UInt32(batchBytes), at: start + 4)
  }
}

/// Walks the batches of a commit in place.
///
/// It relies on the commit's check for damage, and on nothing for its bounds.
public struct BatchReader: ~Escapable {
  /// A batch of a commit, and whose it is.
  public struct Element: ~Escapable {
    /// Its topic.
    public let topic: TopicID
    /// The batch; its own check has not been made (`RecordBatch.init(decoding:)` does).
    public let batch: RecordBatch

    @_lifetime(copy batch)
    init(topic: TopicID, batch: borrowing RecordBatch) {
      self.topic = topic
      self.batch = copy batch
    }
  }
  private var cursor: Cursor

  /// - Parameter body: a commit's bytes between its header and its padding.
  @_lifetime(copy body)
  public init(_ body: RawSpan) { cursor = Cursor(body) }

  /// Where the next entry begins, counted from the body's start.
  public var position: Int { cursor.position }

  /// The next batch, or `nil` behind the last.
  @_lifetime(copy self)
  public mutating func next() throws(RecordBatchFault) -> Element? {
    guard cursor.remaining > 0 else { return nil }
    guard cursor.remaining >= BatchEntry.byteCount, let number = cursor.integer(UInt16.self),
      let zero = cursor.integer(UInt16.self), let count = cursor.integer(UInt32.self)
    else { throw .tooShort(needed: BatchEntry.byteCount, found: cursor.remaining) }
    let topic = TopicID(rawValue: number)
    guard zero == 0 else { throw .entry(topic: topic, bytes: Int(count)) }
    guard let bytes = cursor.take(Int(count)) else { throw .tooShort(needed: Int(count), found: cursor.remaining) }
    let header = try RecordBatchHeader(decoding: bytes)
    guard header.batchBytes == bytes.byteCount else { throw .entry(topic: topic, bytes: bytes.byteCount) }
    return Element(topic: topic, batch: RecordBatch(header: header, bytes: bytes))
  }
}
