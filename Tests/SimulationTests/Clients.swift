import Events
import Formats
import LogReading
import Simulator
import World

/// What one request or frame deserves, and what it carries.
struct Sent {
  /// The numbers of its events, in order.
  var numbers: [UInt64]
  let topic: Int
  /// The key its events have.
  var key: String?
  /// The only status it may get when all goes well; 200 for stored.
  var status: Int
  /// What is wrong with each of its events, if its topic has a schema.
  var flaws: [SimulatedSchemas.Flaw?] = []

  /// Whether it may be refused with that status when all goes well.
  func mayGet(_ status: Int) -> Bool {
    if status == self.status { return true }
    // What depends on the version that holds at the moment may be all that is in it.
    return status == 422 && self.status == 200 && topic != ClientMaker.sifted && !flaws.isEmpty
      && !flaws.contains(nil)
  }
}

/// What became of one request or frame.
enum Outcome: Equatable {
  case stored
  /// Some events were refused: these, by their place in the request.
  case partly([Int])
  case refused(Int)
}

/// Where an answer says that events were stored.
struct Receipt {
  /// Which requests or frames it speaks for, by their place among what was sent.
  let sent: Range<Int>
  let events: Int
  /// How many more were set aside.
  var quarantined = 0
  /// The lane; `nil` when it names none.
  let partition: Int?
  /// The offsets of the first and the last event; `nil` when it names none.
  let offsets: ClosedRange<UInt64>?
  /// The request that a framed answer names: its last.
  var request: Int?
  /// The topic that a framed answer names.
  var alias: Int?
}

/// What a client was answered.
struct Answers {
  /// In the order of what it sent.
  var outcomes: [Outcome] = []
  var receipts: [Receipt] = []
  /// What each says of single events, by their places: a reason, or `quarantined`.
  var verdicts: [[Int: String]] = []
  /// Answers that make no sense.
  var faults: [String] = []
  /// Whether it was told that a message took too long.
  var isTimedOut = false
}

/// What one client sends: its bytes, and what it says in order.
struct Client {
  let isFramed: Bool
  var bytes: [UInt8] = []
  var sent: [Sent] = []

  /// Its end of a connection.
  func peer() -> SimulatedPeer {
    SimulatedPeer(to: ListenerID(rawValue: isFramed ? 1 : 0), sending: bytes)
  }

  /// What it was answered.
  func answers(_ peer: SimulatedPeer) -> Answers {
    isFramed ? framedAnswers(peer.fromServer) : httpAnswers(peer.fromServer)
  }

