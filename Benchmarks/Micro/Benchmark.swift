internal import Bytes
internal import Decode
internal import Events
internal import Formats
internal import Gate
internal import Mark
internal import Pack
internal import Schemas
internal import Store

private let topics = [Topic(id: TopicID(rawValue: 0), name: "telemetry")]
private let noon = ClockReading(
  utcNs: 1_790_000_000_000_000_000,
  errorNs: nil,
  state: .unknown,
  monotonicNs: 1
)
private let event = [UInt8]("{\"device\":\"".utf8) + [UInt8](repeating: 0x61, count: 287) + [0x22, 0x7D]

/// Measures every stage alone with about so many events each, in the order in which an event meets them.
public func measureStages(events: Int) -> [Measurement] {
  measureHTTP(events) + measureFramed(events) + measureGate(events) + [
    measureJSON(events), measureValidation(events), measureMark(events),
  ]
    + measureLog(events)
}

/// A desk where everything is safe.
private func makeDesk() -> Desk {
  var desk = Desk(limits: FrontLimits(), topics: topics, lanes: 1, answers: 1024)
  desk.clock = noon
  desk.watermarks.advance(.lane(LaneID(rawValue: 0)), through: EventNumber(rawValue: .max))
  return desk
}

private func measureHTTP(_ events: Int) -> [Measurement] {
  let head = "POST /v1/events/telemetry HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
  let request = [UInt8]("\(head)Content-Type: application/json\r\nContent-Length: \(event.count)\r\n\r\n".utf8) + event
  let bytes = (0..<16).flatMap { _ in request }
  var (feeding, answering) = (
    Measurement("decode-http", "measuredHTTPFeed"), Measurement("answer-http", "measuredHTTPAnswer")
  )
  var front = HTTPFront(FrontTraits(requiresKey: false))
  var desk = makeDesk()
  var sink = Sink()
  var reply = Region(id: RegionID(rawValue: 0), byteCount: 32 << 10)
  for _ in 0..<max(events / 16, 1) {
    // SAFETY: a view of an array that lives until the end of this scope.
    feeding.add(16) { unsafe measuredHTTPFeed(&front, bytes.span.bytes, &sink, &desk) }
    reply.count = 0
    answering.add(16) { measuredHTTPAnswer(&front, &desk, &reply) }
    precondition(!front.isOwing, "all answers fit a reply")
  }
  return [feeding, answering]
}

private func measureFramed(_ events: Int) -> [Measurement] {
  let name = [UInt8]("telemetry".utf8)
  let binding = [0, 0, 0, UInt8(8 + name.count), 2, 0, 0, 0, 0, 0, 0, 1] + name
  let frame: [UInt8] = [0, 0, 1, 8, 3, 0, 0, 0, 0, 0, 0, 1] + event.prefix(256)
  let bytes = (0..<60).flatMap { _ in frame }
  var (feeding, answering) = (
    Measurement("decode-framed", "measuredFramedFeed"), Measurement("answer-framed", "measuredFramedAnswer")
  )
  var front = FramedFront(FrontTraits(requiresKey: false))
  var desk = makeDesk()
  var sink = Sink()
  var reply = Region(id: RegionID(rawValue: 0), byteCount: 8 << 10)
  // SAFETY: a view of an array that lives until the end of this scope.
  unsafe bind(&front, binding.span.bytes, &sink, &desk)
  front.answer(at: &desk, into: &reply)
  for _ in 0..<max(events / 60, 1) {
    // SAFETY: the same.
    feeding.add(60) { unsafe measuredFramedFeed(&front, bytes.span.bytes, &sink, &desk) }
    reply.count = 0
    answering.add(60) { measuredFramedAnswer(&front, &desk, &reply) }
    precondition(!front.isOwing, "all answers fit a reply")
  }
  return [feeding, answering]
}

private func bind(_ front: inout FramedFront, _ bytes: RawSpan, _ sink: inout Sink, _ desk: inout Desk) {
  do throws(Refusal) { _ = try front.feed(bytes, into: &sink, at: &desk) } catch {
    fatalError("a binding was refused: \(error)")
  }
}

