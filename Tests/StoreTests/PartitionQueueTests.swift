import Kafka
import Testing

@testable import Store

/// The batches of a partition, on their way to a leader that forgets, fails and goes.
@Suite struct PartitionQueueTests {
  private let first = ProducerIdentity(id: 7, epoch: 0)

  /// A queue with so many batches of three records, behind one that is through.
  private func queue(_ batches: UInt32) -> PartitionQueue {
    var queue = PartitionQueue()
    queue.append(99, records: 3)
    for batch in 0..<batches { queue.append(batch, records: 3) }
    _ = queue.send(0, as: first)
    #expect(queue.next == nil, "the first goes alone")
    #expect(queue.answered(99, .none) == .taken)
    return queue
  }
  private func send(_ queue: inout PartitionQueue, as producer: ProducerIdentity) -> [PartitionQueue.Entry] {
    var sent: [PartitionQueue.Entry] = []
    while let next = queue.next { sent.append(queue.send(next, as: producer).entry) }
    return sent
  }

  @Test func `five fly, numbered one behind the other`() {
    var queue = queue(7)
    let sent = send(&queue, as: first)
    #expect(sent.map(\.sequence) == [3, 6, 9, 12, 15])
    #expect(queue.answered(0, .none) == .taken)
    #expect(send(&queue, as: first).map(\.sequence) == [18])
  }

  @Test func `what failed goes first and alone, and the others follow as they were`() {
    var queue = queue(4)
    _ = send(&queue, as: first)
    #expect(queue.answered(0, .notLeaderOrFollower) == .again(isElsewhere: true))
    #expect(queue.next == nil)
    for batch in 1..<4 as Range<UInt32> {
      #expect(queue.answered(batch, .outOfOrderSequence) == .again(isElsewhere: false))
    }
    #expect(send(&queue, as: first).map(\.batch) == [0])
    #expect(queue.answered(0, .none) == .taken)
    #expect(send(&queue, as: first).map(\.sequence) == [6])
    #expect(queue.answered(1, .duplicateSequence) == .taken)
    #expect(send(&queue, as: first).map(\.batch) == [2])
    #expect(queue.answered(2, .none) == .taken)
    #expect(send(&queue, as: first).map(\.batch) == [3])
    #expect(queue.answered(3, .none) == .taken)
    #expect(queue.count == 0 && queue.doubtful == 0)
  }

  @Test func `a connection that ends has all of it sent again`() {
    var queue = queue(3)
    _ = send(&queue, as: first)
    queue.disconnected()
    #expect(send(&queue, as: first).map(\.sequence) == [3])
    #expect(queue.answered(0, .none) == .taken)
    #expect(send(&queue, as: first).map(\.sequence) == [6])
  }

  @Test func `a broker that knows nothing of what came before gets another epoch`() {
    var queue = queue(3)
    _ = send(&queue, as: first)
    for batch in [2, 1] as [UInt32] {
      #expect(queue.answered(batch, .outOfOrderSequence) == .again(isElsewhere: false))
    }
    #expect(queue.answered(0, .outOfOrderSequence) == .needsEpoch)
    #expect(queue.next == nil && queue.needsEpoch)
    let second = ProducerIdentity(id: 7, epoch: 1)
    let isRenewed = queue.renew(second)
    #expect(isRenewed)
    #expect(send(&queue, as: second).map(\.sequence) == [0])
    #expect(queue.answered(0, .none) == .taken)
    #expect(send(&queue, as: second).map(\.sequence) == [3, 6])
    #expect(queue.doubtful == 3)
  }

  @Test func `what is refused is gone, and what is behind it goes under another epoch`() {
    var queue = queue(3)
    _ = send(&queue, as: first)
    #expect(queue.answered(0, .invalidRecord) == .refused)
    let isTooEarly = !queue.renew(first)
    #expect(isTooEarly)
    for batch in [1, 2] as [UInt32] {
      #expect(queue.answered(batch, .outOfOrderSequence) == .again(isElsewhere: false))
    }
    let second = ProducerIdentity(id: 7, epoch: 1)
    let isRenewed = queue.renew(second)
    #expect(isRenewed)
    #expect(send(&queue, as: second).map(\.batch) == [1])
  }

