public import Bytes
public import Events

/// What is kept of an event that was set aside: which topic it was sent to, why it was not stored, and its payload as
/// far as that may be kept.
///
///      0 u8 version = 2 | 1 u8 flags | 2 u16 topic | 4 u32 schema version, 0 unknown | 8 u32 payload bytes, as it came
///     12 u16 verdict bytes | 14 u16 bytes of paths | 16 SHA-256 | 48 u32 plan | 52 u32 payload bytes that are kept
///     56 verdict: a JSON object | paths: a JSON array of strings, or nothing | payload
///
/// All big-endian. Flags: 1 the payload is kept, 2 it went through the plan. The digest is that of the payload as it is
/// kept, or, where it is not, as it came. It is the value of a record whose stamp says when the event was received, how
/// well that is known, which event it is and who sent it, and which has the event's key and headers.
public struct QuarantineRecord: ~Escapable {
  /// Where the event was to go.
  public let topic: TopicID
  /// The version of the schema that it was held against; 0 when that is not known.
  public let schemaVersion: UInt32
  /// How many bytes its payload had when it came.
  public let payloadBytes: UInt32
  /// The SHA-256 of its payload.
  public let digest: ContentDigest
  /// Why it was set aside: the text of a JSON object, which nothing here looks into.
  public let verdict: RawSpan
  /// The plan of redaction that its payload went through; 0 for none.
  public let plan: UInt32
  /// Where something of its payload was exchanged: the text of a JSON array of JSON Pointers; empty for nowhere.
  public let paths: RawSpan
  /// Its payload; `nil` where it is not kept.
  public let payload: RawSpan?

  /// What is said of an event.
  ///
  /// - Parameters:
  ///   - topic: where it was to go.
  ///   - schemaVersion: what it was held against; 0 when that is not known.
  ///   - payloadBytes: how many bytes its payload had when it came.
  ///   - digest: the SHA-256 of its payload.
  ///   - verdict: why it was set aside: 2 to `verdictBytesMax` bytes, the first a `{` and the last a `}`.
  ///   - plan: the plan that its payload went through; 0 for none.
  ///   - paths: where something of it was exchanged, `pathsBytesMax` bytes at the most.
  @_lifetime(copy verdict, copy paths)
  public init(
    topic: TopicID,
    schemaVersion: UInt32,
    payloadBytes: Int,
    digest: ContentDigest,
    verdict: RawSpan,
    plan: UInt32,
    paths: RawSpan
  ) {
    require(Self.isVerdict(verdict), "a verdict is an object of bounded size")
    require(paths.byteCount <= Self.pathsBytesMax, "paths are bounded")
    require(payloadBytes >= 0 && payloadBytes <= UInt32.max, "a payload has fewer than 4 GiB")
    (self.topic, self.schemaVersion) = (topic, schemaVersion)
    (self.payloadBytes, self.digest) = (UInt32(truncatingIfNeeded: payloadBytes), digest)
    (self.verdict, self.plan, self.paths, payload) = (verdict, plan, paths, nil)
  }
  /// What is said of an event whose topic has no plan, and whose payload is not kept.
  @_lifetime(copy verdict)
  public init(topic: TopicID, schemaVersion: UInt32, payloadBytes: Int, digest: ContentDigest, verdict: RawSpan) {
    self.init(
      topic: topic,
      schemaVersion: schemaVersion,
      payloadBytes: payloadBytes,
      digest: digest,
      verdict: verdict,
      plan: 0,
      paths: verdict.extracting(0..<0)
    )
  }

  /// The version that is written.
  public static var version: UInt8 { 2 }
  /// The longest verdict.
  public static var verdictBytesMax: Int { 1024 }
  /// The longest paths.
  public static var pathsBytesMax: Int { 1024 }
  /// The longest record besides its payload.
  public static var overheadBytesMax: Int { headBytes + verdictBytesMax + pathsBytesMax }
  /// How many bytes it takes without its payload.
  public var byteCount: Int { Self.headBytes + verdict.byteCount + paths.byteCount }

  static var headBytes: Int { 56 }
  private static var headBytesOfVersion1: Int { 48 }

