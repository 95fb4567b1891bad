public import Bytes
public import Events

/// The 61 bytes in front of a batch's records, big-endian.
///
///      0 i64 base offset       21 i16 attributes          43 i64 producer id
///      8 i32 length from 12    23 i32 last offset delta   51 i16 producer epoch
///     12 i32 leader epoch      27 i64 base timestamp      53 i32 base sequence
///     16 u8  magic = 2         35 i64 max timestamp       57 i32 records
///     17 u32 CRC-32C of 21…end                            61 records
///
/// What stands before the attributes isn't covered by the check, so a log may number a batch without touching it.
/// Source: Kafka documentation, "Message Format", "Record Batch".
public struct RecordBatchHeader: Hashable, Sendable {
  /// The offset of the record with delta 0.
  public var baseOffset: UInt64
  /// Bytes from the leader epoch to the end; the whole batch has 12 more.
  public var length: Int
  /// Which leader of a partition wrote it; -1 when nobody says.
  public var partitionLeaderEpoch: Int32 = -1
  /// The check of everything from the attributes to the end.
  public var checksum: UInt32 = 0
  /// Codec and kind.
  public var attributes: RecordBatchAttributes
  /// The delta of the last record's offset.
  public var lastOffsetDelta: Int32
  /// The time of the record with delta 0, in milliseconds since the Unix epoch.
  public var baseTimestampMs: Int64
  /// The latest time of any record, in milliseconds since the Unix epoch.
  public var maxTimestampMs: Int64
  /// Who produced it with idempotence; -1 for nobody.
  public var producerID: Int64 = -1
  /// The producer's epoch; -1 for none.
  public var producerEpoch: Int16 = -1
  /// The producer's number of the first record; -1 for none.
  public var baseSequence: Int32 = -1
  /// How many records there are.
  public var recordCount: Int32

  /// A batch without a producer id.
  ///
  /// Length and check are filled in by `encode`.
  public init(
    baseOffset: UInt64,
    attributes: RecordBatchAttributes,
    lastOffsetDelta: Int32,
    baseTimestampMs: Int64,
    maxTimestampMs: Int64,
    recordCount: Int32
  ) {
    (self.baseOffset, self.attributes, self.lastOffsetDelta) = (baseOffset, attributes, lastOffsetDelta)
    (self.baseTimestampMs, self.maxTimestampMs, self.recordCount) = (baseTimestampMs, maxTimestampMs, recordCount)
    length = 0
  }

  /// The length of a header.
  @inlinable public static var byteCount: Int { 61 }
  /// The only format there is.
  @inlinable public static var magic: UInt8 { 2 }
  /// Where the checked bytes begin.
  @inlinable public static var checkedFrom: Int { 21 }

  /// The length of the whole batch.
  public var batchBytes: Int { length + 12 }
  /// The offset of its last record.
  public var lastOffset: UInt64 { baseOffset + UInt64(lastOffsetDelta) }

  /// Reads and validates the header at the start of `bytes`, all but the check.
  ///
  /// More may follow the batch.
  ///
  /// Throws: when the batch isn't there as a whole, or contradicts itself.
  public init(decoding bytes: RawSpan) throws(RecordBatchFault) {
    guard bytes.byteCount >= RecordBatchHeader.byteCount else {
      throw .tooShort(needed: RecordBatchHeader.byteCount, found: bytes.byteCount)
    }
    guard bytes.byte(16) == RecordBatchHeader.magic else { throw .magic(bytes.byte(16)) }
    length = Int(bytes.integer(Int32.self, at: 8))
    guard length >= RecordBatchHeader.byteCount - 12 else { throw .length(length) }
    guard bytes.byteCount >= length + 12 else { throw .tooShort(needed: length + 12, found: bytes.byteCount) }
    let base = bytes.integer(Int64.self, at: 0)
    guard base >= 0 else { throw .baseOffset(base) }
    baseOffset = UInt64(base)
    partitionLeaderEpoch = bytes.integer(Int32.self, at: 12)
    checksum = bytes.integer(UInt32.self, at: 17)
    attributes = RecordBatchAttributes(rawValue: bytes.integer(UInt16.self, at: 21))
    lastOffsetDelta = bytes.integer(Int32.self, at: 23)
    baseTimestampMs = bytes.integer(Int64.self, at: 27)
    maxTimestampMs = bytes.integer(Int64.self, at: 35)
    producerID = bytes.integer(Int64.self, at: 43)
    producerEpoch = bytes.integer(Int16.self, at: 51)
    baseSequence = bytes.integer(Int32.self, at: 53)
    recordCount = bytes.integer(Int32.self, at: 57)
    // A compacted batch has fewer records than offsets, never more.
    guard recordCount >= 1, lastOffsetDelta >= 0, recordCount - 1 <= lastOffsetDelta,
      base <= Int64.max - Int64(lastOffsetDelta)
    else { throw .counts(records: recordCount, lastOffsetDelta: lastOffsetDelta) }
  }

