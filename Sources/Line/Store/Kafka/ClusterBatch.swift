public import Bytes
internal import Events
public import Formats

/// A batch for one partition of a cluster while it is gathered.
///
///     room for a request's head │ batch header │ record │ record │ …
///
/// It differs from the lane's: its deltas begin anew, its producer and sequence stand under the check, and it is alone
/// in its request. Records are written once; LZ4 writes them once more.
public struct ClusterBatch: ~Copyable {
  private var region: Region
  private let start: Int
  private let bytesMax: Int
  private var baseTimestampMs: Int64 = 0
  private var maxTimestampMs: Int64 = 0
  /// How many records it has.
  public private(set) var count: Int32 = 0

  /// An empty one.
  ///
  /// - Parameters:
  ///   - region: where it is gathered.
  ///   - headBytes: what stays free at its front for the request.
  ///   - tailBytes: what stays free at its end for it.
  ///   - bytesMax: the largest batch that the topic takes, before it is compressed.
  public init(filling region: consuming Region, headBytes: Int, tailBytes: Int, bytesMax: Int) {
    require(region.byteCount >= headBytes + RecordBatchHeader.byteCount + tailBytes, "a region holds a batch")
    self.region = region
    start = headBytes
    self.bytesMax = min(bytesMax, self.region.byteCount - headBytes - tailBytes)
    self.region.count = start + RecordBatchHeader.byteCount
  }

  /// How many bytes it has, uncompressed.
  public var byteCount: Int { region.count - start }

  /// Adds a record, its headers as they stand in another batch, their number first.
  ///
  /// - Returns: whether it fits; a first one that does not is too large for the cluster.
  public mutating func append(_ record: borrowing Record) -> Bool {
    if count == 0 { (baseTimestampMs, maxTimestampMs) = (record.timestampMs, record.timestampMs) }
    let (delta, isFar) = record.timestampMs.subtractingReportingOverflow(baseTimestampMs)
    guard !isFar, count < .max else { return false }
    let before = region.count
    let isWritten = region.append(
      record: delta,
      offsetDelta: count,
      key: record.key,
      hasKey: record.hasKey,
      value: record.value,
      hasValue: record.hasValue,
      headers: record.headers
    )
    guard isWritten, byteCount <= bytesMax else {
      region.count = before
      return false
    }
    maxTimestampMs = max(maxTimestampMs, record.timestampMs)
    count += 1
    return true
  }

  /// Ends it: writes its header, and the request around it.
  ///
  /// - Parameters:
  ///   - frame: the request's.
  ///   - producer: whose it is.
  ///   - sequence: the number of its first record.
  /// - Returns: the request.
  public consuming func seal(_ frame: ProduceFrame, as producer: ProducerIdentity, sequence: Int32) -> SealedBatch {
    let header = header(.none, producer, sequence)
    return SealedBatch(region, from: start, header, frame)
  }
  /// Ends it with its records compressed into another region.
  ///
  /// Where LZ4 does not make them smaller they stay as they are.
  /// - Parameters:
  ///   - frame: the request's.
  ///   - producer: whose it is.
  ///   - sequence: the number of its first record.
  ///   - compressor: what compresses.
  ///   - spare: the other region, of the same size.
  /// - Returns: the request, and the region that is free now.
  public consuming func seal(
    _ frame: ProduceFrame,
    as producer: ProducerIdentity,
    sequence: Int32,
    through compressor: inout LZ4Compressor,
    into spare: consuming Region
  ) -> Compressed {
    var packed = spare
    packed.count = start + RecordBatchHeader.byteCount
    let records = packed.count..<region.count
    let isPacked =
      compressor.begin(in: &packed, bytesMax: records.count) && compressor.append(records, of: region, into: &packed)
      && compressor.end(in: &packed)
    guard isPacked, packed.count < region.count else {
      let header = header(.none, producer, sequence)
      return Compressed(batch: SealedBatch(region, from: start, header, frame), spare: packed)
    }
    let header = header(.lz4, producer, sequence)
    return Compressed(batch: SealedBatch(packed, from: start, header, frame), spare: region)
  }
  /// A compressed batch, and the region that it does not need.
  @frozen public struct Compressed: ~Copyable {
    /// The request.
    public var batch: SealedBatch
    /// What is free now.
    public var spare: Region
  }
  /// Gives its memory back.
  consuming func release() -> Region { region }
  private func header(_ codec: Codec, _ producer: ProducerIdentity, _ sequence: Int32) -> RecordBatchHeader {
    require(count > 0, "a batch has records")
    var header = RecordBatchHeader(
      baseOffset: 0,
      attributes: RecordBatchAttributes(codec: codec),
      lastOffsetDelta: count - 1,
      baseTimestampMs: baseTimestampMs,
      maxTimestampMs: maxTimestampMs,
      recordCount: count
    )
    (header.producerID, header.producerEpoch, header.baseSequence) = (producer.id, producer.epoch, sequence)
    return header
  }
}