  private func httpAnswers(_ bytes: [UInt8]) -> Answers {
    var answers = Answers()
    var rest = bytes[...]
    while let end = headEnd(rest) {
      let head = String(decoding: rest[..<end], as: UTF8.self)
      let status = Int(head.dropFirst(9).prefix(3)) ?? 0
      let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
      let length = field.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
      guard rest.count >= end - rest.startIndex + length else { break }
      let body = String(decoding: rest[end..<(end + length)], as: UTF8.self)
      rest = rest[(end + length)...]
      let place = answers.outcomes.count
      switch status {
      case 100: break
      case 200, 204:
        answers.outcomes.append(.stored)
        answers.verdicts.append(verdicts(body))
        answers.receipts.append(status == 200 ? receipt(body, place) : receipt(line: head, place))
      case 207:
        let verdicts = verdicts(body)
        answers.verdicts.append(verdicts)
        answers.outcomes.append(
          .partly(verdicts.filter { $0.value != "quarantined" }.keys.sorted())
        )
        answers.isTimedOut = answers.isTimedOut || body.contains("\"status\":408")
        answers.receipts.append(receipt(body, place))
      default:
        answers.outcomes.append(.refused(status))
        answers.verdicts.append(verdicts(body))
        answers.isTimedOut = answers.isTimedOut || status == 408
      }
    }
    return answers
  }
  /// What a body says of single events.
  private func verdicts(_ body: String) -> [Int: String] {
    var verdicts: [Int: String] = [:]
    for part in body.split(separator: "{\"event\":", omittingEmptySubsequences: false).dropFirst() {
      verdicts[Int(part.prefix { $0.isNumber }) ?? -1] = reason(part) ?? "quarantined"
    }
    if verdicts.isEmpty, let reason = reason(body[...]) { verdicts[0] = reason }
    return verdicts
  }
  private func reason(_ text: Substring) -> String? {
    text.firstRange(of: "\"reason\":\"").map {
      String(text[$0.upperBound...].prefix { $0 != "\"" })
    }
  }
  private func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
    var at = bytes.startIndex
    while at + 4 <= bytes.endIndex {
      if bytes[at] == 13, bytes[at + 1] == 10, bytes[at + 2] == 13, bytes[at + 3] == 10 { return at + 4 }
      at += 1
    }
    return nil
  }

  /// Reads a receipt that is a body.
  private func receipt(_ body: String, _ place: Int) -> Receipt {
    let first = number(behind: "\"offsets\":{\"first\":", in: body)
    let last = number(behind: "\"last\":", in: body)
    var receipt = receipt(place, body, "\"events\":", "\"partition\":", first, last)
    receipt.quarantined = number(behind: ",\"quarantined\":", in: body).map { Int($0) } ?? 0
    return receipt
  }
  /// Reads a receipt that is a line of a head.
  private func receipt(line head: String, _ place: Int) -> Receipt {
    let line = head.split(separator: "\r\n").first { $0.hasPrefix("Sluice-Receipt: ") }.map { String($0) + ";" } ?? ""
    let (first, last) = (number(behind: ";first=", in: line), number(behind: ";last=", in: line))
    var receipt = receipt(place, line, ";events=", ";partition=", first, last)
    receipt.quarantined = number(behind: ";quarantined=", in: line).map { Int($0) } ?? 0
    return receipt
  }
  private func receipt(
    _ place: Int,
    _ text: String,
    _ events: String,
    _ partition: String,
    _ first: UInt64?,
    _ last: UInt64?
  ) -> Receipt {
    var offsets: ClosedRange<UInt64>?
    if let first, let last, first <= last { offsets = first...last }
    return Receipt(
      sent: place..<place + 1,
      events: number(behind: events, in: text).map { Int($0) } ?? -1,
      partition: number(behind: partition, in: text).map { Int($0) },
      offsets: offsets
    )
  }
  private func number(behind name: String, in text: String) -> UInt64? {
    text.firstRange(of: name).flatMap { UInt64(text[$0.upperBound...].prefix { $0.isNumber }) }
  }

  private func framedAnswers(_ bytes: [UInt8]) -> Answers {
    var answers = Answers()
    var at = 0
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
    while at + 12 <= bytes.count, at + 4 + Int(number(at, 4)) <= bytes.count {
      let place = answers.outcomes.count
      switch bytes[at + 4] {
      case 0x83:
        let count = Int(number(at + 12, 4))
        let (first, last) = (number(at + 20, 8), number(at + 28, 8))
        answers.outcomes += Array(repeating: .stored, count: count)
        let isAside = bytes[at + 19] == 1
        answers.verdicts += Array(repeating: isAside ? [0: "quarantined"] : [:], count: count)
        var receipt = Receipt(
          sent: place..<place + count,
          events: isAside ? 0 : count,
          quarantined: isAside ? count : 0,
          partition: isAside && number(at + 16, 2) == 0xFFFF ? nil : Int(number(at + 16, 2)),
          offsets: first == .max ? nil : first...max(first, last)
        )
        (receipt.request, receipt.alias) = (Int(number(at + 8, 4)), Int(number(at + 6, 2)))
        answers.receipts.append(receipt)
        if first > last { answers.faults.append("a run ends at offset \(last), before it starts at \(first)") }
      case 0x85:
        let reason = Refusal(rawValue: bytes[at + 16])
        let count = Int(number(at + 12, 4))
        answers.outcomes += Array(repeating: .refused(reason?.row.status ?? 0), count: count)
        answers.verdicts += Array(
          repeating: [0: reason.map { "\($0.row.label)" } ?? "nothing"],
          count: count
        )
      case 0x86: answers.isTimedOut = Refusal(rawValue: bytes[at + 12]) == .timedOut
      default: break
      }
      at += 4 + Int(number(at, 4))
    }
    return answers
  }
}

/// Makes clients out of a seed.
///
/// Every event carries a number of its own.
struct ClientMaker {
  var random: SplitMix
  private(set) var next: UInt64 = 1
  /// The events that may be set aside, by what is known of them then.
  private(set) var flaws: [ContentDigest: UInt64] = [:]
  /// What is wrong with events, by their numbers.
  private(set) var known: [UInt64: SimulatedSchemas.Flaw] = [:]
  /// How events may be stored, and with which key, by their numbers.
  private(set) var kept: [UInt64: (events: [[UInt8]], key: String?)] = [:]
  /// Whether they have personal data in them, which plans redact.
  let isRedacting: Bool