  @Test func `what is too large is cut, and keeps its numbers`() {
    var queue = queue(2)
    _ = send(&queue, as: first)
    #expect(queue.answered(0, .messageTooLarge) == .tooLarge)
    #expect(queue.answered(1, .outOfOrderSequence) == .again(isElsewhere: false))
    queue.replace(0, with: [(10, 1), (11, 2)])
    var sent: [PartitionQueue.Entry] = []
    while let next = queue.next {
      let entry = queue.send(next, as: first).entry
      sent.append(entry)
      #expect(queue.answered(entry.batch, .none) == .taken)
    }
    #expect(sent.map(\.batch) == [10, 11, 1])
    #expect(sent.map(\.sequence) == [3, 4, 6])
    var single = PartitionQueue()
    single.append(0, records: 1)
    _ = single.send(0, as: first)
    #expect(single.answered(0, .messageTooLarge) == .refused)
  }

  @Test func `numbers go on behind the largest there is`() {
    #expect(PartitionQueue.sequence(Int32.max - 1, after: 3) == 1)
    #expect(PartitionQueue.sequence(Int32.max, after: 1) == 0)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever happens, all of it arrives in order, and twice only where that is said or forgotten`(seed: UInt64) {
    var world = FlakyPartition(seed: seed)
    let queue = world.run(batches: 60)
    let arrived = world.log.reduce(into: [UInt32]()) { if !$0.contains($1) { $0.append($1) } }
    #expect(arrived == Array(0..<60))
    if !world.hasForgotten { #expect(UInt64(world.log.count - 60) <= queue.doubtful) }
  }
}

/// A leader with the rules of Apache Kafka for sequences, and a network that loses requests and answers.
private struct FlakyPartition {
  private var state: UInt64
  private(set) var log: [UInt32] = []
  /// Whether it has lost what it knew of producers: then it takes what it has once more.
  private(set) var hasForgotten = false
  private var epoch: Int16 = -1
  /// The batches of that epoch that are remembered: first sequence and how many records.
  private var remembered: [(first: Int32, records: Int32)] = []
  private var expected: Int32 = 0

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  private mutating func draw(_ bound: UInt64) -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state % bound
  }

  private mutating func produce(_ entry: PartitionQueue.Entry) -> KafkaError {
    guard let producer = entry.producer, producer.epoch >= epoch else { return .invalidProducerEpoch }
    if producer.epoch > epoch {
      guard entry.sequence == 0 else { return .outOfOrderSequence }
      (epoch, remembered, expected) = (producer.epoch, [], 0)
    }
    if remembered.contains(where: { $0.first == entry.sequence && $0.records == entry.records }) { return .none }
    guard entry.sequence == expected else { return .outOfOrderSequence }
    log.append(entry.batch)
    remembered = remembered.suffix(4) + [(entry.sequence, entry.records)]
    expected = PartitionQueue.sequence(expected, after: entry.records)
    return .none
  }

  mutating func run(batches: UInt32) -> PartitionQueue {
    var queue = PartitionQueue()
    var producer = ProducerIdentity(id: 1, epoch: 0)
    var added: UInt32 = 0
    var onTheWay: [PartitionQueue.Entry] = []
    var answers: [(UInt32, KafkaError)] = []
    while added < batches || queue.count > 0 {
      switch draw(12) {
      case 0...3 where added < batches:
        queue.append(added, records: Int32(1 + draw(4)))
        added += 1
      case 4...6:
        if queue.needsEpoch, queue.flying == 0 {
          producer.epoch += 1
          _ = queue.renew(producer)
        }
        if let next = queue.next { onTheWay.append(queue.send(next, as: producer).entry) }
      case 7...8:
        guard !onTheWay.isEmpty else { continue }
        let entry = onTheWay.removeFirst()
        let error = draw(8) == 0 ? KafkaError.notLeaderOrFollower : produce(entry)
        answers.append((entry.batch, error))
      case 9...10:
        guard !answers.isEmpty else { continue }
        let (batch, error) = answers.removeFirst()
        _ = queue.answered(batch, error)
      case 11 where draw(6) == 0:
        // The connection breaks: some of what is on the way still arrives, no answer does.
        for entry in onTheWay where draw(2) == 0 { _ = produce(entry) }
        (onTheWay, answers) = ([], [])
        queue.disconnected()
        if draw(10) == 0 { (epoch, remembered, expected, hasForgotten) = (-1, [], 0, true) }
      default: break
      }
    }
    return queue
  }
}
