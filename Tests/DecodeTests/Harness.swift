import Bytes
import Decode
import Events
import Formats
import Testing

/// A stand-in for everything behind a front: it numbers what it is given and remembers it.
struct Recorder: EventConsumer, ~Copyable {
  struct Taken: Equatable {
    var topic: UInt16
    var principal: UInt32
    var key: [UInt8]?
    var payload: [UInt8]
    var origin: Origin
    var schema = ""
    var timeNs: Int64?
    /// Headers of the record besides the stamp, by their keys.
    var headers: [String: String] = [:]
    var text: String { String(decoding: payload, as: UTF8.self) }
  }
  var taken: [Taken] = []
  var refusedByFront: [Refusal] = []
  var grants = 0
  /// The credential of principal 7.
  var secret = "secret"
  /// Lanes that events go to, one after another; memory when empty.
  var lanes: [UInt16] = [0]
  var numbers: [UInt64] = Array(repeating: 0, count: 16)
  var isOffsetKnown = true
  /// `later` is said this many times before each event is taken.
  var laters = 0
  var latersLeft = 0
  /// Events whose payload starts with this are refused.
  var refuses: [(prefix: String, reason: Refusal)] = []
  /// Events whose payload starts with this are set aside.
  var aside: String?
  /// How many were.
  var asideCount: UInt64 = 0
  var eventBytesMax = 1000
  var grantRefusal: Refusal?
  /// Whether events of which nothing is said are taken without being offered one by one.
  var takesPlain = true
  /// How many events of a run it takes at once, at the most.
  var runMax = Int.max
  /// How many it took that way.
  var takenInRuns = 0

  var peer = PrincipalID.anonymous
  mutating func principal(of credential: RawSpan) -> PrincipalID? {
    bytes(credential) == Array(secret.utf8) ? PrincipalID(rawValue: 7) : nil
  }
  mutating func grant(topic name: RawSpan, to principal: PrincipalID) throws(Refusal) -> Grant {
    grants += 1
    if let grantRefusal { throw grantRefusal }
    let name = String(decoding: bytes(name), as: UTF8.self)
    if name == "forbidden" { throw .forbidden }
    guard let index = topicNames.firstIndex(of: name) else { throw .unknownTopic }
    return Grant(topic: TopicID(rawValue: UInt16(index)), principal: principal, eventBytesMax: eventBytesMax)
  }
  mutating func take(_ event: borrowing Event) -> Verdict {
    if latersLeft > 0 {
      latersLeft -= 1
      return .later
    }
    latersLeft = laters
    let payload = bytes(event.payload)
    for (prefix, reason) in refuses where payload.starts(with: prefix.utf8) { return .refused(reason) }
    if let aside, payload.starts(with: aside.utf8) {
      asideCount += 1
      let mark = Mark(domain: .side, number: EventNumber(rawValue: asideCount))
      return .numbered(Placement(mark: mark, lane: .side(3), offset: nil))
    }
    let key = event.hasKey ? bytes(event.key) : nil
    let place = number(payload, key: key, event.origin, under: event.grant)
    taken[taken.count - 1].schema = String(decoding: bytes(event.schemaName), as: UTF8.self)
    taken[taken.count - 1].timeNs = event.timeNs
    taken[taken.count - 1].headers = recordHeaders(bytes(event.headers), count: event.headerCount)
    return .numbered(place)
  }
  mutating func take(_ payload: RawSpan, under grant: Grant) -> Placement? {
    let payload = bytes(payload)
    if let aside, payload.starts(with: aside.utf8) { return nil }
    guard takesPlain, latersLeft == 0, !refuses.contains(where: { payload.starts(with: $0.prefix.utf8) }) else {
      return nil
    }
    latersLeft = laters
    return number(payload, key: nil, Origin(), under: grant)
  }
  mutating func take(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    atMost limit: Int
  ) -> Run {
    var taken = Run.none
    var end = start
    while taken.count < min(limit, runMax), let place = run.payload(at: end) {
      // A run goes to one lane.
      if taken.count > 0, nextLane != taken.last.lane || laters > 0 { break }
      guard let last = take(bytes.extracting(place), under: grant) else { break }
      end = place.upperBound
      taken = Run(count: taken.count + 1, lastStart: place.lowerBound, end: end, last: last)
    }
    takenInRuns += taken.count
    return taken
  }
  private var nextLane: LaneID { LaneID(rawValue: lanes.isEmpty ? 0 : lanes[taken.count % lanes.count]) }

