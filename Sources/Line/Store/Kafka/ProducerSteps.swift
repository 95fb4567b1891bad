public import Bytes
internal import Kafka

/// What the producer wants done.
extension KafkaProducer {
  /// What to do next.
  public mutating func step(_ nowNs: Int64) -> Step {
    cutBatches(nowNs)
    closeBatches(nowNs)
    for link in links.indices {
      if let step = step(of: link, nowNs) { return step }
    }
    if let link = linkToOpen(nowNs) {
      links[link].state = .connecting
      return .connect(link: link, host: links[link].host, port: links[link].port)
    }
    return .wait(untilNs: dueNs(nowNs))
  }

  private mutating func step(of link: Int, _ nowNs: Int64) -> Step? {
    guard links[link].state == .open else { return nil }
    if links[link].fault == nil { checkTime(of: link, nowNs) }
    if let fault = links[link].fault {
      links[link].state = .closing
      return .close(link: link, fault)
    }
    guard !links[link].isSending else { return nil }
    ask(link, nowNs)
    if !links[link].outbox.isEmpty {
      links[link].isSending = true
      return .say(link: link, links[link].outbox.removeFirst())
    }
    guard links[link].isReady(nowNs), links[link].flying.count < ProducerLink.flyingMax, identity != nil,
      let place = partitionToSend(on: link, nowNs), prepare(place, on: link, nowNs)
    else { return nil }
    links[link].isSending = true
    return .send(link: link)
  }
  private mutating func checkTime(of link: Int, _ nowNs: Int64) {
    do throws(BrokerFault) {
      try links[link].session?.checkTime(nowNs)
      if let renewNs = links[link].session?.renewNs, nowNs >= renewNs, links[link].flying.isEmpty {
        links[link].outbox.append(try links[link].session!.startAuthentication(nowNs))
      }
    } catch { links[link].fault = error }
  }

  // MARK: Questions

  /// Puts the questions on a link that are to be asked now.
  private mutating func ask(_ link: Int, _ nowNs: Int64) {
    guard links[link].isReady(nowNs) else { return }
    do throws(BrokerFault) {
      if nowNs >= map.askNs {
        map.asked(nowNs, random: draw())
        let request = map.request(createsTopics: settings.createsTopics)
        links[link].outbox.append(try links[link].session!.request(request, nowNs).bytes)
      }
      if wantsIdentity, !awaitsIdentity, nowNs >= identityNotBeforeNs {
        var request = InitProducerIDRequest()
        // Nothing of it is a transaction; brokers ask for a number all the same.
        request.transactionTimeoutMs = .max
        if let identity { (request.producerID, request.epoch) = (identity.id, identity.epoch) }
        links[link].outbox.append(try links[link].session!.request(request, nowNs).bytes)
        awaitsIdentity = true
      }
    } catch { links[link].fault = error }
  }
  /// Whether an identity is needed: a first one, or another epoch, which is asked for when nothing flies that needs it.
  private var wantsIdentity: Bool {
    if identity == nil { return true }
    for place in 0..<partitionCount where partitions[place].queue.needsEpoch && partitions[place].queue.flying == 0 {
      return true
    }
    return false
  }

  // MARK: Batches

