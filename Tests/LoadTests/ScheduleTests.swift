import Testing

@testable import Load

struct ScheduleTests {
  @Test(arguments: [1, 3, 20_000, 99_999, 1_000_000] as [Double])
  func `as many requests fall due as the rate says`(rate: Double) {
    var schedule = Schedule(startNs: 5_000, rate: rate)
    var taken = 0
    while schedule.take(nowNs: 5_000 + 999_999_999) != nil { taken += 1 }
    #expect(taken == Int(rate))
    #expect(schedule.nextNs == 5_000 + 1_000_000_000)
  }

  @Test func `what is late keeps the time it was due`() throws {
    var schedule = Schedule(startNs: 0, rate: 1_000)
    let times = (0..<5).map { _ in schedule.take(nowNs: 10_000_000) }
    #expect(times == [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000])
  }

  @Test func `nothing falls due before its time`() {
    var schedule = Schedule(startNs: 100, rate: 1_000)
    #expect(schedule.take(nowNs: 99) == nil)
    #expect(schedule.take(nowNs: 100) == 100)
    #expect(schedule.take(nowNs: 1_000_099) == nil)
    #expect(schedule.take(nowNs: 1_000_100) == 1_000_100)
  }

  @Test func `what could not be sent before the end is counted`() {
    var schedule = Schedule(startNs: 0, rate: 1_000)
    #expect(schedule.missed(endNs: 0) == 0)
    for _ in 0..<4 { _ = schedule.take(nowNs: 10_000_000) }
    #expect(schedule.missed(endNs: 10_000_000) == 6)
    #expect(schedule.missed(endNs: 10_000_001) == 7)
    #expect(schedule.missed(endNs: 4_000_000) == 0)
  }

  @Test func `an hour at an odd rate does not drift`() {
    let schedule = Schedule(startNs: 0, rate: 17_000.3)
    let last = UInt64(17_000.3 * 3600)
    #expect(abs(Double(schedule.timeNs(of: last)) - 3.6e12) < 60_000)
  }
}