  private mutating func number(_ payload: [UInt8], key: [UInt8]?, _ origin: Origin, under grant: Grant) -> Placement {
    let lane = nextLane
    taken.append(
      Taken(
        topic: grant.topic.rawValue,
        principal: grant.principal.rawValue,
        key: key,
        payload: payload,
        origin: origin
      )
    )
    guard !lanes.isEmpty else {
      let mark = Mark(domain: .memory, number: EventNumber(rawValue: UInt64(taken.count)))
      return Placement(mark: mark, lane: lane, offset: UInt64(taken.count - 1))
    }
    numbers[Int(lane.rawValue)] += 1
    let number = numbers[Int(lane.rawValue)]
    let mark = Mark(domain: .lane(lane), number: EventNumber(rawValue: number))
    return Placement(mark: mark, lane: lane, offset: isOffsetKnown ? number - 1 : nil)
  }
  mutating func refuse(_ reason: Refusal, under grant: Grant) { refusedByFront.append(reason) }
}

let topicNames = ["temps", "doors", "logs.raw"]
let utcNs: Int64 = 1_795_173_491_000_000_042  // 2026-11-20T11:18:11.000000042Z

/// Headers as they stand in a batch, without their number.
func recordHeaders(_ bytes: [UInt8], count: Int) -> [String: String] {
  let counted = [UInt8(2 * count)] + bytes
  var reader = RecordHeaderReader(counted.span.bytes)
  var found: [String: String] = [:]
  while let header = reader.next() {
    let key = String(decoding: header.key.withUnsafeBytes { Array($0) }, as: UTF8.self)
    found[key] = String(decoding: header.value.withUnsafeBytes { Array($0) }, as: UTF8.self)
  }
  #expect(!reader.isFaulty && reader.remaining == 0 && found.count == count)
  return found
}

func bytes(_ span: RawSpan) -> [UInt8] { span.withUnsafeBytes { Array($0) } }

/// One connection: a front, its desk, and a gateway's part in between.
struct Line<F: Front & ~Copyable>: ~Copyable {
  var front: F
  var desk: Desk
  var consumer = Recorder()
  /// What has arrived and is not used up.
  var carry: [UInt8] = []
  var needed = 1
  var isFinished = false
  var failure: Refusal?
  var replies: [UInt8] = []
  var reply: Region
  /// Whether everything is safe as soon as it is numbered.
  var isSafeAtOnce = true
  /// The most that was ever carried from one call to the next.
  var carriedMax = 0

  init(
    requiresKey: Bool = false,
    limits: FrontLimits = testLimits,
    answers: Int = 1000,
    replyBytes: Int = 64 << 10,
    topics: [Topic]? = nil
  ) {
    front = F(FrontTraits(requiresKey: requiresKey))
    let topics =
      topics ?? topicNames.enumerated().map { Topic(id: TopicID(rawValue: UInt16($0.offset)), name: $0.element) }
    desk = Desk(limits: limits, topics: topics, lanes: 8, answers: answers)
    desk.clock = ClockReading(utcNs: utcNs, errorNs: nil, state: .unknown, monotonicNs: 0)
    reply = Region(id: RegionID(rawValue: 0), byteCount: replyBytes)
  }

  /// Gives the front what a socket would, and takes answers whenever it can.
  mutating func receive(_ arrived: some Sequence<UInt8>) {
    guard !isFinished else { return }
    carry.append(contentsOf: arrived)
    drive()
  }
  mutating func receive(_ text: some StringProtocol) { receive(Array(text.utf8)) }

