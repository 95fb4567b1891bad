public import Bytes
public import Events

/// What is said of an event besides its origin, key and payload, packed, so that the many of which nothing more is
/// said pay for one empty view.
///
///     i64 time | u8 whether it has one | u8 headers | u16 bytes of headers | headers | the schema's name
///
/// The headers are those of the event's record behind the stamp, as they stand in a batch. In memory only, big-endian.
public struct EventDetails: Equatable, Sendable {
  /// When it happened, as its sender says: UTC nanoseconds since the Unix epoch; `nil` when nothing is said, or a time
  /// that those can't hold.
  public var timeNs: Int64?
  /// How many headers there are: 62 at the most.
  public var headerCount: Int
  /// How many bytes those have.
  public var headerBytes: Int

  /// What stands before headers and schema.
  public init(timeNs: Int64? = nil, headerCount: Int = 0, headerBytes: Int = 0) {
    (self.timeNs, self.headerCount, self.headerBytes) = (timeNs, headerCount, headerBytes)
  }

  /// Bytes before the headers.
  public static var headBytes: Int { 12 }

  /// Writes what stands before headers and schema over the first bytes of `region`.
  public func store(in region: inout Region) {
    require(headerCount <= Record.moreHeadersMax && headerBytes <= UInt16.max, "headers are bounded")
    region.store(timeNs ?? 0, at: 0)
    region.store(UInt8(timeNs == nil ? 0 : 1), at: 8)
    region.store(UInt8(headerCount), at: 9)
    region.store(UInt16(headerBytes), at: 10)
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
    details.byteCount == 0 || details.byte(8) == 0 ? nil : details.integer(Int64.self, at: 0)
  }
  private var headersEnd: Int { EventDetails.headBytes + Int(details.integer(UInt16.self, at: 10)) }
}
