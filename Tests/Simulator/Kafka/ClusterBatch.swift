internal import Bytes
internal import Formats
internal import Kafka

/// A batch of records as a broker holds it: its bytes, read and patched field by field.
///
/// It is not `RecordBatchHeader` of Formats, which reads what the gateway writes: a broker must see the values of
/// batches that contradict themselves. Source: `org.apache.kafka.common.record.DefaultRecordBatch`.
struct ClusterBatch: Sendable {
  /// All of it; as long as a header at least.
  private(set) var bytes: [UInt8]

  /// One from bytes that hold a header.
  init(_ bytes: [UInt8]) {
    precondition(bytes.count >= Self.headerBytes, "a batch has a header")
    self.bytes = bytes
  }

  static var headerBytes: Int { 61 }
  /// Bytes before those that the length counts: base offset and length.
  static var overheadBytes: Int { 12 }
  private static var checkedFrom: Int { 21 }

  var baseOffset: Int64 {
    get { integer(at: 0) }
    set { store(newValue, at: 0) }
  }
  var leaderEpoch: Int32 {
    get { integer(at: 12) }
    set { store(newValue, at: 12) }
  }
  var checksum: UInt32 { integer(at: 17) }
  var attributes: UInt16 { integer(at: 21) }
  var lastOffsetDelta: Int32 { integer(at: 23) }
  var baseTimestampMs: Int64 { integer(at: 27) }
  var maxTimestampMs: Int64 { integer(at: 35) }
  var producerID: Int64 { integer(at: 43) }
  var producerEpoch: Int16 { integer(at: 51) }
  var baseSequence: Int32 { integer(at: 53) }
  var recordCount: Int32 { integer(at: 57) }
  var records: [UInt8] { Array(bytes[Self.headerBytes...]) }

  var lastOffset: Int64 { baseOffset &+ Int64(lastOffsetDelta) }
  var lastSequence: Int32 { Self.sequence(baseSequence, plus: lastOffsetDelta) }
  var codec: UInt8 { UInt8(attributes & 7) }
  var isLogAppendTime: Bool { attributes & 1 << 3 != 0 }
  var isTransactional: Bool { attributes & 1 << 4 != 0 }
  var isControl: Bool { attributes & 1 << 5 != 0 }
  var hasProducer: Bool { producerID > -1 }

  var computedChecksum: UInt32 {
    unsafe Checksum.crc32c(bytes.span.bytes.extracting(Self.checkedFrom..<bytes.count))
  }
  /// Sequences count records and start again at 0 behind 2³¹ - 1.
  static func sequence(_ sequence: Int32, plus count: Int32) -> Int32 {
    Int32(truncatingIfNeeded: (Int64(sequence) + Int64(count)) & 0x7FFF_FFFF)
  }

  /// Corrects the latest time, as a broker does for topics whose records keep their own, with what follows from it.
  mutating func keepTimestamps(maxMs: Int64) {
    guard isLogAppendTime || maxTimestampMs != maxMs else { return }
    // Bits that nobody knows go as well, since a broker puts the attributes together anew.
    store(attributes & 0b0111_0111, at: 21)
    store(maxMs, at: 35)
    store(computedChecksum, at: 17)
  }

  private func integer<T: FixedWidthInteger & BitwiseCopyable>(at place: Int) -> T {
    unsafe bytes.span.bytes.integer(T.self, at: place)
  }
  private mutating func store<T: FixedWidthInteger>(_ value: T, at place: Int) {
    for index in 0..<T.bitWidth / 8 {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> T(T.bitWidth - 8 - 8 * index))
    }
  }
}

/// Finds the batches in the bytes that a producer sent for a partition.
///
/// What is too short to be a batch ends the walk without a word. Source:
/// `org.apache.kafka.common.record.ByteBufferLogInputStream`.
struct BatchWalk {
  private let bytes: ArraySlice<UInt8>
  private var place: Int
  init(_ bytes: ArraySlice<UInt8>) { (self.bytes, place) = (bytes, bytes.startIndex) }

  /// The least that a batch of any format counts in its length.
  private static var lengthMin: Int32 { 14 }
  /// Bytes up to the format's number, and the number itself.
  private static var magicEnd: Int { 17 }

  /// Where the next batch lies, and the number of its format; `nil` behind the last.
  mutating func next() throws(ProduceFault) -> (range: Range<Int>, magic: UInt8)? {
    let remaining = bytes.endIndex - place
    guard remaining >= ClusterBatch.overheadBytes else { return nil }
    let length = bytes[place + 8..<place + 12].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    guard Int32(bitPattern: length) >= Self.lengthMin else {
      throw ProduceFault(.corruptMessage, "a batch of length \(Int32(bitPattern: length))")
    }
    guard remaining >= Self.magicEnd else { return nil }
    let magic = bytes[place + Self.magicEnd - 1]
    guard magic <= 2 else { throw ProduceFault(.corruptMessage, "format \(magic)") }
    let count = Int(length) + ClusterBatch.overheadBytes
    guard remaining >= count else { return nil }
    defer { place += count }
    return (place..<place + count, magic)
  }
}

/// Why a broker does not take a batch.
struct ProduceFault: Error {
  var error: KafkaError
  /// For whoever reads what a cluster remarked.
  var reason: String
  /// The records that are to blame, where a broker says so.
  var records: [ProducedRecordError] = []
  /// What the broker says, where it says anything.
  var message: String?
  init(_ error: KafkaError, _ reason: String) { (self.error, self.reason) = (error, reason) }
}
