internal import Bytes

/// One record, as a view of its batch's bytes.
public struct Record: ~Escapable {
  /// Its place in its partition.
  public let offset: UInt64
  /// Its time, in milliseconds since the Unix epoch.
  public let timestampMs: Int64
  /// Its key; empty when there is none.
  public let key: RawSpan
  /// Whether it has a key, which may be empty.
  public let hasKey: Bool
  /// Its value; empty when there is none.
  public let value: RawSpan
  /// Whether it has a value, which may be empty.
  ///
  /// Without one it is a tombstone.
  public let hasValue: Bool
  /// Its headers as they stand in the batch, their number first.
  public let headers: RawSpan

  @_lifetime(copy key, copy value, copy headers)
  init(
    offset: UInt64,
    timestampMs: Int64,
    key: RawSpan,
    hasKey: Bool,
    value: RawSpan,
    hasValue: Bool,
    headers: RawSpan
  ) {
    (self.offset, self.timestampMs) = (offset, timestampMs)
    self.key = key
    self.hasKey = hasKey
    self.value = value
    self.hasValue = hasValue
    self.headers = headers
  }

  /// Walks its headers.
  @_lifetime(copy self)
  public func headerReader() -> RecordHeaderReader { RecordHeaderReader(headers) }

  /// What the gateway says of it, or `nil` when it wasn't stamped.
  public func stamp() throws(StampFault) -> Stamp? {
    var reader = headerReader()
    while let header = reader.next() {
      guard header.hasValue, header.key.equals(Stamp.key) else { continue }
      return try Stamp(decoding: header.value)
    }
    return nil
  }
}

extension RawSpan {
  /// Whether it is this ASCII text.
  func equals(_ text: StaticString) -> Bool {
    guard byteCount == text.utf8CodeUnitCount else { return false }
    // SAFETY: a static string's bytes live as long as the process, and `byteCount` of them were just found to be there.
    return unsafe equals(RawSpan(_unsafeStart: text.utf8Start, byteCount: byteCount))
  }
}

/// Walks a batch's records, uncompressed, in place.
///
/// Strict: every bound is checked, and at the end the number of records
/// and bytes must be what the header says.
public struct RecordReader: ~Escapable {
  private let header: RecordBatchHeader
  private var cursor: Cursor
  private var index = 0
  private var lastDelta: Int64 = -1

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, of header: RecordBatchHeader) {
    self.header = header
    cursor = Cursor(bytes)
  }

  /// The next record, or `nil` behind the last.
  ///
  /// After a fault there is nothing more to be had.
  @_lifetime(copy self)
  public mutating func next() throws(RecordBatchFault) -> Record? {
    guard index < Int(header.recordCount) else {
      guard cursor.remaining == 0 else { throw .trailing(bytes: cursor.remaining) }
      return nil
    }
    guard let length = cursor.varint(), length >= 0, length <= Int64(cursor.remaining),
      let body = cursor.take(Int(length))
    else { throw .record(index: index, .length) }
    return try read(body)
  }

  @_lifetime(copy self, copy body)
  private mutating func read(_ body: RawSpan) throws(RecordBatchFault) -> Record {
    var part = Cursor(body)
    guard part.integer(UInt8.self) == 0 else { throw .record(index: index, .attributes) }
    guard let timestampDelta = part.varint() else { throw .record(index: index, .timestamp) }
    let (timestampMs, overflow) = header.baseTimestampMs.addingReportingOverflow(timestampDelta)
    guard !overflow else { throw .record(index: index, .timestamp) }
    guard let delta = part.varint(), delta > lastDelta, delta <= Int64(header.lastOffsetDelta) else {
      throw .record(index: index, .offset)
    }
    guard let keyLength = part.varint(), keyLength >= -1, keyLength <= Int64(part.remaining),
      let key = part.take(Int(max(keyLength, 0)))
    else { throw .record(index: index, .key) }
    guard let valueLength = part.varint(), valueLength >= -1, valueLength <= Int64(part.remaining),
      let value = part.take(Int(max(valueLength, 0)))
    else { throw .record(index: index, .value) }
    let headers = body.extracting(part.position..<body.byteCount)
    var headerReader = RecordHeaderReader(headers)
    while headerReader.next() != nil {}
    guard !headerReader.isFaulty else { throw .record(index: index, .headers) }
    guard headerReader.remaining == 0 else { throw .record(index: index, .trailing) }
    lastDelta = delta
    index += 1
    return Record(
      offset: header.baseOffset + UInt64(delta),
      timestampMs: timestampMs,
      key: key,
      hasKey: keyLength >= 0,
      value: value,
      hasValue: valueLength >= 0,
      headers: headers
    )
  }
}

/// One header of a record, as a view.
public struct RecordHeader: ~Escapable {
  /// Its key.
  public let key: RawSpan
  /// Its value; empty when there is none.
  public let value: RawSpan
  /// Whether it has a value, which may be empty.
  public let hasValue: Bool

  @_lifetime(copy key, copy value)
  init(key: RawSpan, value: RawSpan, hasValue: Bool) {
    self.key = key
    self.value = value
    self.hasValue = hasValue
  }
}

/// Walks a record's headers in place.
///
/// A record that came out of a `RecordReader` has sound ones.
public struct RecordHeaderReader: ~Escapable {
  private var cursor: Cursor
  private var left: Int64
  /// Whether the bytes were no headers.
  public private(set) var isFaulty: Bool

  /// - Parameter headers: the number of headers, then the headers.
  @_lifetime(copy headers)
  public init(_ headers: RawSpan) {
    cursor = Cursor(headers)
    let count = cursor.varint() ?? -1
    // Two bytes is the shortest header: a larger number is a lie, and would let a few bytes cost many steps.
    isFaulty = count < 0 || count > Int64(headers.byteCount / 2)
    left = isFaulty ? 0 : count
  }

  /// Bytes behind the headers read so far.
  public var remaining: Int { cursor.remaining }
  /// How many headers are still to come.
  public var count: Int { Int(left) }

  /// The next header, or `nil` behind the last one or at a fault.
  @_lifetime(copy self)
  public mutating func next() -> RecordHeader? {
    guard left > 0 else { return nil }
    left -= 1
    guard let keyLength = cursor.varint(), keyLength >= 0, keyLength <= Int64(cursor.remaining),
      let key = cursor.take(Int(keyLength)), let valueLength = cursor.varint(), valueLength >= -1,
      valueLength <= Int64(cursor.remaining), let value = cursor.take(Int(max(valueLength, 0)))
    else {
      (left, isFaulty) = (0, true)
      return nil
    }
    return RecordHeader(key: key, value: value, hasValue: valueLength >= 0)
  }
}
