import Formats

/// Compares what producers were told with what a log holds.
struct Audit {
  private(set) var problems: [String] = []
  private(set) var events = 0
  private(set) var acknowledged = 0
  /// The offset behind the last of each topic and lane.
  private(set) var ends: [String: UInt64] = [:]
  /// Whether each event, by its name, is in the log; to be looked for again after the next crash.
  private(set) var found: Set<UInt64> = []

  /// - Parameters:
  ///   - log: what was read after the end.
  ///   - producers: everybody who ever sent to it.
  ///   - loose: topics whose events may be lost, since they are acknowledged before they are safe.
  ///   - mayStoreUnanswered: whether events may be there of which their sender knows nothing, as after a crash.
  ///   - before: what an earlier audit found, none of which may be missing.
  init(
    _ log: LoggedEvents,
    of producers: [Producer],
    loose: Set<String> = ["loose"],
    mayStoreUnanswered: Bool = true,
    before: Set<UInt64> = []
  ) {
    events = log.events.count
    for fault in log.faults { note("cannot be read: \(fault)") }
    let byConnection = Dictionary(uniqueKeysWithValues: producers.map { ($0.numbering.connection, $0) })
    var last: [String: Int] = [:]
    var nextOffset: [String: UInt64] = [:]
    var places: [UInt64: (lane: Int, offset: UInt64)] = [:]
    places.reserveCapacity(log.events.count)
    for event in log.events {
      let partition = "\(event.topic)/\(event.lane)"
      if event.offset != nextOffset[partition, default: 0] {
        note("offset \(event.offset) of \(partition) follows \(nextOffset[partition, default: 0])")
      }
      nextOffset[partition] = event.offset + 1
      guard let (connection, sequence) = Numbering.read(event.value), let producer = byConnection[connection],
        producer.topic == event.topic, sequence < producer.verdicts.count,
        producer.numbering.payload(sequence) == event.value
      else {
        note("invented: \(String(decoding: event.value.prefix(60), as: UTF8.self)) in \(partition)")
        continue
      }
      if producer.numbering.isSpoiled(sequence) { note("stored, though it does not fit: \(connection)/\(sequence)") }
      let name = Audit.name(connection, sequence)
      if places.updateValue((event.lane, event.offset), forKey: name) != nil {
        note("twice: event \(sequence) of connection \(connection) in \(partition)")
      }
      let stream = "\(connection)/" + String(decoding: event.key ?? [], as: UTF8.self)
      if sequence <= last[stream, default: -1] {
        note("out of order: event \(sequence) of \(stream) behind \(last[stream, default: -1])")
      }
      last[stream] = sequence
    }
    ends = nextOffset
    let asides = asides(log, producers)
    for producer in producers {
      compare(producer, places, asides, mayLose: loose.contains(producer.topic), mayStoreUnanswered)
    }
    found = asides.union(places.keys)
    for name in before.subtracting(found).prefix(3) {
      note("vanished: event \(name & 0xFFFF_FFFF) of connection \(name >> 32) was in the log")
    }
  }

  /// The names of the events that were set aside, each once and in order.
  private mutating func asides(_ log: LoggedEvents, _ producers: [Producer]) -> Set<UInt64> {
    var names: [ContentDigest: UInt64] = [:]
    for producer in producers where producer.numbering.spoils {
      for sequence in producer.verdicts.indices where producer.numbering.isSpoiled(sequence) {
        let payload = producer.numbering.payload(sequence)
        names[ContentDigest(of: payload.span.bytes)] = Audit.name(producer.numbering.connection, sequence)
      }
    }
    var (found, last): (Set<UInt64>, [UInt64: UInt64]) = ([], [:])
    for digest in log.asides {
      guard let name = names[digest] else {
        note("set aside, and nobody sent it: \(digest)")
        continue
      }
      if !found.insert(name).inserted { note("set aside twice: event \(name & 0xFFFF_FFFF) of \(name >> 32)") }
      if name <= last[name >> 32, default: 0] { note("set aside out of order: \(name & 0xFFFF_FFFF) of \(name >> 32)") }
      last[name >> 32] = name
    }
    return found
  }

  private mutating func compare(
    _ producer: Producer,
    _ places: [UInt64: (lane: Int, offset: UInt64)],
    _ asides: Set<UInt64>,
    mayLose: Bool,
    _ mayStoreUnanswered: Bool
  ) {
    let connection = producer.numbering.connection
    for surprise in producer.surprises { note("connection \(connection), \(producer.topic): \(surprise)") }
    for (sequence, verdict) in producer.verdicts.enumerated() {
      let name = Audit.name(connection, sequence)
      let isThere = places[name] != nil || asides.contains(name)
      switch verdict {
      case .mixed: break
      case .unknown:
        if isThere, !mayStoreUnanswered {
          note("accepted, yet not answered: event \(sequence) of connection \(connection), \(producer.traffic)")
        }
      case .acknowledged:
        acknowledged += 1
        guard !isThere, !mayLose else { continue }
        let receipt = producer.receipts.first { $0.sequence >= sequence }
        let place = receipt.map { ", receipt for offset \($0.offset) in lane \($0.lane) at event \($0.sequence)" } ?? ""
        note("lost: event \(sequence) of connection \(connection), \(producer.topic), \(producer.traffic)\(place)")
      case .refused:
        if isThere { note("refused, yet stored: event \(sequence) of connection \(connection)") }
      }
    }
    for receipt in producer.receipts {
      guard let place = places[Audit.name(connection, receipt.sequence)] else { continue }
      if place != (receipt.lane, receipt.offset) {
        note("connection \(connection): receipt \(receipt) for what is in \(place)")
      }
    }
  }

  static func name(_ connection: Int, _ sequence: Int) -> UInt64 { UInt64(connection) << 32 | UInt64(sequence) }
  private mutating func note(_ problem: String) { if problems.count < 10 { problems.append(problem) } }
}