  init(random: SplitMix, isRedacting: Bool = false) { (self.random, self.isRedacting) = (random, isRedacting) }

  /// The topics of the simulated world: 0 plain, 1 compressed, 2 acknowledged from memory, 3 ordered by key, 4 set
  /// aside; with schemas: 5 refuses what does not fit, 6 sets it aside, 7 refuses it and is ordered by key.
  static let topics = ["plain", "packed", "quick", "keyed", "flawed", "strict", "sifted", "filed"]
  static let flawed = 4
  static let sifted = 6
  static let checked: Set = [5, 6, 7]
  static let keyed: Set = [3, 7]
  static let eventBytesMax = 1500

  mutating func client(requestsMax: Int) -> Client {
    var client = Client(isFramed: random.once(in: 3))
    if client.isFramed {
      for (alias, topic) in Self.topics.enumerated() {
        client.bytes += frame(2, alias: alias, request: 0, Array(topic.utf8))
      }
    }
    for request in 0..<random.below(requestsMax) {
      if client.isFramed { addFrame(to: &client, UInt32(request)) } else { addRequest(to: &client) }
    }
    return client
  }

  private mutating func event(
    of topic: Int,
    key: String?,
    version: Int? = nil,
    isEnvelope: Bool = false
  ) -> (number: UInt64, bytes: [UInt8], flaw: SimulatedSchemas.Flaw?) {
    defer { next += 1 }
    // Events with personal data grow, and none may grow beyond its limit.
    let padding = random.below(random.once(in: 8) && !isEnvelope ? isRedacting ? 400 : 1300 : 60)
    var (start, end) = ("{\"n\":\(next),\"p\":\"\(String(repeating: "x", count: padding))\"", "}")
    var (flaw, isJSON) = (SimulatedSchemas.Flaw?.none, true)
    if Self.checked.contains(topic), random.once(in: 3) {
      let kind = random.below(4)
      // Where a name stands twice, that is the mistake.
      flaw = [.malformed, .late, .malformed, .unfit][kind]
      end = [",\"q\":", ",\"late\":1}", ",\"n\":null}", "}"][kind]
      if kind == 3 { start = "{\"n\":\(next),\"p\":7" }
      isJSON = kind != 0
      if kind == 1, version == 1 { flaw = nil }
    }
    if version == 9 { flaw = .unknownVersion }
    known[next] = flaw
    var members = isRedacting ? SimulatedRedaction.members(&random) : []
    if isEnvelope { members = SimulatedRedaction.envelope(of: members, next) }
    let bytes = Array((start + members.map(\.sent).joined() + end).utf8)
    let forms = (0..<(isRedacting ? 2 : 1)).map { plan in
      Array((start + members.map { $0.kept[plan] }.joined() + end).utf8)
    }
    kept[next] = (forms, key.map { isRedacting ? SimulatedRedaction.kept(key: $0) : $0 })
    if topic == Self.flawed || topic == Self.sifted && flaw != nil {
      // What can't be read is known by what came.
      for form in isJSON ? forms : [bytes] { flaws[ContentDigest(of: form.span.bytes)] = next }
    }
    return (next, bytes, flaw)
  }
  private mutating func key(of topic: Int) -> String? {
    let isKeyed = Self.keyed.contains(topic) || isRedacting && [Self.flawed, Self.sifted].contains(topic)
    guard isKeyed else { return nil }
    let number = random.below(5)
    return isRedacting ? SimulatedRedaction.key(number) : "k\(number)"
  }

  private mutating func addFrame(to client: inout Client, _ request: UInt32) {
    let topic = random.below(Self.topics.count)
    let key = key(of: topic)
    let event = event(of: topic, key: key)
    var rest: [UInt8] = key.map { [0, UInt8($0.utf8.count)] + Array($0.utf8) } ?? []
    if random.once(in: 40) {
      rest += [UInt8](repeating: 7, count: Self.eventBytesMax + 1)
      client.sent.append(Sent(numbers: [event.number], topic: topic, key: key, status: 413))
    } else {
      rest += event.bytes
      let status = topic != Self.sifted && event.flaw?.isCertain == true ? 422 : 200
      client.sent.append(
        Sent(numbers: [event.number], topic: topic, key: key, status: status, flaws: [event.flaw])
      )
    }
    client.bytes += frame(3, flags: key == nil ? 0 : 4, alias: topic, request: Int(request), rest)
  }