  /// Reads a record's value, which is nothing else; one of version 1 has neither plan nor payload.
  @_lifetime(copy value)
  public init(decoding value: RawSpan) throws(QuarantineFault) {
    guard value.byteCount > Self.headBytesOfVersion1 else { throw .length(value.byteCount) }
    let isFirst = value.byte(0) == 1
    guard isFirst || value.byte(0) == Self.version else { throw .version(value.byte(0)) }
    let head = isFirst ? Self.headBytesOfVersion1 : Self.headBytes
    guard value.byteCount > head else { throw .length(value.byteCount) }
    let flags = value.byte(1)
    let verdictEnd = head + Int(value.integer(UInt16.self, at: 12))
    let pathsEnd = verdictEnd + Int(value.integer(UInt16.self, at: 14))
    guard flags <= (isFirst ? 0 : 3), !isFirst || pathsEnd == verdictEnd else { throw .reserved }
    let kept = isFirst ? 0 : Int(value.integer(UInt32.self, at: 52))
    let plan = isFirst ? 0 : value.integer(UInt32.self, at: 48)
    guard (flags & 2 != 0) == (plan != 0) else { throw .reserved }
    guard pathsEnd + kept == value.byteCount, flags & 1 != 0 || kept == 0 else { throw .length(value.byteCount) }
    let verdict = value.extracting(head..<verdictEnd)
    guard Self.isVerdict(verdict) else { throw .verdict }
    topic = TopicID(rawValue: value.integer(UInt16.self, at: 2))
    schemaVersion = value.integer(UInt32.self, at: 4)
    payloadBytes = value.integer(UInt32.self, at: 8)
    digest = ContentDigest(reading: value, at: 16)
    self.plan = plan
    paths = value.extracting(verdictEnd..<pathsEnd)
    payload = flags & 1 == 0 ? nil : value.extracting(pathsEnd..<value.byteCount)
    self.verdict = verdict
  }

  fileprivate static func isVerdict(_ text: RawSpan) -> Bool {
    text.byteCount >= 2 && text.byteCount <= verdictBytesMax && text.byte(0) == UInt8(ascii: "{")
      && text.byte(text.byteCount - 1) == UInt8(ascii: "}")
  }
}

extension Writer {
  /// Writes a quarantine record.
  @_lifetime(self: copy self)
  public mutating func append(_ record: borrowing QuarantineRecord) {
    append(record, payloadBytes: record.payload?.byteCount)
    if let payload = record.payload { append(payload) }
  }
  /// Writes all of a record that stands before its payload.
  @_lifetime(self: copy self)
  fileprivate mutating func append(_ record: borrowing QuarantineRecord, payloadBytes kept: Int?) {
    append(QuarantineRecord.version)
    append(UInt8((kept == nil ? 0 : 1) | (record.plan == 0 ? 0 : 2)))
    append(record.topic.rawValue)
    append(record.schemaVersion)
    append(record.payloadBytes)
    append(UInt16(truncatingIfNeeded: record.verdict.byteCount))
    append(UInt16(truncatingIfNeeded: record.paths.byteCount))
    append(record.digest.high)
    append(record.digest.low)
    append(record.plan)
    append(UInt32(truncatingIfNeeded: kept ?? 0))
    append(record.verdict)
    append(record.paths)
  }
}

extension Region {
  /// Writes a quarantine record with a payload of which parts are exchanged, and its digest, if there is room.
  ///
  /// - Parameters:
  ///   - record: the record; what it has of payload and digest does not count.
  ///   - payload: what came.
  ///   - splices: what is exchanged in it.
  /// - Returns: whether there was room; else nothing was written.
  public mutating func append(
    _ record: borrowing QuarantineRecord,
    payload: RawSpan,
    with splices: borrowing Splices
  ) -> Bool {
    let (start, kept) = (count, payload.byteCount + splices.growth)
    let isWritten = write(atMost: record.byteCount + kept, leaving: 0) {
      $0.append(record, payloadBytes: kept)
      $0.append(payload, with: splices)
    }
    guard isWritten else { return false }
    let digest = ContentDigest(of: bytes.extracting(count - kept..<count))
    store(digest.high, at: start + 16)
    store(digest.low, at: start + 32)
    return true
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
