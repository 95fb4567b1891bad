import Bytes
import Events
import Formats
import Pack

/// A record as a test compares it.
struct Kept: Equatable {
  var topic: Int
  var offset: Int
  var timestampMs: Int64
  var key: [UInt8]?
  var value: [UInt8]
  var stamp: Stamp?
  /// Its headers besides the stamp, as `key=value`.
  var headers: [String] = []
}

/// A region for tests.
func region(_ id: UInt32, bytes: Int = 64 << 10) -> Region {
  Region(id: RegionID(rawValue: id), byteCount: bytes)
}
/// Topics 0, 1, … with these codecs.
func topics(_ codecs: [Codec]) -> [Topic] {
  codecs.enumerated().map { Topic(id: TopicID(rawValue: UInt16($0.offset)), name: "t\($0.offset)", codec: $0.element) }
}
/// A stamp that differs from event to event.
func plain(_ number: Int) -> Stamp {
  Stamp(
    utcNs: 1_000_000_000 + Int64(number),
    errorNs: number % 3 == 0 ? nil : UInt32(number),
    state: .unknown,
    eventID: UInt128(number) << 70 | 5,
    isIDGiven: number % 2 == 0,
    principal: PrincipalID(rawValue: UInt32(number % 4)),
    trace: number % 5 == 4 ? TraceParent(trace: UInt128(number), parent: 3, flags: 1) : nil
  )
}
/// Offers an event to a batch and says whether it was taken.
func append(
  _ payload: [UInt8],
  _ number: Int,
  key: [UInt8]? = nil,
  topic: Int = 0,
  offset: Int,
  timestampMs: Int64 = 1000,
  to batch: inout Batch
) -> Bool {
  let grant = Grant(topic: TopicID(rawValue: UInt16(topic)), principal: .anonymous, eventBytesMax: 1 << 20)
  let stamp = StampHeader(plain(number))
  if let key {
    let event = Event(grant: grant, origin: Origin(), key: key.span.bytes, payload: payload.span.bytes)
    return batch.append(event, stamp: stamp, offset: UInt64(offset), timestampMs: timestampMs)
  }
  let event = Event(grant: grant, origin: Origin(), payload: payload.span.bytes)
  return batch.append(event, stamp: stamp, offset: UInt64(offset), timestampMs: timestampMs)
}
/// Everything a sealed commit holds, checks made.
func read(_ sealed: borrowing Sealed, headerBytes: Int = 64) throws -> [Kept] {
  var kept: [Kept] = []
  var batches = 0
  var decompressor = LZ4Decompressor()
  var buffer = region(9, bytes: 8 << 20)
  var reader = BatchReader(sealed.region.bytes.extracting(headerBytes..<sealed.region.count))
  while let element = try reader.next() {
    batches += 1
    let batch = try RecordBatch(decoding: element.batch.bytes)
    var records = try batch.records(through: &decompressor, into: &buffer)
    while let record = try records.next() {
      kept.append(
        Kept(
          topic: Int(element.topic.rawValue),
          offset: Int(record.offset),
          timestampMs: record.timestampMs,
          key: record.hasKey ? array(record.key) : nil,
          value: array(record.value),
          stamp: try record.stamp(),
          headers: headers(of: record)
        )
      )
    }
  }
  precondition(batches == sealed.batches && kept.count == sealed.events)
  return kept
}
/// The headers of a record besides its stamp, as `key=value`.
func headers(of record: Record) -> [String] {
  var (reader, found) = (record.headerReader(), [String]())
  while let header = reader.next() {
    found.append(String(decoding: array(header.key) + Array("=".utf8) + array(header.value), as: UTF8.self))
  }
  return found.filter { !$0.hasPrefix("sluice=") }
}
/// A copy of bytes.
func array(_ bytes: RawSpan) -> [UInt8] { (0..<bytes.byteCount).map { bytes.byte($0) } }
/// The codecs of a commit's batches.
func codecs(of sealed: borrowing Sealed) throws -> [Codec?] {
  var codecs: [Codec?] = []
  var reader = BatchReader(sealed.region.bytes.extracting(64..<sealed.region.count))
  while let element = try reader.next() { codecs.append(element.batch.header.attributes.compression.codec) }
  return codecs
}
