internal import Events
internal import Formats
internal import Gateway
internal import Settings
internal import World

/// Replays as the control thread knows them: those that a shard has not answered, and where those went that it has.
///
/// What was stored is remembered until it surely can be found in the log, so that who asks twice is told so twice.
struct NodeReplays {
  /// Somebody who waits for an answer.
  private struct Waiting {
    let record: String
    let topic: String
    let client: AdminServer.ClientID
    let untilNs: Int64
    var isTold = false
  }
  /// An answer, and who waits for it.
  typealias Answer = (client: AdminServer.ClientID, page: AdminPage)

  private let token: ReplayToken
  private var lastTicket: UInt64 = 0
  private var waiting: [UInt64: Waiting] = [:]
  /// By record: where it was stored.
  private var stored: [String: String] = [:]
  /// Their names, the oldest first, from `forgotten` on.
  private var names: [String] = []
  private var forgotten = 0

  /// How long an answer is waited for.
  static let patienceNs: Int64 = 10_000_000_000
  /// Records that are remembered: far more than are replayed before the log tells of the first of them.
  private static let storedMax = 1 << 16

  init(_ token: ReplayToken) { self.token = token }

  /// What is to be said to a request before its body is asked for; `nil` when it may go on.
  func objection(to request: AdminRequest) -> AdminPage? {
    guard request.method == "POST" else { return .only("POST") }
    guard token.opens(request.authorization) else {
      return .text("The token in the data directory opens this: use `sluice quarantine replay`.\n", status: 401)
    }
    return nil
  }

  /// What is to be said of a record without asking a shard; `nil` when one must be asked.
  func answer(to request: ReplayRequest, topic: String) -> AdminPage? {
    if let place = stored[request.name] {
      return .json(Self.text(request.name, topic, "already", place))
    }
    if waiting.values.contains(where: { $0.record == request.name }) {
      return .json(Self.text(request.name, topic, "unknown", ""), status: 409)
    }
    return nil
  }

  /// Notes that a shard is asked; what the event's ticket is.
  mutating func ask(_ record: String, topic: String, for client: AdminServer.ClientID, nowNs: Int64) -> UInt64 {
    lastTicket += 1
    let untilNs = nowNs + Self.patienceNs
    waiting[lastTicket] = Waiting(record: record, topic: topic, client: client, untilNs: untilNs)
    return lastTicket
  }
  /// Notes that a shard could not be asked.
  mutating func withdraw(_ ticket: UInt64) { waiting[ticket] = nil }

  /// Hears from a shard; whom to tell.
  mutating func hear(_ replayed: Replayed) -> Answer? {
    guard let asked = waiting.removeValue(forKey: replayed.ticket) else { return nil }
    let page: AdminPage
    switch replayed.outcome {
    case .stored(let lane, let offset):
      let place = ",\"partition\":\(lane.rawValue)" + (offset.map { ",\"offset\":\($0)" } ?? "")
      remember(asked.record, place)
      page = .json(Self.text(asked.record, asked.topic, "stored", place))
    case .refused(let verdict):
      let verdict = ",\"verdict\":" + String(decoding: verdict, as: UTF8.self)
      page = .json(Self.text(asked.record, asked.topic, "refused", verdict))
    case .unknown: page = .json(Self.text(asked.record, asked.topic, "unknown", ""), status: 504)
    }
    return asked.isTold ? nil : (asked.client, page)
  }
  /// Those who have waited long enough: what becomes of their events is not known yet.
  mutating func expire(nowNs: Int64) -> [Answer] {
    var answers: [Answer] = []
    for (ticket, asked) in waiting where !asked.isTold && asked.untilNs < nowNs {
      waiting[ticket]?.isTold = true
      answers.append((asked.client, .json(Self.text(asked.record, asked.topic, "unknown", ""), status: 504)))
    }
    return answers
  }

  private mutating func remember(_ record: String, _ place: String) {
    if names.count - forgotten == Self.storedMax {
      stored[names[forgotten]] = nil
      forgotten += 1
    }
    if forgotten == Self.storedMax {
      names.removeFirst(forgotten)
      forgotten = 0
    }
    stored[record] = place
    names.append(record)
  }

  /// What is said of a record; names of records and topics need no escapes.
  private static func text(_ record: String, _ topic: String, _ outcome: String, _ more: String) -> String {
    "{\"record\":\"\(record)\",\"topic\":\"\(topic)\",\"outcome\":\"\(outcome)\"\(more)}\n"
  }
}

extension Control {
  /// Answers what is asked on the admin listener.
  mutating func serve(_ ready: UInt64) {
    let nowNs = monotonicNs()
    admin.receive(ready, nowNs: nowNs)
    while let (client, request) = admin.next() {
      if request.path == ReplayRequest.path {
        replay(request, of: client, nowNs: nowNs)
      } else if request.isForPages {
        admin.answer(client, state.page(for: request.path))
      } else {
        admin.answer(client, .only("GET, HEAD"))
      }
    }
    for answer in replays.expire(nowNs: nowNs) { admin.answer(answer.client, answer.page) }
    admin.send(nowNs: nowNs)
  }

  private mutating func replay(_ request: AdminRequest, of client: AdminServer.ClientID, nowNs: Int64) {
    if let objection = replays.objection(to: request) { return admin.answer(client, objection) }
    guard !request.body.isEmpty else {
      // The largest record of a side lane fits, and its name.
      return admin.awaitBody(of: client, atMost: max(node.plan.sizes.sideBatchBytes, 64 << 10))
    }
    guard let asked = ReplayRequest(reading: request.body), var event = asked.event,
      Int(event.topic.rawValue) < node.plan.topics.count
    else { return admin.answer(client, .text("No record of quarantine with a payload.\n", status: 400)) }
    let topic = node.plan.topics[Int(event.topic.rawValue)]
    guard settings.topics.contains(where: { $0.name == topic.name }) else {
      let verdict = ",\"outcome\":\"refused\",\"verdict\":{\"reason\":\"\(Refusal.unknownTopic.row.label)\"}}\n"
      return admin.answer(client, .json("{\"record\":\"\(asked.name)\",\"topic\":\"\(topic.name)\"\(verdict)"))
    }
    if let page = replays.answer(to: asked, topic: topic.name) { return admin.answer(client, page) }
    event.ticket = replays.ask(asked.name, topic: topic.name, for: client, nowNs: nowNs)
    let shards = node.plan.shards
    let keyed = topic.order == .key ? event.shard(ofKeyAmong: node.plan.manifest.lanes, shards: shards) : nil
    let own = QuarantineEntry.place(named: asked.name).map { Int($0.0.number) % shards }
    guard node.tell(.replay(event), to: keyed ?? own ?? 0) else {
      replays.withdraw(event.ticket)
      return admin.answer(client, .text("Busy: try again.\n", status: 503))
    }
    admin.awaitAnswer(for: client, untilNs: nowNs + NodeReplays.patienceNs + 2_000_000_000)
  }
}
