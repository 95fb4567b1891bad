internal import Bytes
internal import Events
internal import Formats
internal import Gateway

/// A record of quarantine on its way to the gateway, as it stands in the log.
///
///     u8 version = 1 | u8 1 with a key | u16 bytes of the name | u32 of the key | u32 of the headers | name | key
///     | headers, their number first | value
///
/// All big-endian.
struct ReplayRequest {
  /// What the record is called: `0/17`.
  let name: String
  /// Its key, if it has one.
  var key: [UInt8]?
  /// Its headers as they stand in a batch, their number first.
  let headers: [UInt8]
  /// Its value: a `QuarantineRecord`.
  let value: [UInt8]

  /// Where it is sent.
  static let path = "/quarantine/replay"
  private static let headBytes = 12
  private static let version: UInt8 = 1

  /// Of a record of quarantine.
  init(_ entry: QuarantineEntry) {
    (name, key, headers, value) = (entry.name, entry.key, entry.headers, entry.value)
  }

  /// As it is sent.
  var bytes: [UInt8] {
    let (name, key) = (Array(name.utf8), self.key ?? [])
    var head = [Self.version, self.key == nil ? 0 : 1, UInt8(name.count >> 8), UInt8(name.count & 0xFF)]
    for count in [key.count, headers.count] { head += (0..<4).map { UInt8(count >> (24 - 8 * $0) & 0xFF) } }
    return head + name + key + headers + value
  }

  /// Reads what was sent; `nil` when it is nothing of the kind.
  init?(reading bytes: [UInt8]) {
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let head = unsafe bytes.span.bytes
    guard head.byteCount >= Self.headBytes, head.byte(0) == Self.version, head.byte(1) < 2 else { return nil }
    var place = Self.headBytes
    func take(_ count: Int) -> [UInt8]? {
      guard count <= bytes.count - place else { return nil }
      defer { place += count }
      return Array(bytes[place..<place + count])
    }
    guard let name = take(Int(head.integer(UInt16.self, at: 2))), name.count <= ReplayMark.nameBytesMax,
      let key = take(Int(head.integer(UInt32.self, at: 4))), let headers = take(Int(head.integer(UInt32.self, at: 8)))
    else { return nil }
    self.name = String(decoding: name, as: UTF8.self)
    guard let (lane, offset) = QuarantineEntry.place(named: self.name), self.name == "\(lane.number)/\(offset)" else {
      return nil
    }
    self.key = head.byte(1) == 0 ? nil : key
    (self.headers, value) = (headers, Array(bytes[place...]))
  }

  /// The event that the record is about; `nil` when it says nothing of its payload, or is no record.
  var event: ReplayedEvent? {
    // SAFETY: views of plain bytes that live until the end of this scope.
    let (headers, value) = unsafe (headers.span.bytes, value.span.bytes)
    let record: QuarantineRecord
    do throws(QuarantineFault) { record = try QuarantineRecord(decoding: value) } catch { return nil }
    guard let payload = record.payload, let stamp = Self.stamp(headers) else { return nil }
    // SAFETY: copies of initialised bytes.
    let (bytes, paths) = unsafe (
      payload.withUnsafeBytes { unsafe Array($0) }, record.paths.withUnsafeBytes { unsafe Array($0) }
    )
    guard let details = ReplayDetails.make(headers, payload: bytes, replayOf: name) else { return nil }
    var event = ReplayedEvent(
      topic: record.topic,
      principal: stamp.principal,
      received: ClockReading(utcNs: stamp.utcNs, errorNs: stamp.errorNs, state: stamp.state, monotonicNs: 0),
      eventID: stamp.eventID,
      isIDGiven: stamp.isIDGiven,
      trace: stamp.trace,
      payload: bytes
    )
    (event.key, event.details, event.plan, event.paths) = (key, details, record.plan, paths)
    return event
  }

  private static func stamp(_ headers: RawSpan) -> Stamp? {
    var reader = RecordHeaderReader(headers)
    while let header = reader.next() {
      guard ReplayDetails.isStamp(header.key) else { continue }
      do throws(StampFault) { return try Stamp(decoding: header.value) } catch { return nil }
    }
    return nil
  }
}

/// What is said of an event besides its payload, put together again from its record in quarantine.
enum ReplayDetails {
  /// Whether that is the key of the stamp's header.
  static func isStamp(_ key: RawSpan) -> Bool {
    key.byteCount == Stamp.key.utf8CodeUnitCount && key.starts(withLowercase: Stamp.key)
  }

  /// The details of an event: its headers and the mark of the replay; `nil` when there are too many of them.
  ///
  /// A CloudEvent says again when it happened, which schema it has and which part of an envelope its data is.
  static func make(_ headers: RawSpan, payload: [UInt8], replayOf name: String) -> [UInt8]? {
    var region = Region(id: RegionID(rawValue: 0), byteCount: headers.byteCount + payload.count + 4096)
    region.count = EventDetails.headBytes
    var details = EventDetails()
    var (schema, isEnvelope) = ([UInt8](), false)
    var reader = RecordHeaderReader(headers)
    while let header = reader.next() {
      guard !isStamp(header.key), !ReplayMark.isKey(of: header.key) else { continue }
      guard region.append(header: header.key, value: header.value) else { return nil }
      details.headerCount += 1
      let (key, value) = (text(header.key), text(header.value))
      switch key {
      case "content-type": isEnvelope = value.hasPrefix("application/cloudevents+json")
      case "ce_dataschema": schema = Array(value.utf8)
      case "ce_time": details.timeNs = InternetTime(header.value)?.utcNs
      default: break
      }
    }
    let mark = Array(name.utf8)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    guard !reader.isFaulty, unsafe region.append(replayOf: mark.span.bytes) else { return nil }
    details.headerCount += 1
    details.headerBytes = region.count - EventDetails.headBytes
    guard details.headerCount <= Record.moreHeadersMax, details.headerBytes <= UInt16.max else { return nil }
    if isEnvelope { read(payload, &details, &schema) }
    details.store(in: &region)
    // SAFETY: likewise; and a copy of the filled bytes.
    unsafe region.append(schema.span.bytes)
    return unsafe region.bytes.withUnsafeBytes { unsafe Array($0) }
  }

  /// Reads what matters of an envelope; one that is no JSON says nothing, and does not fit anything either.
  private static func read(_ payload: [UInt8], _ details: inout EventDetails, _ schema: inout [UInt8]) {
    details.content = 0..<0
    do throws(JSONFault) {
      guard let envelope = try JSONValue(payload).object else { return }
      if let data = envelope["data"], data.kind != "null" { details.content = data.offset..<data.end }
      if let text = envelope["dataschema"]?.string { schema = Array(text.utf8) }
      if let text = envelope["time"]?.string {
        let time = Array(text.utf8)
        // SAFETY: a UInt8 has no padding that its bytes could show.
        details.timeNs = unsafe InternetTime(time.span.bytes)?.utcNs
      }
    } catch {}
  }
  private static func text(_ bytes: RawSpan) -> String {
    unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