  /// Writes the header over the 61 bytes at `start`, completed by the length and the check of the records that lie
  /// between it and the end of what is filled.
  public func encode(into region: inout Region, at start: Int) {
    require(start >= 0 && region.count - start >= RecordBatchHeader.byteCount, "a batch's header has its place")
    let length = region.count - start - 12
    require(length <= Int(Int32.max), "a batch's length fits its field")
    require(recordCount >= 1 && recordCount - 1 <= lastOffsetDelta, "a batch's counts agree")
    region.store(baseOffset, at: start)
    region.store(Int32(length), at: start + 8)
    region.store(partitionLeaderEpoch, at: start + 12)
    region.store(RecordBatchHeader.magic, at: start + 16)
    region.store(attributes.rawValue, at: start + 21)
    region.store(lastOffsetDelta, at: start + 23)
    region.store(baseTimestampMs, at: start + 27)
    region.store(maxTimestampMs, at: start + 35)
    region.store(producerID, at: start + 43)
    region.store(producerEpoch, at: start + 51)
    region.store(baseSequence, at: start + 53)
    region.store(recordCount, at: start + 57)
    let checksum = Checksum.crc32c(region.bytes.extracting((start + RecordBatchHeader.checkedFrom)..<region.count))
    region.store(checksum, at: start + 17)
  }
}

/// Codec and kind of a batch.
///
/// Bits: 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon.
public struct RecordBatchAttributes: RawRepresentable, Hashable, Sendable {
  /// The field itself.
  public var rawValue: UInt16
  /// From the field.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// An ordinary batch of a codec.
  public init(codec: Codec) { rawValue = UInt16(codec.rawValue) }

  /// How its records are compressed.
  public var compression: RecordCompression { RecordCompression(rawValue: UInt8(rawValue & 7)) }
  /// Whether the log has set the times of its records when it took them.
  public var isLogAppendTime: Bool { rawValue & 1 << 3 != 0 }
  /// Whether it belongs to a transaction.
  public var isTransactional: Bool { rawValue & 1 << 4 != 0 }
  /// Whether it holds markers instead of records.
  public var isControl: Bool { rawValue & 1 << 5 != 0 }
}

/// How a batch's records are compressed, as far as the format knows.
public struct RecordCompression: RawRepresentable, Hashable, Sendable {
  /// The three bits.
  public let rawValue: UInt8
  /// From the three bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The codec, where it is one that is read and written here.
  public var codec: Codec? { Codec(rawValue: rawValue) }
  /// What the format calls it.
  public var name: StaticString {
    switch rawValue {
    case 0: "none"
    case 1: "gzip"
    case 2: "snappy"
    case 3: "lz4"
    case 4: "zstd"
    default: "unknown"
    }
  }
}

/// Why a batch, or a record in it, can't be read.
public enum RecordBatchFault: Error, Hashable, Sendable {
  /// It is cut.
  case tooShort(needed: Int, found: Int)
  /// Another format.
  case magic(UInt8)
  /// A length that no batch has.
  case length(Int)
  /// A negative offset.
  case baseOffset(Int64)
  /// The bytes aren't those that were written.
  case checksum(stored: UInt32, computed: UInt32)
  /// More records than offsets, or none.
  case counts(records: Int32, lastOffsetDelta: Int32)
  /// Compressed in a way that isn't read here; `name` says which.
  case unsupported(RecordCompression)
  /// The compressed records aren't what their codec says.
  case compressed(LZ4Fault)
  /// A record contradicts itself or its batch.
  case record(index: Int, RecordFault)
  /// Bytes behind the last record.
  case trailing(bytes: Int)
  /// The entry in front of a batch in a commit contradicts it.
  case entry(topic: TopicID, bytes: Int)
}

/// Which part of a record is wrong.
public enum RecordFault: UInt8, Hashable, Sendable {
  /// It is cut, or its length is no length.
  case length
  /// Attributes other than zero.
  case attributes
  /// A time that is no number, or out of range.
  case timestamp
  /// An offset that is no number, doesn't grow or lies behind the batch's last.
  case offset
  /// A key that is cut.
  case key
  /// A value that is cut.
  case value
  /// Headers that are cut, or whose number is none.
  case headers
  /// Bytes behind its headers.
  case trailing
}
