public import Bytes
public import Events

/// What is kept of an event that was set aside: which topic it was sent to, why it was not stored, and what it takes to
/// know its payload again, which is not kept.
///
///     0  u8 version = 1 | 1 u8 zero | 2 u16 topic | 4 u32 schema version, 0 unknown | 8 u32 payload bytes
///     12 u16 verdict bytes | 14 u16 zero | 16 SHA-256 of the payload | 48 verdict: a JSON object
///
/// All big-endian. It is the value of a record whose stamp says when the event was received, how well that is known,
/// which event it is and who sent it.
public struct QuarantineRecord: ~Escapable {
  /// Where the event was to go.
  public let topic: TopicID
  /// The version of the schema that it was held against; 0 when that is not known.
  public let schemaVersion: UInt32
  /// How many bytes its payload had.
  public let payloadBytes: UInt32
  /// The SHA-256 of its payload.
  public let digest: ContentDigest
  /// Why it was set aside: the text of a JSON object, which nothing here looks into.
  public let verdict: RawSpan

  /// What is said of an event; the verdict has 2 to `verdictBytesMax` bytes, the first a `{` and the last a `}`.
  @_lifetime(copy verdict)
  public init(
    topic: TopicID,
    schemaVersion: UInt32,
    payloadBytes: Int,
    digest: ContentDigest,
    verdict: RawSpan
  ) {
    require(QuarantineRecord.isVerdict(verdict), "a verdict is an object of bounded size")
    require(payloadBytes >= 0 && payloadBytes <= UInt32.max, "a payload has fewer than 4 GiB")
    (self.topic, self.schemaVersion) = (topic, schemaVersion)
    (self.payloadBytes, self.digest) = (UInt32(truncatingIfNeeded: payloadBytes), digest)
    self.verdict = verdict
  }

  /// The only version there is.
  public static var version: UInt8 { 1 }
  /// The longest verdict.
  public static var verdictBytesMax: Int { 1024 }
  /// The longest record.
  public static var byteCountMax: Int { headBytes + verdictBytesMax }
  /// How many bytes it takes.
  public var byteCount: Int { QuarantineRecord.headBytes + verdict.byteCount }

  fileprivate static var headBytes: Int { 48 }

  /// Reads a record's value, which is nothing else.
  @_lifetime(copy value)
  public init(decoding value: RawSpan) throws(QuarantineFault) {
    guard value.byteCount > QuarantineRecord.headBytes else { throw .length(value.byteCount) }
    guard value.byte(0) == QuarantineRecord.version else { throw .version(value.byte(0)) }
    guard value.byte(1) == 0, value.integer(UInt16.self, at: 14) == 0 else { throw .reserved }
    guard Int(value.integer(UInt16.self, at: 12)) == value.byteCount - QuarantineRecord.headBytes else {
      throw .length(value.byteCount)
    }
    let verdict = value.extracting(QuarantineRecord.headBytes..<value.byteCount)
    guard QuarantineRecord.isVerdict(verdict) else { throw .verdict }
    self.init(
      topic: TopicID(rawValue: value.integer(UInt16.self, at: 2)),
      schemaVersion: value.integer(UInt32.self, at: 4),
      payloadBytes: Int(value.integer(UInt32.self, at: 8)),
      digest: ContentDigest(reading: value, at: 16),
      verdict: verdict
    )
  }

  private static func isVerdict(_ text: RawSpan) -> Bool {
    text.byteCount >= 2 && text.byteCount <= verdictBytesMax && text.byte(0) == UInt8(ascii: "{")
      && text.byte(text.byteCount - 1) == UInt8(ascii: "}")
  }
}

extension Writer {
  /// Writes a quarantine record.
  @_lifetime(self: copy self)
  public mutating func append(_ record: borrowing QuarantineRecord) {
    append(QuarantineRecord.version)
    append(UInt8(0))
    append(record.topic.rawValue)
    append(record.schemaVersion)
    append(record.payloadBytes)
    append(UInt16(truncatingIfNeeded: record.verdict.byteCount))
    append(UInt16(0))
    append(record.digest.high)
    append(record.digest.low)
    append(record.verdict)
  }
}

/// Why a quarantine record can't be read.
public enum QuarantineFault: Error, Hashable, Sendable {
  /// Written by a version that isn't known here.
  case version(UInt8)
  /// The length isn't what the record says.
  case length(Int)
  /// Bytes are set that have no meaning in this version.
  case reserved
  /// The verdict can't be one: it is too long, or no object.
  case verdict
}
