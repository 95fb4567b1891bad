import Telemetry
import Testing

@Suite struct RateWatchTests {
  /// A watch that is given a rate for so many intervals.
  private struct Rig {
    var watch = RateWatch()
    var count: UInt64 = 0
    var nowNs: Int64 = 0
    init() { watch.observe(0, atNs: 0) }
    mutating func run(_ perSecond: UInt64, intervals: Int = 1) {
      for _ in 0..<intervals {
        count += perSecond * 10
        nowNs += RateWatch.intervalNs
        watch.observe(count, atNs: nowNs)
      }
    }
  }

  @Test func `a steady rate is its own average, and nothing about it is unusual`() {
    var rig = Rig()
    rig.run(1000, intervals: 100)
    #expect(rig.watch.mean == 1000 && rig.watch.zScore == 0 && !rig.watch.isUnusual)
  }

  @Test func `within an interval nothing changes`() {
    var watch = RateWatch()
    watch.observe(5, atNs: 7)
    watch.observe(500, atNs: RateWatch.intervalNs + 6)
    #expect(watch.mean == 0)
    watch.observe(505, atNs: RateWatch.intervalNs + 7)
    #expect(watch.mean == 50)
  }

  @Test func `a rate that doubles is unusual from the second interval on, and usual in the end`() {
    var rig = Rig()
    rig.run(1000, intervals: 30)
    rig.run(2000)
    #expect(rig.watch.zScore > 10 && !rig.watch.isUnusual)
    rig.run(2000)
    #expect(rig.watch.isUnusual)
    rig.run(2000, intervals: 300)
    #expect(!rig.watch.isUnusual && abs(rig.watch.mean - 2000) < 1)
  }

  @Test func `a single interval that is far off is not unusual`() {
    var rig = Rig()
    rig.run(1000, intervals: 30)
    rig.run(100_000)
    rig.run(1000)
    #expect(!rig.watch.isUnusual)
  }

  @Test func `silence after traffic is unusual, with a negative score`() {
    var rig = Rig()
    rig.run(1000, intervals: 30)
    rig.run(0, intervals: 2)
    #expect(rig.watch.zScore < -4 && rig.watch.isUnusual)
  }

  @Test func `before there is enough to compare with nothing is unusual`() {
    var rig = Rig()
    rig.run(10, intervals: 15)
    rig.run(10_000, intervals: 15)
    #expect(rig.watch.zScore == 0 && !rig.watch.isUnusual)
    rig.run(10_000_000)
    #expect(rig.watch.zScore > 4)
  }

  @Test func `what varies as chance has it is not unusual`() {
    var rig = Rig()
    for interval in 0..<200 { rig.run(interval % 2 == 0 ? 900 : 1100) }
    #expect(abs(rig.watch.zScore) < 2 && !rig.watch.isUnusual && abs(rig.watch.mean - 1000) < 10)
  }

  @Test func `a first event after silence is no matter`() {
    var rig = Rig()
    rig.run(0, intervals: 60)
    rig.count += 1
    rig.run(0)
    #expect(rig.watch.zScore == 1)
  }

  @Test func `a count that starts again is a start`() {
    var watch = RateWatch()
    watch.observe(1_000_000, atNs: 0)
    watch.observe(10, atNs: RateWatch.intervalNs)
    #expect(watch.mean == 0)
    watch.observe(20, atNs: 2 * RateWatch.intervalNs)
    #expect(watch.mean == 1)
  }
}
