internal import Decode
internal import Events
internal import Store

/// An event on its way through the line once more.
struct Replay: Sendable {
  let event: ReplayedEvent
  /// Where it went, once it found room.
  var placement: Placement?
}

/// Events that were set aside and are replayed: between turns, one after the other.
extension Shard where M: ~Copyable {
  /// Takes an event that is to be put on the line once more; `nextReplayed` says what becomes of it.
  public mutating func replay(_ event: ReplayedEvent) { replays.append(Replay(event: event)) }

  /// How many of them wait for what becomes of them.
  public var replaysWaiting: Int { replays.count }

  /// What has become of one of them; `nil` when nothing is known yet.
  ///
  /// That may change after every turn.
  public mutating func nextReplayed() -> Replayed? {
    for index in replays.indices {
      guard let outcome = advance(replay: index) else { continue }
      return Replayed(ticket: replays.remove(at: index).event.ticket, outcome: outcome)
    }
    return nil
  }

  /// Goes on with one of them as far as it can; what became of it, if that is known.
  private mutating func advance(replay index: Int) -> ReplayOutcome? {
    if replays[index].placement == nil {
      guard state == .serving else { return .refused(Array("{\"reason\":\"draining\"}".utf8)) }
      switch line.replay(replays[index].event) {
      case .later: return nil
      case .refused(let verdict): return .refused(verdict)
      case .placed(let placement): replays[index].placement = placement
      }
      // Nobody else may come who would have it written, or its lane's shard woken.
      commit()
      sendNews()
    }
    guard let placement = replays[index].placement else { return nil }
    guard desk.watermarks.isSafe(placement.mark) else { return state == .failed ? .unknown : nil }
    return .stored(placement.lane, offset: placement.offset)
  }
}