  private func frame(_ kind: UInt8, flags: UInt8 = 0, alias: Int, request: Int, _ rest: [UInt8]) -> [UInt8] {
    big(8 + rest.count, 4) + [kind, flags] + big(alias, 2) + big(request, 4) + rest
  }
  private func big(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
  }

  private mutating func addRequest(to client: inout Client) {
    let topic = random.below(Self.topics.count)
    var name = Self.topics[topic]
    var sent = Sent(numbers: [], topic: topic, key: key(of: topic), status: 200)
    let isMany = random.once(in: 3)
    var version: Int?
    if Self.checked.contains(topic), random.once(in: 5) { version = [1, 1, 9][random.below(3)] }
    let isEnvelope = isRedacting && !isMany && !Self.checked.contains(topic) && random.once(in: 4)
    var body: [UInt8] = []
    for _ in 0..<(isMany ? 1 + random.below(12) : 1) {
      let event = event(of: topic, key: sent.key, version: version, isEnvelope: isEnvelope)
      sent.numbers.append(event.number)
      sent.flaws.append(event.flaw)
      body += event.bytes + (isMany ? [10] : [])
    }
    let isUnfit = sent.flaws.allSatisfy { $0?.isCertain == true }
    if topic != Self.sifted, isUnfit { sent.status = 422 }
    if random.once(in: 10) {
      name = "nowhere"
      sent.status = 404
    }
    var head = "POST /v1/events/\(name) HTTP/1.1\r\nHost: sluice\r\n"
    let form = isMany ? "x-ndjson" : isEnvelope ? "cloudevents+json" : "json"
    head += "Content-Type: application/\(form)\r\n"
    if let key = sent.key { head += "Sluice-Key: \(key)\r\n" }
    if let version { head += "Sluice-Schema-Version: \(version)\r\n" }
    if isRedacting, !isMany, !isEnvelope, random.once(in: 4) { head += SimulatedRedaction.attributes(next) }
    if random.once(in: 6) { head += "Prefer: return=minimal\r\n" }
    if random.once(in: 4) {
      client.bytes += Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunked(body)
    } else {
      client.bytes += Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }
    client.sent.append(sent)
  }

  private mutating func chunked(_ body: [UInt8]) -> [UInt8] {
    var rest = body[...]
    var bytes: [UInt8] = []
    while !rest.isEmpty {
      let count = min(rest.count, 1 + random.below(400))
      bytes += Array("\(String(count, radix: 16))\r\n".utf8) + rest.prefix(count) + [13, 10]
      rest = rest.dropFirst(count)
    }
    return bytes + Array("0\r\n\r\n".utf8)
  }
}

extension ClientMaker {
  /// The event that a record of a side lane speaks of: its number and its topic.
  func aside(_ event: LoggedEvent) -> (number: UInt64, topic: Int)? {
    do throws(QuarantineFault) {
      let record = try QuarantineRecord(decoding: event.value.span.bytes)
      guard let number = flaws[record.digest], isKept(record, event, as: number) else { return nil }
      let topic = Int(record.topic.rawValue)
      guard topic == Self.sifted else {
        return topic == Self.flawed && record.schemaVersion == 0 ? (number, topic) : nil
      }
      // What was set aside for want of a version has none; all else was held against one.
      guard let flaw = known[number], (flaw == .unknownVersion) == (record.schemaVersion == 0)
      else { return nil }
      let verdict = record.verdict.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      return verdict.hasPrefix("{\"reason\":\"\(flaw.reason)\",") ? (number, topic) : nil
    } catch { return nil }
  }
  /// Whether no more is kept of an event that is set aside than its plan leaves.
  private func isKept(_ record: borrowing QuarantineRecord, _ event: LoggedEvent, as number: UInt64) -> Bool {
    guard let kept = kept[number], (record.plan != 0) == isRedacting else { return false }
    guard event.key.map({ String(decoding: $0, as: UTF8.self) }) == kept.key else { return false }
    guard let payload = record.payload else { return true }
    return ContentDigest(of: payload) == record.digest
  }
  /// Its number.
  func number(aside event: LoggedEvent) -> UInt64? { aside(event)?.number }
}

/// The number of an event found in a log.
func number(of event: LoggedEvent) -> UInt64? {
  let digits = event.value.dropFirst(5).prefix { $0 >= 0x30 && $0 <= 0x39 }
  guard event.value.starts(with: "{\"n\":".utf8), !digits.isEmpty else { return nil }
  return UInt64(String(decoding: digits, as: UTF8.self))
}
