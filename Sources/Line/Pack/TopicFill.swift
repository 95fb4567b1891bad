internal import Bytes
internal import Events
internal import Formats

/// The lengths of a record that is about to be written.
@usableFromInline struct Shape {
  /// Its value's; `nil` when it has a key.
  var valueBytes: Int?
  /// Its stamp's.
  var stampBytes: Int
  /// The most it takes.
  var bound: Int
  @usableFromInline init(valueBytes: Int?, stampBytes: Int, bound: Int) {
    (self.valueBytes, self.stampBytes, self.bound) = (valueBytes, stampBytes, bound)
  }
}

/// Records of one topic that follow one another.
struct Run {
  var start = 0
  var end = 0
  /// The topic's next run.
  var next = Run.none
  static var none: Int { -1 }
}

/// What is known of one topic's part of the open commit.
struct TopicFill {
  var isKnown = false
  var codec = Codec.none
  /// The commit all that follows belongs to.
  var commit: UInt64 = 0
  var baseOffset: UInt64 = 0
  /// Behind its closed runs.
  var nextOffset: UInt64 = 0
  var baseTimestampMs: Int64 = 0
  var minTimestampMs: Int64 = 0
  var maxTimestampMs: Int64 = 0
  /// In closed runs.
  var bytes = 0
  var firstRun = Run.none
  var lastRun = Run.none

  mutating func begin(commit: UInt64, offset: UInt64, timestampMs: Int64) {
    self.commit = commit
    (baseOffset, nextOffset, bytes) = (offset, offset, 0)
    (baseTimestampMs, minTimestampMs, maxTimestampMs) = (timestampMs, timestampMs, timestampMs)
    (firstRun, lastRun) = (Run.none, Run.none)
  }

  /// Writes entry and header in front of the records that end where `region` does.
  func complete(_ topic: TopicID, codec: Codec, in region: inout Region, at start: Int) {
    let count = Int32(nextOffset - baseOffset)
    let header = RecordBatchHeader(
      baseOffset: baseOffset,
      attributes: RecordBatchAttributes(codec: codec),
      lastOffsetDelta: count - 1,
      baseTimestampMs: baseTimestampMs,
      maxTimestampMs: maxTimestampMs,
      recordCount: count
    )
    let batchStart = start + BatchEntry.byteCount
    header.encode(into: &region, at: batchStart)
    BatchEntry(topic: topic, batchBytes: region.count - batchStart).encode(into: &region, at: start)
  }
}
