public import Bytes
internal import Events

/// A batch of records in the format of Kafka's logs, version 2, as a view of bytes that somebody else holds.
public struct RecordBatch: ~Escapable {
  /// Its header.
  public let header: RecordBatchHeader
  /// All of it, header included, and nothing behind it.
  public let bytes: RawSpan

  /// Reads and validates the batch at the start of `bytes`, its check included.
  ///
  /// More may follow it.
  @_lifetime(copy bytes)
  public init(decoding bytes: RawSpan) throws(RecordBatchFault) {
    let header = try RecordBatchHeader(decoding: bytes)
    let whole = bytes.extracting(0..<header.batchBytes)
    let computed = Checksum.crc32c(whole.extracting(RecordBatchHeader.checkedFrom..<whole.byteCount))
    guard computed == header.checksum else { throw .checksum(stored: header.checksum, computed: computed) }
    self.header = header
    self.bytes = whole
  }
  /// A batch whose check somebody else has made, as a commit's does.
  @_lifetime(copy bytes)
  init(header: RecordBatchHeader, bytes: RawSpan) {
    (self.header, self.bytes) = (header, bytes)
  }

  /// Its records as they are stored, compressed or not.
  public var stored: RawSpan {
    @_lifetime(copy self)
    get { bytes.extracting(RecordBatchHeader.byteCount..<bytes.byteCount) }
  }

  /// Walks the records of an uncompressed batch, in place.
  ///
  /// Throws: `unsupported` for a compressed one, whose records `inflate` puts into a buffer first.
  @_lifetime(copy self)
  public func records() throws(RecordBatchFault) -> RecordReader {
    guard header.attributes.compression.codec == Codec.none else { throw .unsupported(header.attributes.compression) }
    return RecordReader(stored, of: header)
  }

  /// Walks the records of a batch of either codec; those that are compressed are decompressed into `buffer`, which is
  /// emptied first and bounds them.
  @_lifetime(copy self, &buffer)
  public func records(
    through decompressor: inout LZ4Decompressor,
    into buffer: inout Region
  ) throws(RecordBatchFault) -> RecordReader {
    switch header.attributes.compression.codec {
    case .some(.none): return RecordReader(stored, of: header)
    case .lz4:
      buffer.count = 0
      do throws(LZ4Fault) { try decompressor.decompress(stored, into: &buffer) } catch { throw .compressed(error) }
      return RecordReader(buffer.bytes, of: header)
    case nil: throw .unsupported(header.attributes.compression)
    }
  }
}