private func measureGate(_ events: Int) -> [Measurement] {
  var random = SystemRandomNumberGenerator()
  let key = APIKey.make(using: &random)
  let entry = KeyFile.Entry(id: key.id, .secret(key.digest), topics: ["*"], created: "2026-01-31T12:00:00Z")
  var keys = Authenticator(ring: KeyRing([entry], topics: topics, seed: 1), entropy: (1, 2))
  let (credential, name) = (Array(key.text.utf8), Array("telemetry".utf8))
  let directory = TopicDirectory(topics, seed: (1, 2))
  let limits = Admission.Limits(bytesInFlightMax: 1 << 20, timeInFlightMaxNs: 1_000_000_000)
  var admission = Admission(limits: limits, seed: 1)
  var verifying = Measurement("gate-key", "measuredVerify")
  var finding = Measurement("gate-topic", "measuredTopic")
  var admitting = Measurement("gate-admission-turn", "measuredAdmission")
  // SAFETY: views of arrays that live until the end of this scope.
  unsafe _ = keys.verify(credential.span.bytes)
  verifying.add(events) { unsafe measuredVerify(&keys, credential.span.bytes, events) }
  finding.add(events) { unsafe measuredTopic(directory, name.span.bytes, events) }
  admitting.add(events) { measuredAdmission(&admission, events) }
  return [verifying, finding, admitting]
}

/// Telemetry as devices send it: the same members, not always all of them, and values of different lengths.
private func telemetry(_ number: Int) -> [UInt8] {
  let id = String(number &* 2_654_435_761 & 0xFFFF_FFFF, radix: 16)
  let online = number % 5 == 0 ? "" : "\"online\":\(number % 10 != 1),"
  let message = number % 5 < 2 ? "" : "\"msg\":\"link lost after retry \(number % 97), backoff\","
  let place = number % 5 < 2 ? "" : ",\"lat\":\(Double(number % 18_000) / 100 - 90),\"lon\":-\(number % 180).254"
  let text =
    "{\"event_id\":\"\(id)-6d2f-4c1b-9f6e-0242ac130003\",\"ts\":\"2026-03-14T15:09:26.535Z\","
    + "\"device_id\":\"dev-\(id)\",\"type\":\"metric\",\"seq\":\(number),\"app\":\"3.\(number % 30).7\","
    + "\"os\":\"linux\",\"battery\":0.\(number % 100),\"rssi\":-\(30 + number % 80),\(online)\(message)"
    + "\"metrics\":{\"temp_c\":\(number % 60).25,\"hum\":4\(number % 10).5\(place)}}"
  return Array(text.utf8)
}

private func measureJSON(_ events: Int) -> Measurement {
  let texts = (0..<1000).map { telemetry($0 &* 7919) }
  var scanner = JSONScanner(bytesMax: 256 << 10)
  var checking = Measurement("inspect-json", "measuredJSONCheck")
  for _ in 0..<max(events / texts.count, 1) {
    checking.add(texts.count) { measuredJSONCheck(&scanner, texts) }
  }
  return checking
}

/// What a team would write down of that telemetry.
private let telemetrySchema = """
  {"type": "object", "additionalProperties": false,
   "required": ["event_id", "ts", "device_id", "type", "seq", "app", "os", "battery", "metrics"],
   "properties": {
     "event_id": {"type": "string", "pattern": "^[0-9a-f]+-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
     "ts": {"type": "string", "format": "date-time"},
     "device_id": {"type": "string", "minLength": 5, "maxLength": 32, "pattern": "^[A-Za-z0-9_-]+$"},
     "type": {"enum": ["heartbeat", "metric", "crash", "purchase"]},
     "seq": {"type": "integer", "minimum": 0},
     "app": {"type": "string", "pattern": "^\\\\d+\\\\.\\\\d+\\\\.\\\\d+$"},
     "os": {"enum": ["ios", "android", "linux"]},
     "battery": {"type": "number", "minimum": 0, "maximum": 1},
     "rssi": {"type": "integer", "minimum": -127, "maximum": 0},
     "online": {"type": "boolean"},
     "msg": {"type": ["string", "null"], "maxLength": 512},
     "metrics": {"type": "object", "required": ["temp_c"], "additionalProperties": false, "properties": {
       "temp_c": {"type": "number", "minimum": -60, "maximum": 125},
       "hum": {"type": "number", "minimum": 0, "maximum": 100},
       "lat": {"type": "number", "minimum": -90, "maximum": 90},
       "lon": {"type": "number", "minimum": -180, "maximum": 180}}}}}
  """

