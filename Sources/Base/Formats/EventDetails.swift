public import Bytes
public import Events

/// What is said of an event besides its origin, key and payload, packed, so that the many of which nothing more is
/// said pay for one empty view.
///
///     i64 time | u8 flags | u8 headers | u16 bytes of headers | u32 content's start | u32 its bytes | headers
///     | the schema's name
///
/// The headers are those of the event's record behind the stamp, as they stand in a batch. In memory only, big-endian.
public struct EventDetails: Equatable, Sendable {
  /// When it happened, as its sender says: UTC nanoseconds since the Unix epoch; `nil` when nothing is said, or a time
  /// that those can't hold.
  public var timeNs: Int64?
  /// Where in its payload the part is that its schema is about: the data of an envelope, empty when that has none;
  /// `nil` for all of it.
  public var content: Range<Int>?
  /// How many headers there are: 62 at the most.
  public var headerCount: Int
  /// How many bytes those have.
  public var headerBytes: Int

  /// What stands before headers and schema.
  public init(timeNs: Int64? = nil, content: Range<Int>? = nil, headerCount: Int = 0, headerBytes: Int = 0) {
    (self.timeNs, self.content) = (timeNs, content)
    (self.headerCount, self.headerBytes) = (headerCount, headerBytes)
  }

  /// Reads what stands before headers and schema.
  public init(reading details: RawSpan) {
    let flags = details.byte(8)
    timeNs = flags & 1 == 0 ? nil : details.integer(Int64.self, at: 0)
    let start = Int(details.integer(UInt32.self, at: 12))
    content = flags & 2 == 0 ? nil : start..<start + Int(details.integer(UInt32.self, at: 16))
    headerCount = Int(details.byte(9))
    headerBytes = Int(details.integer(UInt16.self, at: 10))
  }

  /// Bytes before the headers.
  public static var headBytes: Int { 20 }

  /// Writes what stands before headers and schema over the first bytes of `region`.
  public func store(in region: inout Region) {
    require(headerCount <= Record.moreHeadersMax && headerBytes <= UInt16.max, "headers are bounded")
    region.store(timeNs ?? 0, at: 0)
    region.store(UInt8((timeNs == nil ? 0 : 1) | (content == nil ? 0 : 2)), at: 8)
    region.store(UInt8(headerCount), at: 9)
    region.store(UInt16(headerBytes), at: 10)
    region.store(UInt32(content?.lowerBound ?? 0), at: 12)
    region.store(UInt32(content?.count ?? 0), at: 16)
  }
}

extension Event {
  /// How many headers its record has behind the stamp.
  public var headerCount: Int { details.byteCount == 0 ? 0 : Int(details.byte(9)) }
  /// The headers of its record behind the stamp, as they stand in a batch.
  public var headers: RawSpan {
    @_lifetime(copy self) get {
      details.byteCount == 0 ? details : details.extracting(EventDetails.headBytes..<headersEnd)
    }
  }
  /// What its sender says of its schema: a version's number in decimal, or a URI, such as CloudEvents' `dataschema`;
  /// empty when nothing.
  public var schemaName: RawSpan {
    @_lifetime(copy self) get { details.byteCount == 0 ? details : details.extracting(headersEnd..<details.byteCount) }
  }
  /// When it happened, as its sender says: UTC nanoseconds since the Unix epoch; `nil` when nothing is said, or a time
  /// that those can't hold.
  public var timeNs: Int64? {
    details.byteCount == 0 || details.byte(8) & 1 == 0 ? nil : details.integer(Int64.self, at: 0)
  }
  /// The part of its payload that its schema is about.
  public var content: RawSpan { @_lifetime(copy self) get { payload.extracting(contentRange) } }
  /// Where that stands in its payload.
  public var contentRange: Range<Int> {
    guard details.byteCount > 0, details.byte(8) & 2 != 0 else { return 0..<payload.byteCount }
    let start = Int(details.integer(UInt32.self, at: 12))
    return start..<start + Int(details.integer(UInt32.self, at: 16))
  }
  private var headersEnd: Int { EventDetails.headBytes + Int(details.integer(UInt16.self, at: 10)) }
}