  /// Closes the batches that have waited long enough, or have nothing to wait for.
  private mutating func closeBatches(_ nowNs: Int64) {
    for place in 0..<partitionCount {
      guard let open = partitions[place].open, batches[open].records > 0 else { continue }
      // With nothing under way there is nothing to wait for; behind a batch that waits itself this one goes on filling.
      let queue = partitions[place].queue
      let isIdle = queue.count == 0
      let hasWaited = nowNs - batches[open].openedNs >= settings.lingerNs
      let isDue = hasWaited && queue.count == queue.flying && queue.flying < PartitionQueue.flyingMax
      if isIdle || isDue { close(place) }
    }
  }
  /// A partition whose leader is at the end of a link and that has something to send.
  private func partitionToSend(on link: Int, _ nowNs: Int64) -> Int? {
    for place in 0..<partitionCount where leads(link, place) {
      let partition = partitions[place]
      guard let next = partition.queue.next, nowNs >= partition.notBeforeNs else { continue }
      // An answer may be there before its request has been given back.
      guard !batches[Int(partition.queue[next].batch)].isAway else { continue }
      // Batches on two ways might pass one another.
      guard partition.queue.flying == 0 || partition.link == link else { continue }
      return place
    }
    return nil
  }
  private func leads(_ link: Int, _ place: Int) -> Bool {
    let partition = map[settings.topics[partitions[place].topic], partitions[place].index]
    return partition.map { $0.leader >= 0 && $0.leader == links[link].broker } ?? false
  }
  /// Makes a partition's next batch ready to be sent on a link; whether that could be done.
  private mutating func prepare(_ place: Int, on link: Int, _ nowNs: Int64) -> Bool {
    guard let version = links[link].session?.version(of: .produce), version >= 7 || !settings.compresses else {
      links[link].fault = .unsupported(.produce)
      return false
    }
    guard let next = partitions[place].queue.next, let identity else { return false }
    let (entry, isNumbered) = partitions[place].queue.send(next, as: identity)
    let batch = Int(entry.batch)
    guard let producer = entry.producer else { broken("a batch that is sent has its numbers") }
    if batches[batch].sealed == nil {
      let spare = settings.compresses ? regions.take() : nil
      if let free = batches[batch].seal(producer, entry.sequence, through: &compressor, into: spare) {
        regions.put(free)
      }
    } else if isNumbered {
      batches[batch].sealed!.renew(producer, sequence: entry.sequence)
    }
    if batches[batch].frame?.version != version, let spare = regions.take() {
      let frame = partitions[place].frame(settings, version: version)
      regions.put(batches[batch].wrap(frame, into: spare))
    }
    partitions[place].link = link
    links[link].flying.append(entry.batch)
    return true
  }
  /// Hands out the request that is to be sent on a link.
  public mutating func takeRegion(_ link: Int, _ nowNs: Int64) -> Region {
    guard let batch = links[link].flying.last else { broken("a batch was made ready") }
    guard let version = batches[Int(batch)].frame?.version else { broken("a batch has a request") }
    let header = links[link].session!.note(.produce, version, nowNs, tag: UInt64(batch))
    batches[Int(batch)].isAway = true
    return batches[Int(batch)].sealed!.take(header.correlation)
  }

  // MARK: Links

  /// A link that should be opened: to a leader that something waits for, else to anybody while little is known.
  private mutating func linkToOpen(_ nowNs: Int64) -> Int? {
    for place in 0..<partitionCount where partitions[place].queue.count > 0 {
      let topic = settings.topics[partitions[place].topic]
      guard let leader = map[topic, partitions[place].index]?.leader, leader >= 0, let broker = map.brokers[leader]
      else {
        continue
      }
      let link = linkTo(broker)
      if links[link].state == .idle, nowNs >= links[link].notBeforeNs { return link }
    }
    guard nowNs >= map.askNs || identity == nil else { return nil }
    if links.contains(where: { $0.state == .open || $0.state == .connecting }) { return nil }
    let free = links.indices.filter { links[$0].state == .idle && nowNs >= links[$0].notBeforeNs }
    return free.isEmpty ? nil : free[Int(draw() % UInt64(free.count))]
  }
  /// The link to a broker; one of the bootstrap's that turns out to be at its place is it.
  private mutating func linkTo(_ broker: ClusterMap.Broker) -> Int {
    if let known = links.firstIndex(where: { $0.broker == broker.id }) {
      if links[known].state == .idle { (links[known].host, links[known].port) = (broker.host, broker.port) }
      return known
    }
    if let same = links.firstIndex(where: { $0.broker < 0 && $0.host == broker.host && $0.port == broker.port }) {
      links[same].broker = broker.id
      return same
    }
    links.append(ProducerLink(host: broker.host, port: broker.port, broker: broker.id))
    return links.count - 1
  }

  /// When something comes due; 0 for never.
  private func dueNs(_ nowNs: Int64) -> Int64 {
    var due = Int64.max
    func note(_ ns: Int64) { if ns > nowNs { due = min(due, ns) } }
    note(map.askNs)
    note(identityNotBeforeNs)
    for link in links {
      note(link.notBeforeNs)
      guard let session = link.session, link.state == .open else { continue }
      note(session.throttledUntilNs)
      if let ns = session.dueNs { note(ns) }
      if let ns = session.renewNs { note(ns) }
    }
    for place in 0..<partitionCount {
      note(partitions[place].notBeforeNs)
      if let open = partitions[place].open { note(batches[open].openedNs + settings.lingerNs) }
    }
    return due == .max ? 0 : due
  }
}
