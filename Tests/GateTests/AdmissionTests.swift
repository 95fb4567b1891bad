import Events
import Testing

@testable import Gate

@Suite struct AdmissionTests {
  private static let limits = Admission.Limits(bytesInFlightMax: 1000, timeInFlightMaxNs: 1_000_000_000)
  private func load(bytes: Int = 0, ageNs: Int64 = 0, room: Bool = true, draining: Bool = false) -> Admission.Load {
    var load = Admission.Load()
    (load.bytesInFlight, load.oldestAgeNs, load.hasStorageRoom, load.isDraining) = (bytes, ageNs, room, draining)
    return load
  }
  private func after(_ loads: Admission.Load..., stepNs: Int64 = 0) -> Admission {
    var admission = Admission(limits: Self.limits, seed: 1)
    for (index, load) in loads.enumerated() { admission.update(load, nowNs: Int64(index) * stepNs) }
    return admission
  }

  @Test func `an idle gateway admits without pressure`() {
    #expect(after(load()).decision == .admit && after(load()).pressure == 0)
  }

  @Test(arguments: [
    (999, Int64(0), true), (1000, 0, false), (0, 999_000_000, true), (0, 1_000_000_000, false),
  ])
  func `either bound alone refuses, not before it is reached`(bytes: Int, ageNs: Int64, admits: Bool) {
    let admission = after(load(bytes: bytes, ageNs: ageNs))
    #expect(admission.decision == (admits ? .admit : .refuse(.overloaded)))
    #expect((admission.pressure == 1) == !admits)
  }

  @Test func `a full disk and a shutdown refuse at any load, the shutdown first`() {
    #expect(after(load(room: false)).decision == .refuse(.storageFull))
    #expect(after(load(draining: true)).decision == .refuse(.draining))
    #expect(after(load(bytes: 5000, room: false, draining: true)).decision == .refuse(.draining))
    #expect(after(load(room: false)).pressure == 1)
    #expect(after(load(room: false), load()).decision == .admit)
  }

  @Test func `pressure never falls when an input rises`() {
    for before in stride(from: 0, through: 2000, by: 250) {
      var last: Float = -1
      for bytes in stride(from: 0, through: 3000, by: 100) {
        let pressure = after(load(bytes: before), load(bytes: bytes), stepNs: 100_000_000).pressure
        #expect(pressure >= last && pressure >= 0 && pressure <= 1)
        last = pressure
      }
      last = -1
      for ageNs in stride(from: Int64(0), through: 3_000_000_000, by: 100_000_000) {
        let pressure = after(load(bytes: before), load(bytes: 100, ageNs: ageNs), stepNs: 100_000_000).pressure
        #expect(pressure >= last)
        last = pressure
      }
    }
  }

  @Test func `pressure rises at once and falls gently`() {
    var admission = after(load(bytes: 900))
    #expect(admission.pressure == 0.9)
    admission.update(load(), nowNs: 1_000_000)
    #expect(admission.pressure > 0.85)
    admission.update(load(), nowNs: 251_000_000)
    #expect(admission.pressure <= 0.46)
    admission.update(load(), nowNs: 60_000_000_000)
    #expect(admission.pressure < 0.01)
  }

  @Test func `refusing ends only when the load is well below the bound`() {
    var admission = after(load(bytes: 1000))
    admission.update(load(bytes: 990), nowNs: 1)
    #expect(admission.decision == .refuse(.overloaded))
    admission.update(load(bytes: 870), nowNs: 2)
    #expect(admission.decision == .admit && admission.pressure < 1)
    admission.update(load(bytes: 990), nowNs: 3)
    #expect(admission.decision == .admit)
  }

  @Test func `a clock that stands still or goes back changes nothing`() {
    var admission = after(load(bytes: 900))
    admission.update(load(), nowNs: -5_000_000_000)
    #expect(admission.pressure == 0.9)
  }

  @Test func `who is refused is told 1 to 30 seconds, more the worse it is, and not all the same`() {
    func answers(_ loads: Admission.Load) -> [UInt32] {
      var admission = after(loads)
      return (0..<2000).map { _ in admission.retryAfterSeconds() }
    }
    var last: [UInt32] = []
    for bytes in stride(from: 0, through: 6000, by: 500) {
      let seconds = answers(load(bytes: bytes))
      #expect(seconds.allSatisfy { $0 >= 1 && $0 <= 30 })
      // The same calls jitter alike, so each answer can be compared with its twin under less load.
      for (less, more) in zip(last, seconds) { #expect(more >= less) }
      last = seconds
    }
    #expect(Set(answers(load(bytes: 1000))).count >= 4)
    #expect(Set(answers(load(room: false))).count >= 10)
    #expect(answers(load()) == Array(repeating: 1, count: 2000) || answers(load()).max()! <= 2)
  }

  @Test func `the jitter repeats for a seed and differs between seeds`() {
    func answers(seed: UInt64) -> [UInt32] {
      var admission = Admission(limits: Self.limits, seed: seed)
      admission.update(load(bytes: 3000), nowNs: 0)
      return (0..<100).map { _ in admission.retryAfterSeconds() }
    }
    #expect(answers(seed: 1) == answers(seed: 1) && answers(seed: 1) != answers(seed: 2))
  }
}
