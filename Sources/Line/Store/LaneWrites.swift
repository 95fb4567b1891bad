public import Bytes
public import Events
internal import Formats

/// The writes of a lane: each fills or completes a region, says where it goes, and is under way from then on.
extension Lane {
  /// Fills `region` with the header of the next segment.
  public mutating func open(into region: inout Region, utcNs: Int64, nowNs: Int64) -> Write {
    let needed = SegmentHeader.byteCount(topics: settings.topics) + settings.commitBytesMax
    guard case .closed = phase, flights.isEmpty, let next = segments.free(for: needed) else {
      require(false, "a segment is opened when one is free and nothing is under way")
      return Write(slot: 0, offset: 0)
    }
    let before = slot.map { predecessor(slot: $0) }
    segments.startEmptyLog(at: committed)
    let oldest = segments.oldestGeneration(or: generation + 1)
    generation += 1
    let header = SegmentHeader(
      segment: SegmentHeader.SegmentName(lane: settings.lane, slot: next),
      generation: generation,
      epoch: epoch,
      secret: secret,
      firstSequence: sequence,
      firstPrevious: previous,
      timeNs: utcNs,
      oldestGeneration: oldest,
      predecessor: before,
      segmentBlocks: UInt32(settings.segmentBytes / CommitHeader.blockBytes),
      topics: committed.indices.map { topic in
        SegmentHeader.TopicState(
          topic: TopicID(rawValue: UInt16(topic)),
          nextOffset: committed[topic],
          logStart: segments.logStarts[topic]
        )
      }
    )
    region.count = 0
    header.write(into: &region)
    sealSlot()
    segments[next].state = .live
    segments[next].generation = generation
    segments[next].indexBlock = 0
    let starts = committed
    segments.setStarts(of: next) { starts[Int($0.rawValue)] }
    slot = next
    position = region.count
    index.reset()
    phase = .opening
    counters.segmentsOpened &+= 1
    track(region, .header, events: 0, last: lastCommitted, nowNs: nowNs)
    return Write(slot: next, offset: 0)
  }

  /// Completes a sealed batch into a commit.
  ///
  /// - Parameters:
  ///   - region: the batch's entries behind room for the commit's header; padded to whole blocks here.
  ///   - events: how many events it holds.
  ///   - last: the number of the last of them.
  ///   - utcNs: when it is sealed, in nanoseconds since the Unix epoch.
  ///   - nowNs: monotonic nanoseconds.
  /// - Returns: where the region is to be written.
  public mutating func commit(
    _ region: inout Region,
    events: Int,
    last: EventNumber,
    utcNs: Int64,
    nowNs: Int64
  ) -> Write {
    require(events > 0, "a commit of records holds some")
    note(region.bytes, utcNs: utcNs)
    recordsSequence = sequence
    lastCommitted = last
    counters.commits &+= 1
    counters.bytesUsed &+= UInt64(region.count)
    return write(&region, .records, events: UInt64(events), last: last, utcNs: utcNs, nowNs: nowNs)
  }

  /// Fills `region` with the index that ends the segment.
  public mutating func index(into region: inout Region, utcNs: Int64, nowNs: Int64) -> Write {
    guard case .closing(hasIndex: false) = phase, let slot else {
      require(false, "an index ends a segment once")
      return Write(slot: 0, offset: 0)
    }
    region.count = CommitHeader.byteCount
    index.write(into: &region)
    segments[slot].indexBlock = UInt32(position / CommitHeader.blockBytes)
    phase = .closing(hasIndex: true)
    return write(&region, .index, events: 0, last: lastCommitted, utcNs: utcNs, nowNs: nowNs)
  }

  /// Fills `region` with a commit that holds nothing but the news that all before it is durable.
  public mutating func seal(into region: inout Region, utcNs: Int64, nowNs: Int64) -> Write {
    require(flights.isEmpty, "a seal is written when nothing is under way")
    region.count = CommitHeader.byteCount
    counters.seals &+= 1
    return write(&region, .seal, events: 0, last: lastCommitted, utcNs: utcNs, nowNs: nowNs)
  }

