public import Bytes
internal import Formats

/// A produce request with its one batch, ready to go out, as often as it takes.
///
/// Sent again it is the same bytes but for the correlation, which is the connection's. Only another epoch gives it
/// another header, and only when it is known that none of it is on its way.
public struct SealedBatch: ~Copyable {
  /// Away while it is sent.
  private var region: Region?
  private var header: RecordBatchHeader
  /// Where the batch stands.
  private let batch: Range<Int>

  init(_ region: consuming Region, from start: Int, _ header: RecordBatchHeader, _ frame: ProduceFrame) {
    require(start == frame.headBytes, "a batch leaves the room that its request takes")
    var region = region
    header.encode(into: &region, at: start)
    let batchBytes = region.count - start
    frame.wrap(&region)
    let end = region.count - frame.tailBytes
    (batch, self.header) = (end - batchBytes..<end, header)
    self.region = consume region
  }

  /// How many records it has.
  public var records: Int32 { header.recordCount }
  /// How many bytes the batch has, without the request.
  public var batchBytes: Int { batch.count }
  /// Where in the request the batch stands.
  public var batchRange: Range<Int> { batch }

  /// Hands the request out to be sent, with the number that it has on its connection.
  public mutating func take(_ correlation: Int32) -> Region {
    guard var region = region.take() else { broken("a batch is sent once at a time") }
    ProduceFrame.number(&region, correlation: correlation)
    return region
  }
  /// Takes it back.
  public mutating func put(_ region: consuming Region) { self.region = consume region }
  /// Gives it to another life of its producer.
  ///
  /// Cost: the check of all of its bytes.
  public mutating func renew(_ producer: ProducerIdentity, sequence: Int32) {
    guard var region = region.take() else { broken("a batch that is on its way stays as it is") }
    (header.producerID, header.producerEpoch, header.baseSequence) = (producer.id, producer.epoch, sequence)
    let whole = region.count
    region.count = batch.upperBound
    header.encode(into: &region, at: batch.lowerBound)
    region.count = whole
    self.region = consume region
  }

  /// The same batch with another request around it, in another region.
  ///
  /// - Returns: it, and the region that it was in.
  consuming func wrapped(_ frame: ProduceFrame, into spare: consuming Region) -> ClusterBatch.Compressed {
    guard let region = region.take() else { broken("a batch that is on its way stays as it is") }
    var moved = spare
    moved.count = frame.headBytes
    Self.copy(region, batch, into: &moved)
    return ClusterBatch.Compressed(batch: SealedBatch(moved, from: frame.headBytes, header, frame), spare: region)
  }
  private static func copy(_ region: borrowing Region, _ range: Range<Int>, into other: inout Region) {
    other.append(region.bytes.extracting(range))
  }
  /// Gives its memory back.
  consuming func release() -> Region {
    guard let region = region.take() else { broken("a batch that is on its way stays as it is") }
    return region
  }
}
