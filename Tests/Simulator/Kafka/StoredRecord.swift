internal import Bytes

/// A record of a cluster's log, for whoever checks what arrived.
public struct StoredRecord: Hashable, Sendable {
  /// A header of a record.
  public struct Header: Hashable, Sendable {
    /// Its name.
    public var key: [UInt8]
    /// Its value.
    public var value: [UInt8]?
    /// One of both.
    public init(key: [UInt8], value: [UInt8]?) { (self.key, self.value) = (key, value) }
  }
  /// Its place in its partition.
  public var offset: Int64
  /// Its time, in milliseconds since the Unix epoch.
  public var timestampMs: Int64
  /// Its key.
  public var key: [UInt8]?
  /// Its value.
  public var value: [UInt8]?
  /// Its headers, in their order.
  public var headers: [Header]
}

/// Reads the records of a batch, decompressed where they were compressed.
///
/// Source: `org.apache.kafka.common.record.DefaultRecord`, `readFrom`.
struct RecordWalk: ~Escapable {
  /// Why records are none.
  enum Fault: Error {
    /// A contradiction that a broker expects: the batch is invalid.
    case invalid(String)
    /// One that it does not expect, and calls an error of its own.
    case unexpected(String)
  }
  private var cursor: Cursor

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { cursor = Cursor(bytes) }

  /// Whether bytes are left.
  var hasMore: Bool { cursor.remaining > 0 }

  /// The next record, with its distance from the batch's first offset as its offset, and from its time as its time.
  @_lifetime(self: copy self)
  mutating func next() throws(Fault) -> StoredRecord {
    guard hasMore else { throw .invalid("fewer records than its header says") }
    let length = try varint(5) { .unexpected($0) }
    guard length <= Int64(cursor.remaining), length >= 0 else { throw .invalid("a record of \(length) bytes") }
    let end = cursor.position + Int(length)
    _ = try byte()
    let timestamp = try varint(10) { .invalid($0) }
    let offset = try varint(5) { .invalid($0) }
    let (key, value) = (try bytes(), try bytes())
    let count = try varint(5) { .invalid($0) }
    guard count >= 0, count <= Int64(cursor.remaining) else { throw .invalid("\(count) headers") }
    var headers: [StoredRecord.Header] = []
    for _ in 0..<count {
      guard let name = try bytes() else { throw .invalid("a header without a name") }
      headers.append(StoredRecord.Header(key: name, value: try bytes()))
    }
    guard cursor.position == end else { throw .invalid("a record of another length than it says") }
    return StoredRecord(offset: offset, timestampMs: timestamp, key: key, value: value, headers: headers)
  }

  @_lifetime(self: copy self)
  private mutating func byte() throws(Fault) -> UInt8 {
    guard let byte = cursor.integer(UInt8.self) else { throw .invalid("a cut record") }
    return byte
  }
  /// A number of so many bytes at most.
  @_lifetime(self: copy self)
  private mutating func varint(_ bytesMax: Int, tooLong: (String) -> Fault) throws(Fault) -> Int64 {
    var value: UInt64 = 0
    for index in 0..<bytesMax {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << UInt64(7 * index)
      if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
    }
    throw tooLong("a number of more than \(bytesMax) bytes")
  }
  @_lifetime(self: copy self)
  private mutating func bytes() throws(Fault) -> [UInt8]? {
    let count = try varint(5) { .invalid($0) }
    guard count >= 0 else { return nil }
    guard count <= Int64(cursor.remaining), let taken = cursor.take(Int(count)) else { throw .invalid("a cut record") }
    var copy: [UInt8] = []
    copy.reserveCapacity(Int(count))
    unsafe taken.withUnsafeBytes { unsafe copy.append(contentsOf: $0) }
    return copy
  }
}