  private mutating func write(
    _ region: inout Region,
    _ kind: CommitHeader.Kind,
    events: UInt64,
    last: EventNumber,
    utcNs: Int64,
    nowNs: Int64
  ) -> Write {
    guard let slot else {
      require(false, "a commit has a segment")
      return Write(slot: 0, offset: 0)
    }
    var header = CommitHeader(
      kind: kind,
      lane: settings.lane,
      bytesUsed: region.count,
      events: UInt32(events),
      generation: generation,
      sequence: sequence,
      durableThrough: durableSequence,
      timeNs: utcNs,
      epoch: epoch,
      previous: previous
    )
    header.seal(&region, secret: secret)
    let write = Write(slot: slot, offset: position)
    position += region.count
    require(position <= settings.segmentBytes, "a commit lies within its segment")
    previous = header.check
    segments[slot].lastTimeNs = utcNs
    lastWriteNs = nowNs
    track(region, .commit, events: events, last: last, nowNs: nowNs)
    sequence += 1
    return write
  }

  private mutating func track(
    _ region: borrowing Region,
    _ kind: Flight.Kind,
    events: UInt64,
    last: EventNumber,
    nowNs: Int64
  ) {
    counters.bytesWritten &+= UInt64(region.count)
    underWay += 1
    bytesInFlight += region.count
    flights.append(
      Flight(
        region: region.id,
        kind: kind,
        sequence: sequence,
        events: events,
        last: last,
        byteCount: region.count,
        submittedNs: nowNs,
        durableThrough: kind == .commit ? durableSequence : 0
      )
    )
  }

  /// What became of the writes that one completion settled.
  public struct Settled: Sendable {
    /// Events that have become safe.
    public var events: UInt64 = 0
    /// How long the completed write took, in nanoseconds.
    public var latencyNs: Int64 = 0
  }

  /// Learns how the write of a region ended: its bytes, or a negated error number.
  ///
  /// A write that failed is never retried as if it had worked: `failure` is set and nothing more becomes safe.
  public mutating func completed(_ region: RegionID, _ result: Int32, nowNs: Int64) -> Settled {
    var settled = Settled()
    for place in 0..<flights.count where flights[place].region == region && !flights[place].isDone {
      settled.latencyNs = nowNs - flights[place].submittedNs
      underWay -= 1
      bytesInFlight -= flights[place].byteCount
      if Int(result) != flights[place].byteCount {
        failure = result < 0 ? result : -5
        return settled
      }
      flights[place].isDone = true
    }
    guard failure == nil else { return settled }
    while let first = flights.first, first.isDone {
      _ = flights.popFirst()
      settled.events += first.events
      switch first.kind {
      case .header: phase = .open
      case .commit:
        durableSequence = first.sequence
        safe = max(safe, first.last)
        publishedThrough = max(publishedThrough, first.durableThrough)
      }
    }
    return settled
  }

  /// Notes the offsets and places of a batch's entries.
  private mutating func note(_ bytes: RawSpan, utcNs: Int64) {
    var at = CommitHeader.byteCount
    while at < bytes.byteCount, let end = BatchEntry.end(in: bytes, at: at) {
      let topic = TopicID(rawValue: bytes.integer(UInt16.self, at: at))
      let base = bytes.integer(UInt64.self, at: at + BatchEntry.byteCount)
      let count = UInt64(bytes.integer(UInt32.self, at: at + BatchEntry.byteCount + 57))
      require(base == committed[Int(topic.rawValue)], "offsets are consecutive")
      committed[Int(topic.rawValue)] = base + count
      let block = UInt32(position / CommitHeader.blockBytes)
      index.note(SegmentIndex.Entry(topic: topic, block: block, baseOffset: base, timeNs: utcNs))
      at = end
    }
    require(at == bytes.byteCount, "entries fill their commit")
  }

  /// Ends the segment that took commits until here.
  private mutating func sealSlot() {
    guard let slot, segments[slot].state == .live else { return }
    segments[slot].state = .sealed
    segments[slot].endBlock = UInt32(position / CommitHeader.blockBytes)
    segments[slot].endSequence = sequence
  }

  private func predecessor(slot: UInt16) -> SegmentHeader.Predecessor {
    let segment = segments[slot]
    let isLive = segment.state == .live
    return SegmentHeader.Predecessor(
      generation: segment.generation,
      slot: slot,
      endBlock: isLive ? UInt32(position / CommitHeader.blockBytes) : segment.endBlock,
      endSequence: isLive ? sequence : segment.endSequence,
      indexBlock: segment.indexBlock
    )
  }
}
