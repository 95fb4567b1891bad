public import Bytes
internal import Formats
internal import Kafka

/// What the producer is told.
extension KafkaProducer {
  /// What a broker said, read.
  private enum Answer {
    case metadata(MetadataResponse)
    case identity(InitProducerIDResponse)
    case produced(PartitionQueue.BatchID, ProduceResponse)
  }

  /// A link is connected; `nonce` is printable, without commas, and never used before.
  public mutating func connected(_ link: Int, nonce: String, _ nowNs: Int64) {
    var session = BrokerSession(settings.session, nonce: nonce)
    links[link].outbox = [session.begin(nowNs)]
    (links[link].session, links[link].state, links[link].isSending) = (session, .open, false)
  }
  /// What `say` said has gone out.
  public mutating func said(_ link: Int) { links[link].isSending = false }
  /// What `send` sent has gone out, or will not: the region comes back either way.
  public mutating func sent(_ link: Int, _ region: consuming Region, of batch: UInt32) {
    links[link].isSending = false
    batches[Int(batch)].sealed!.put(region)
    batches[Int(batch)].isAway = false
    if batches[Int(batch)].isDone { free(batch) }
  }
  /// The batch that is sent on a link.
  public func batch(on link: Int) -> UInt32 { links[link].flying.last ?? .max }

  /// A link is closed, or could not be opened: what flew on it is sent again.
  public mutating func closed(_ link: Int, _ nowNs: Int64) {
    for place in 0..<partitionCount where partitions[place].link == link { partitions[place].queue.disconnected() }
    let wait = links[link].backoff.fail(random: draw())
    links[link].notBeforeNs = nowNs + wait
    if links[link].session?.pending.contains(where: { $0.api == .initProducerID }) == true { awaitsIdentity = false }
    (links[link].session, links[link].fault) = (nil, nil)
    (links[link].state, links[link].isSending) = (.idle, false)
    (links[link].outbox, links[link].flying) = ([], [])
    map.doubt()
  }

  /// Takes what came on a link; what is wrong with it closes the link at the next step.
  public mutating func received(_ link: Int, _ bytes: RawSpan, _ nowNs: Int64) {
    guard links[link].state == .open, links[link].fault == nil, var session = links[link].session else { return }
    var answers: [Answer] = []
    do throws(BrokerFault) {
      let reply = try session.take(bytes, nowNs) { asked, answer throws(BrokerFault) in
        switch asked.api {
        case .metadata: answers.append(.metadata(try BrokerSession.read(MetadataResponse.self, answer, to: asked)))
        case .initProducerID:
          answers.append(.identity(try BrokerSession.read(InitProducerIDResponse.self, answer, to: asked)))
        default:
          let batch = PartitionQueue.BatchID(truncatingIfNeeded: asked.tag)
          answers.append(.produced(batch, try BrokerSession.read(ProduceResponse.self, answer, to: asked)))
        }
      }
      links[link].session = session
      if !reply.isEmpty { links[link].outbox.append(reply) }
      if session.phase == .ready { links[link].backoff.succeed() }
      for answer in answers { try learn(answer, from: link, nowNs) }
    } catch { links[link].fault = error }
  }

  private mutating func learn(_ answer: Answer, from link: Int, _ nowNs: Int64) throws(BrokerFault) {
    switch answer {
    case .metadata(let message):
      map.take(message, nowNs)
      placePartitions()
    case .identity(let message): learn(message, nowNs)
    case .produced(let batch, let message):
      links[link].session?.throttle(ms: message.throttleMs, nowNs)
      links[link].flying.removeAll { $0 == batch }
      try learn(message, of: batch, nowNs)
    }
  }
  /// Gives every partition that the cluster has a place.
  private mutating func placePartitions() {
    for (topic, name) in settings.topics.enumerated() {
      let count = map.topics[name]?.partitions.count ?? 0
      while places[topic].count < count, partitionCount < partitions.count {
        partitions[partitionCount] = ProducerPartition()
        partitions[partitionCount].topic = topic
        partitions[partitionCount].index = Int32(places[topic].count)
        places[topic].append(partitionCount)
        partitionCount += 1
      }
    }
  }
  private mutating func learn(_ message: InitProducerIDResponse, _ nowNs: Int64) {
    awaitsIdentity = false
    guard message.error == .none else {
      identityNotBeforeNs = nowNs + identityBackoff.fail(random: draw())
      // An identity that brokers no longer know gives way to another one.
      if !message.error.isRetriable { identity = nil }
      return
    }
    identityBackoff.succeed()
    let new = ProducerIdentity(id: message.producerID, epoch: message.epoch)
    identity = new
    for place in 0..<partitionCount { _ = partitions[place].queue.renew(new) }
  }