  mutating func drive() {
    var rounds = 0
    while !isFinished, carry.count >= needed {
      rounds += 1
      guard rounds < 100_000 else { fatalError("a front goes round in circles") }
      // Exactly the carried bytes: a read beyond them is found by the address sanitizer.
      let lent = carry
      do throws(Refusal) {
        let fed = try front.feed(lent.span.bytes, into: &consumer, at: &desk)
        #expect(fed.consumed <= lent.count)
        carry.removeFirst(fed.consumed)
        switch fed.pause {
        case .hungry(let count):
          #expect(count > carry.count, "a hungry front asks for more than there is")
          #expect(count <= desk.limits.carryBytesMax, "a front refuses what no carry can hold")
          carriedMax = max(carriedMax, count)
          needed = count
        case .finished:
          isFinished = true
        case .stalled:
          needed = 0
          if isSafeAtOnce { pay() } else { return }
          continue
        }
      } catch {
        failure = error
        isFinished = true
      }
      if isSafeAtOnce { pay() }
      if carry.isEmpty { break }
    }
    if isSafeAtOnce { pay() }
  }

  /// Makes everything numbered safe and takes all answers.
  mutating func pay() {
    for lane in 0..<8 {
      let number = EventNumber(rawValue: consumer.numbers[lane])
      desk.watermarks.advance(.lane(LaneID(rawValue: UInt16(lane))), through: number)
    }
    desk.watermarks.advance(.side, through: EventNumber(rawValue: consumer.asideCount))
    collect()
  }
  mutating func collect() {
    while true {
      reply.count = 0
      front.answer(at: &desk, into: &reply)
      guard reply.count > 0 else { return }
      replies += bytes(reply.bytes)
    }
  }
  var text: String { String(decoding: replies, as: UTF8.self) }
  var statuses: [Int] { responses(text).map(\.status) }
}

let testLimits = {
  var limits = FrontLimits()
  limits.headBytesMax = 1024
  limits.targetBytesMax = 200
  limits.bodyBytesMax = 20_000
  limits.compressedBytesMax = 4000
  limits.inflatedBytesMax = 50_000
  limits.eventBytesMax = 2000
  return limits
}()

struct Response {
  var status: Int
  var fields: [String: String]
  var body: String
}

/// Takes a stream of HTTP answers apart, strictly enough to notice wrong lengths.
func responses(_ text: String) -> [Response] {
  var found: [Response] = []
  var rest = Array(text.utf8)[...]
  let gap = Array("\r\n\r\n".utf8)
  while !rest.isEmpty {
    var end = rest.startIndex
    while end + 4 <= rest.endIndex, Array(rest[end..<end + 4]) != gap { end += 1 }
    guard end + 4 <= rest.endIndex else {
      Issue.record("an answer's head is cut: \(String(decoding: rest, as: UTF8.self))")
      return found
    }
    let lines = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
    rest = rest[(end + 4)...]
    guard lines[0].hasPrefix("HTTP/1.1 "), let status = Int(lines[0].split(separator: " ")[1]) else {
      Issue.record("not a status line: \(lines[0])")
      return found
    }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    }
    let length = fields["content-length"].flatMap { Int($0) } ?? 0
    guard rest.count >= length else {
      Issue.record("an answer's body is shorter than it says: \(lines)")
      return found
    }
    found.append(Response(status: status, fields: fields, body: String(decoding: rest.prefix(length), as: UTF8.self)))
    rest = rest.dropFirst(length)
  }
  return found
}

/// A request with a body.
func post(
  _ body: String,
  to topic: String = "temps",
  type: String = "application/json",
  _ more: [String] = [],
  version: String = "1.1"
) -> String {
  let fields = ["Host: h", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] + more
  return "POST /v1/events/\(topic) HTTP/\(version)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// A request with a body in chunks.
func chunked(
  _ pieces: [String],
  type: String = "application/json",
  _ more: [String] = [],
  trailers: String = "",
  ext: String = ""
) -> String {
  let fields = ["Host: h", "Content-Type: \(type)", "Transfer-Encoding: chunked"] + more
  let body = pieces.map { "\(String($0.utf8.count, radix: 16))\(ext)\r\n\($0)\r\n" }.joined() + "0\r\n\(trailers)\r\n"
  return "POST /v1/events/temps HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}