private func measureValidation(_ events: Int) -> Measurement {
  let texts = (0..<1000).map { telemetry($0 &* 7919) }
  var library = SchemaLibrary()
  let schema: Schema
  do throws(SchemaMistake) {
    try library.add(Array(telemetrySchema.utf8), uri: "registry:///telemetry/1.json", file: "telemetry/1.json")
    schema = try Schema("registry:///telemetry/1.json", in: library)
  } catch { fatalError("\(error)") }
  var validator = Validator(bytesMax: 256 << 10, seed: 1)
  var validating = Measurement("inspect-validate", "measuredValidation")
  for _ in 0..<max(events / texts.count, 1) {
    validating.add(texts.count) { measuredValidation(&validator, schema, texts) }
  }
  return validating
}

private func measureMark(_ events: Int) -> Measurement {
  var stamping = Measurement("mark-stamp", "measuredStamp")
  var stamper = Stamper(entropy: 1, seed: 2, at: noon)
  // SAFETY: a view of an array that lives until the end of this scope.
  stamping.add(events) { unsafe measuredStamp(&stamper, event.span.bytes, events) }
  return stamping
}

/// Pack and Store: batches of 256 KiB become commits of a lane whose writes succeed at once.
private func measureLog(_ events: Int) -> [Measurement] {
  let (regionBytes, segmentBytes) = (256 << 10, 1 << 30)
  let settings = Lane.Settings(
    lane: LaneID(rawValue: 0),
    topics: 1,
    segmentBytes: segmentBytes,
    slots: 3,
    commitBytesMax: regionBytes,
    writesMax: 4
  )
  var recovery = LaneRecovery(settings, slots: [])
  precondition(recovery.need() == .nothing, "a lane without files has nothing to recover")
  var lane = Lane(recovery.finish(), entropy: 7)
  var spare: Region? = Region(id: RegionID(rawValue: 1), byteCount: regionBytes)
  open(&lane, &spare)
  let first = Region(id: RegionID(rawValue: 0), byteCount: regionBytes)
  var batch = Batch(filling: first, topics: topics, headerBytes: CommitHeader.byteCount)
  var stamper = Stamper(entropy: 1, seed: 2, at: noon)
  let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 1 << 10)
  // SAFETY: views of an array that lives until the end of this scope.
  let stamp = unsafe stamper.stamp(Event(grant: grant, origin: Origin(), payload: event.span.bytes))
  var appending = Measurement("pack-append", "measuredAppend")
  var sealing = Measurement("pack-seal", "measuredSeal")
  var claiming = Measurement("store-claim", "measuredClaim")
  var committing = Measurement("store-commit", "measuredCommit")
  while committing.events < events {
    let offset = lane.nextOffset(of: grant.topic)
    let beforeAppend = clockNs()
    let count = unsafe measuredAppend(&batch, event.span.bytes, stamp, from: offset, stamper.timestampMs)
    appending.add(count, since: beforeAppend)
    claiming.add(count) { measuredClaim(&lane, count) }
    let beforeSeal = clockNs()
    let sealed = measuredSeal(&batch, spare.take()!)
    sealing.add(count, since: beforeSeal)
    var region = sealed.region
    committing.add(count) { measuredCommit(&lane, &region, count, noon.utcNs) }
    spare = consume region
  }
  return [appending, sealing, claiming, committing]
}

/// Prepares a segment and opens it.
private func open(_ lane: inout Lane, _ spare: inout Region?) {
  prepare(&lane)
  var region = spare.take()!
  _ = lane.open(into: &region, utcNs: noon.utcNs, nowNs: 1)
  _ = lane.completed(region.id, Int32(region.count), nowNs: 1)
  spare = consume region
  prepare(&lane)
}

/// Gives a lane the segments it asks for.
private func prepare(_ lane: inout Lane) {
  while case .prepare(let slot) = lane.next(batchBytes: 0, nowNs: 1) {
    lane.prepared(slot: slot, throughBytes: lane.settings.segmentBytes, nowNs: 1)
  }
}
