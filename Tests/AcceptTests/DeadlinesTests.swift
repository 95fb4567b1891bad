import Accept
import Testing

private let second: Int64 = 1_000_000_000
private let limits = TimeLimits(headNs: 10 * second, bodyNs: 30 * second, idleNs: 60 * second, sendNs: 5 * second)

/// Everything a whole sweep at one moment finds.
private func sweep(_ deadlines: inout Deadlines, at nowNs: Int64) -> [Overdue] {
  var found: [Overdue] = []
  for _ in 0..<Deadlines.ticksPerSweep {
    deadlines.tick()
    while let overdue = deadlines.next(nowNs: nowNs) { found.append(overdue) }
  }
  return found
}

@Suite struct DeadlinesTests {
  @Test(arguments: [
    (ConnectionStage.idle, 60 * second, Overdue.Action.close), (.head, 10 * second, .refuse),
    (.body, 30 * second, .refuse),
  ])
  func `a stage ends at its limit and not before`(stage: ConnectionStage, limit: Int64, action: Overdue.Action) {
    var deadlines = Deadlines(connections: 5, limits: limits)
    deadlines.open(3, nowNs: 100)
    if stage != .idle { deadlines.note(3, stage: stage, isNext: false, nowNs: 100) }
    let before = sweep(&deadlines, at: 100 + limit - 1)
    let after = sweep(&deadlines, at: 100 + limit)
    #expect(before == [] && after.map(\.connection) == [3] && after.map(\.action) == [action])
  }

  @Test func `a connection that waits for us has all the time it needs`() {
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: 0)
    deadlines.note(0, stage: .waiting, isNext: false, nowNs: 0)
    let found = sweep(&deadlines, at: .max - 1)
    #expect(found == [])
    deadlines.note(0, stage: .idle, isNext: false, nowNs: 100 * second)
    let later = sweep(&deadlines, at: 160 * second)
    #expect(later.map(\.action) == [.close])
  }

  @Test func `a head that drips ends when a silent one would`() {
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: 0)
    for step in 0..<99 { deadlines.note(0, stage: .head, isNext: false, nowNs: Int64(step) * second / 10) }
    let found = sweep(&deadlines, at: 10 * second)
    #expect(found.map(\.action) == [.refuse])
  }

  @Test func `every message has its own time for its head`() {
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: 0)
    for step in 0..<100 {
      deadlines.note(0, stage: .head, isNext: true, nowNs: Int64(step) * second)
      let found = sweep(&deadlines, at: Int64(step) * second + second / 2)
      #expect(found == [])
    }
  }

  @Test func `a body at the least rate or above never runs out of time, one below does`() {
    for (bytesPerSecond, ends) in [(1024, false), (5000, false), (512, true), (1, true)] {
      var deadlines = Deadlines(connections: 1, limits: limits)
      deadlines.open(0, nowNs: 0)
      var endedAt: Int?
      for step in 0..<1000 where endedAt == nil {
        deadlines.note(0, stage: .body, isNext: false, bodyBytes: bytesPerSecond, nowNs: Int64(step) * second)
        if !sweep(&deadlines, at: Int64(step) * second).isEmpty { endedAt = step }
      }
      #expect((endedAt != nil) == ends, "\(bytesPerSecond)")
      if bytesPerSecond == 1 { #expect(endedAt == 31) }
      if bytesPerSecond == 512 { #expect(endedAt.map { $0 > 55 && $0 < 65 } == true) }
    }
  }

  @Test func `a send that makes no progress is shut down whatever the stage`() {
    for stage in [ConnectionStage.idle, .head, .body, .waiting] {
      var deadlines = Deadlines(connections: 1, limits: limits)
      deadlines.open(0, nowNs: 0)
      deadlines.note(0, stage: stage, isNext: true, nowNs: 0)
      deadlines.startSending(0, nowNs: 1 * second)
      let before = sweep(&deadlines, at: 6 * second - 1)
      let after = sweep(&deadlines, at: 6 * second)
      #expect(before == [] && after.map(\.action) == [.shutdown])
    }
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: 0)
    deadlines.startSending(0, nowNs: 0)
    deadlines.endSending(0)
    let found = sweep(&deadlines, at: 59 * second)
    #expect(found == [])
  }

  @Test func `who was told to go and stays is shut down, and what it sends buys no time`() {
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: 0)
    deadlines.note(0, stage: .head, isNext: false, nowNs: 0)
    let first = sweep(&deadlines, at: 10 * second)
    let silence = sweep(&deadlines, at: 15 * second - 1)
    deadlines.note(0, stage: .body, isNext: true, bodyBytes: 1 << 40, nowNs: 14 * second)
    let second1 = sweep(&deadlines, at: 15 * second)
    let third = sweep(&deadlines, at: 20 * second)
    #expect(first.map(\.action) == [.refuse] && silence == [])
    #expect(second1.map(\.action) == [.shutdown] && third.map(\.action) == [.shutdown])
    deadlines.close(0)
    let gone = sweep(&deadlines, at: 100 * second)
    #expect(gone == [])
  }

  @Test func `a connection that we end has the time of a send to be gone`() {
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: 0)
    deadlines.end(0, nowNs: 0)
    let before = sweep(&deadlines, at: 5 * second - 1)
    let after = sweep(&deadlines, at: 5 * second)
    #expect(before == [] && after.map(\.action) == [.shutdown])
  }

  @Test(arguments: [1, 15, 16, 17, 100, 1000])
  func `a tick looks at a sixteenth, and sixteen ticks find everybody once`(connections: Int) {
    var deadlines = Deadlines(connections: connections, limits: limits)
    for connection in 0..<connections { deadlines.open(UInt32(connection), nowNs: 0) }
    var found: [UInt32] = []
    for _ in 0..<16 {
      deadlines.tick()
      var count = 0
      while let overdue = deadlines.next(nowNs: 60 * second) {
        found.append(overdue.connection)
        count += 1
      }
      #expect(count <= (connections + 15) / 16)
    }
    #expect(Set(found) == Set(0..<UInt32(connections)) && found.count == connections)
  }

  @Test func `times at the end of the scale do not overflow`() {
    var deadlines = Deadlines(connections: 1, limits: limits)
    deadlines.open(0, nowNs: .max - 5)
    deadlines.note(0, stage: .body, isNext: false, bodyBytes: .max, nowNs: .max - 5)
    let found = sweep(&deadlines, at: .max - 1)
    #expect(found == [])
  }
}
