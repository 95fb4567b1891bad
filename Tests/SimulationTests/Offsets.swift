import Events
import Formats
import LogReading

/// Sees to it that the events of each topic of a lane have consecutive offsets, each once.
///
/// Every segment's header says where each topic stands. The oldest segment's is believed, because retention may have
/// taken away what was before it; from there on headers and events must agree.
struct Offsets {
  private(set) var faults: [String] = []
  private let lane: LaneID
  private var next: [TopicID: UInt64] = [:]
  private var generation: UInt64?

  init(of lane: LaneID) { self.lane = lane }

  /// Notes that the commits that follow stand in a segment, and those of the segments before it are over.
  mutating func enter(_ generation: UInt64, _ headers: [SegmentHeader]) {
    guard generation != self.generation else { return }
    for header in headers where header.generation > self.generation ?? 0 && header.generation <= generation {
      check(header)
    }
    self.generation = generation
  }

  mutating func note(_ event: LoggedEvent) {
    let expected = next[event.topic] ?? 0
    if event.offset != expected {
      fault("an event of topic \(event.topic.rawValue) has offset \(event.offset) where \(expected) is due")
    }
    next[event.topic] = event.offset + 1
  }

  /// Looks at the segments behind the last commit.
  mutating func end(_ headers: [SegmentHeader]) {
    if let newest = headers.last { enter(newest.generation, headers) }
    // Nothing before the oldest segment is there to be read, and nothing in it is hidden.
    for state in headers.last?.topics ?? [] {
      let start = headers[0].topics.first { $0.topic == state.topic }?.nextOffset ?? 0
      if state.logStart != start { fault("topic \(state.topic.rawValue) starts at \(start), not \(state.logStart)") }
    }
  }

  private mutating func check(_ header: SegmentHeader) {
    let isOldest = generation == nil && next.isEmpty
    for state in header.topics {
      if isOldest {
        next[state.topic] = state.nextOffset
      } else if state.nextOffset != next[state.topic] ?? 0 {
        fault(
          "segment \(header.generation) opens topic \(state.topic.rawValue) at \(state.nextOffset), "
            + "which stands at \(next[state.topic] ?? 0)"
        )
      }
    }
  }

  private mutating func fault(_ text: String) {
    if faults.count < 5 { faults.append("\(lane.isSide ? "side lane" : "lane") \(lane.number): \(text)") }
  }
}
