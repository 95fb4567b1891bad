import Bytes
import Formats
import Kafka
import Simulator

@testable import Store

/// A producer and a strict cluster with a network between them that is slow, breaks and comes back, from a seed.
struct ProducerWorld: ~Copyable {
  /// What happens at a time.
  private enum Event {
    case connected(link: Int)
    case arrives([UInt8], link: Int, life: Int)
    case comes([UInt8], link: Int, life: Int)
    case ends(link: Int, life: Int)
    case sent(link: Int, batch: UInt32)
  }
  var producer: KafkaProducer
  var cluster: KafkaCluster
  private(set) var nowNs: Int64 = 0
  private(set) var deliveries: [KafkaProducer.Delivery] = []
  /// Why links were closed.
  private(set) var faults: [BrokerFault] = []
  private var events: [(atNs: Int64, order: Int, event: Event)] = []
  private var order = 0
  /// The connection of a link, and which of its lives that is.
  private var connections: [Int: (id: KafkaConnectionID, life: Int)] = [:]
  private var lives: [Int: Int] = [:]
  /// Until when each direction of a link is taken: what is sent later comes later.
  private var lastNs: [Int: Int64] = [:]
  private var away: Slots<Region?>
  var random: UInt64
  /// What a broker's answer becomes on its way.
  var change: ([UInt8]) -> [UInt8] = { $0 }
  /// How long a way takes at the most.
  var wayNs: UInt64 = 2_000_000

  init(_ settings: KafkaProducer.Settings, _ cluster: KafkaCluster, seed: UInt64) {
    producer = KafkaProducer(settings, seed: seed)
    (self.cluster, random) = (cluster, seed &* 0x9E37_79B9_7F4A_7C15 | 1)
    away = Slots(settings.batchesMax) { _ in nil }
  }
  mutating func draw(_ bound: UInt64) -> UInt64 {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return random % bound
  }

  private mutating func schedule(_ event: Event, _ atNs: Int64) {
    order += 1
    let place = events.firstIndex { $0.atNs > atNs } ?? events.count
    events.insert((atNs, order, event), at: place)
  }
  /// When something that is sent now on a link arrives: never before what was sent earlier.
  private mutating func arrival(_ link: Int, from ns: Int64) -> Int64 {
    let at = max(lastNs[link] ?? 0, ns + Int64(draw(wayNs)))
    lastNs[link] = at
    return at
  }

  /// Does what the producer wants, for so long or until nothing is left to do.
  mutating func run(forNs: Int64) {
    let end = nowNs + forNs
    while nowNs < end {
      deliveries += producer.takeDeliveries()
      switch producer.step(nowNs) {
      case .connect(let link, _, let port): connect(link, broker: port)
      case .say(let link, let bytes):
        let life = lives[link] ?? 0
        schedule(.arrives(bytes, link: link, life: life), arrival(link, from: nowNs))
        producer.said(link)
      case .send(let link): send(link)
      case .close(let link, let fault):
        if let fault { faults.append(fault) }
        drop(link)
      case .wait(let untilNs):
        let next = events.first?.atNs ?? .max
        let wake = min(next, untilNs > 0 ? untilNs : .max, end)
        nowNs = max(nowNs, wake)
        while let first = events.first, first.atNs <= nowNs {
          events.removeFirst()
          handle(first.event)
        }
      }
    }
  }

  private mutating func connect(_ link: Int, broker: Int32) {
    let life = (lives[link] ?? 0) + 1
    lives[link] = life
    if let id = cluster.connect(to: broker) {
      connections[link] = (id, life)
      schedule(.connected(link: link), nowNs + Int64(draw(wayNs)))
    } else {
      schedule(.ends(link: link, life: life), nowNs + Int64(draw(wayNs)))
    }
  }
  private mutating func send(_ link: Int) {
    let batch = producer.batch(on: link)
    let region = producer.takeRegion(link, nowNs)
    let bytes = Self.copy(region)
    away[Int(batch)] = consume region
    schedule(.arrives(bytes, link: link, life: lives[link] ?? 0), arrival(link, from: nowNs))
    // Whether the answer or the end of the send is known first is not known.
    schedule(.sent(link: link, batch: batch), nowNs + Int64(draw(2 * wayNs)))
  }
  private static func copy(_ region: borrowing Region) -> [UInt8] { (0..<region.count).map { region.bytes.byte($0) } }
  private mutating func giveBack(_ link: Int, _ batch: UInt32) {
    guard let region = away[Int(batch)].take() else { return }
    producer.sent(link, region, of: batch)
  }
  /// A link's connection is gone: what was being sent comes back first.
  private mutating func drop(_ link: Int) {
    for (index, item) in events.enumerated().reversed() {
      guard case .sent(link, let batch) = item.event else { continue }
      events.remove(at: index)
      giveBack(link, batch)
    }
    if let connection = connections.removeValue(forKey: link) { cluster.disconnect(connection.id) }
    lives[link] = (lives[link] ?? 0) + 1
    producer.closed(link, nowNs)
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .connected(let link):
      guard let connection = connections[link], cluster.isOpen(connection.id) else { return drop(link) }
      producer.connected(link, nonce: "nonce\(order)", nowNs)
    case .arrives(let bytes, let link, let life):
      guard let connection = connections[link], connection.life == life else { return }
      guard cluster.isOpen(connection.id) else { return drop(link) }
      let answer = cluster.answer(Array(bytes[4...]), on: connection.id, nowMs: nowNs / 1_000_000)
      let at = max(nowNs, answer.atMs * 1_000_000)
      if !answer.bytes.isEmpty {
        schedule(.comes(change(answer.bytes), link: link, life: life), arrival(link, from: at))
      }
      if answer.closes { schedule(.ends(link: link, life: life), arrival(link, from: at)) }
    case .comes(let bytes, let link, let life):
      guard let connection = connections[link], connection.life == life else { return }
      var place = 0
      // In pieces, as TCP has it.
      while place < bytes.count {
        let piece = Array(bytes[place..<min(bytes.count, place + 1 + Int(draw(4000)))])
        producer.received(link, piece.span.bytes, nowNs)
        place += piece.count
      }
    case .ends(let link, let life): if lives[link] == life { drop(link) }
    case .sent(let link, let batch): giveBack(link, batch)
    }
  }
  /// Ends the connections that the cluster no longer has.
  mutating func noticeEnds() {
    for (link, connection) in connections where !cluster.isOpen(connection.id) { drop(link) }
  }
}