  private mutating func learn(_ message: ProduceResponse, of batch: PartitionQueue.BatchID, _ nowNs: Int64)
    throws(BrokerFault)
  {
    let place = batches[Int(batch)].place
    guard message.topics.count == 1, message.topics[0].name == settings.topics[partitions[place].topic],
      message.topics[0].partitions.count == 1, message.topics[0].partitions[0].index == partitions[place].index
    else { throw .refused(.produce, .unknownServerError, "an answer about other partitions") }
    let answer = message.topics[0].partitions[0]
    let records = batches[Int(batch)].records
    switch partitions[place].queue.answered(batch, answer.error) {
    case .taken:
      partitions[place].backoff.succeed()
      deliver(batch, place, records, .none, answer.baseOffset)
    case .refused: deliver(batch, place, records, answer.error, -1)
    case .again(let isElsewhere): retry(place, isElsewhere, answer, message.brokers?.brokers ?? [], nowNs)
    case .tooLarge: partitions[place].tooLarge = batch
    case .needsEpoch: break
    }
  }
  private mutating func retry(
    _ place: Int,
    _ isElsewhere: Bool,
    _ answer: ProducedPartition,
    _ brokers: [MetadataBroker],
    _ nowNs: Int64
  ) {
    if isElsewhere {
      map.doubt()
      let topic = settings.topics[partitions[place].topic]
      // A new leader that is known need not be waited for.
      if let leader = answer.leader, map.take(leader, of: topic, answer.index, at: brokers) { return }
    }
    partitions[place].notBeforeNs = nowNs + partitions[place].backoff.fail(random: draw())
  }
  private mutating func deliver(
    _ batch: PartitionQueue.BatchID,
    _ place: Int,
    _ records: Int32,
    _ error: KafkaError,
    _ baseOffset: Int64
  ) {
    deliveries.append(
      Delivery(
        topic: partitions[place].topic,
        partition: partitions[place].index,
        records: records,
        error: error,
        baseOffset: baseOffset
      )
    )
    batches[Int(batch)].isDone = true
    if !batches[Int(batch)].isAway { free(batch) }
  }
  private mutating func free(_ batch: PartitionQueue.BatchID) {
    regions.put(batches[Int(batch)].finish())
    freeBatches.append(batch)
  }
  /// Takes out what became of batches so far.
  public mutating func takeDeliveries() -> [Delivery] {
    defer { deliveries.removeAll(keepingCapacity: true) }
    return deliveries
  }

  // MARK: Batches that are too large

  /// Cuts the batches in two that are too large for the cluster, as far as there is room.
  mutating func cutBatches(_ nowNs: Int64) {
    for place in 0..<partitionCount {
      guard let batch = partitions[place].tooLarge, !batches[Int(batch)].isAway, freeBatches.count >= 2,
        regions.free > 2
      else { continue }
      partitions[place].tooLarge = nil
      cut(batch, of: place, nowNs)
    }
  }
  private mutating func cut(_ batch: PartitionQueue.BatchID, of place: Int, _ nowNs: Int64) {
    let records = batches[Int(batch)].records
    guard let frame = batches[Int(batch)].frame, let range = batches[Int(batch)].sealed?.batchRange,
      let scratch = regions.take()
    else { broken("a batch that is cut was sent, and there is room") }
    let whole = batches[Int(batch)].finish()
    var parts: [(batch: PartitionQueue.BatchID, records: Int32)] = []
    for half in [0..<records / 2, records / 2..<records] {
      guard let part = freeBatches.popLast(), let region = regions.take() else { broken("there is room for two") }
      batches[Int(part)].begin(in: region, frame, bytesMax: settings.batchBytesMax, of: place, nowNs: nowNs)
      parts.append((part, Int32(half.count)))
    }
    let left = Self.copy(whole, range, records, parts.map { Int($0.batch) }, &batches, scratch)
    partitions[place].queue.replace(batch, with: parts)
    regions.put(left.whole)
    regions.put(left.scratch)
    freeBatches.append(batch)
  }
  private struct Left: ~Copyable {
    var whole: Region
    var scratch: Region
  }
  /// Copies the records of a batch into two others.
  private static func copy(
    _ whole: consuming Region,
    _ range: Range<Int>,
    _ count: Int32,
    _ parts: [Int],
    _ batches: inout Slots<ProducerBatch>,
    _ scratch: consuming Region
  ) -> Left {
    var decompressor = LZ4Decompressor()
    var scratch = scratch
    do throws(RecordBatchFault) {
      let batch = try RecordBatch(decoding: whole.bytes.extracting(range))
      var reader = try batch.records(through: &decompressor, into: &scratch)
      var index: Int32 = 0
      while let record = try reader.next() {
        let isWritten = batches[parts[index < count / 2 ? 0 : 1]].append(record)
        require(isWritten, "half of a batch fits where all of it did")
        index += 1
      }
    } catch { broken("a batch that was made here can be read: \(error)") }
    return Left(whole: whole, scratch: scratch)
  }
}
