internal import Bytes
public import Events
public import Formats
public import Store

/// One event as a reader of a lane finds it.
public struct LoggedEvent: Hashable, Sendable {
  /// The lane it stands in.
  public let lane: LaneID
  /// Its topic.
  public let topic: TopicID
  /// Its place in its topic's partition.
  public let offset: UInt64
  /// Its key; `nil` when it has none.
  public let key: [UInt8]?
  /// Its bytes.
  public let value: [UInt8]
}

/// Takes the events out of commits, as every reader of the log does.
public struct CommitWalk: ~Copyable {
  private var decompressor = LZ4Decompressor()
  private var scratch: Region

  /// Makes room for the records of one batch, decompressed.
  public init(scratchBytes: Int) { scratch = Region(id: RegionID(rawValue: 0), byteCount: scratchBytes) }

  /// Gives every event of a commit to `each`, in order; a commit without records has none.
  ///
  /// - Throws: what is wrong with a batch; events before it have been given.
  public mutating func events(
    of found: borrowing LaneReader.Found,
    in lane: LaneID,
    each: (LoggedEvent) -> Void
  ) throws(RecordBatchFault) {
    try Self.walk(found, lane, &decompressor, &scratch, each)
  }

  // A static function: a batch holds on to one field while its records are read through the other.
  private static func walk(
    _ found: borrowing LaneReader.Found,
    _ lane: LaneID,
    _ decompressor: inout LZ4Decompressor,
    _ scratch: inout Region,
    _ each: (LoggedEvent) -> Void
  ) throws(RecordBatchFault) {
    guard found.header.kind == .records else { return }
    var batches = BatchReader(found.bytes.extracting(CommitHeader.byteCount..<found.header.bytesUsed))
    while let element = try batches.next() {
      var records = try element.batch.records(through: &decompressor, into: &scratch)
      while let record = try records.next() {
        each(
          LoggedEvent(
            lane: lane,
            topic: element.topic,
            offset: record.offset,
            key: record.hasKey ? array(record.key) : nil,
            value: array(record.value)
          )
        )
      }
    }
  }
}

/// A copy of bytes that somebody else holds.
private func array(_ bytes: RawSpan) -> [UInt8] {
  // SAFETY: a copy of initialised bytes.
  unsafe bytes.withUnsafeBytes { unsafe Array($0) }
}
