internal import Events
internal import Glibc
internal import Host
internal import Store
internal import Synchronization

/// Runs one shard and two shards in turns, each on a thread of its own that is pinned to a CPU of its own, and prints
/// the medians of their rates and of the ratios.
///
/// The second ratio is by the time that each thread had a CPU: where others use the CPUs too, it says what the first
/// would be without them.
func measurePairs(_ plan: LinePlan, rounds: Int) -> Int32 {
  let cpus = allowedCPUs()
  var plan = plan
  // Small, so that all of them have been written before anything is timed.
  plan.segmentBytes = 4 << 20
  guard cpus.count >= 2 else { return complain("two shards need two CPUs") }
  var (ones, twos, ratios, busyRatios) = ([Double](), [Double](), [Double](), [Double]())
  for round in 0..<rounds {
    // Either CPU may be the slower one, so they take turns at being alone.
    guard let one = rates(plan, on: [cpus[round % 2]]), let two = rates(plan, on: [cpus[0], cpus[1]]) else {
      return complain("a shard did not run to its end")
    }
    ones.append(one.reduce(0) { $0 + $1.perSecond })
    twos.append(two.reduce(0) { $0 + $1.perSecond })
    ratios.append(twos[round] / ones[round])
    busyRatios.append(two.reduce(0) { $0 + $1.perBusySecond } / one[0].perBusySecond)
  }
  print(
    "\(plan.traffic.rawValue) rounds=\(rounds) oneShard=\(Int(median(ones)))/s twoShards=\(Int(median(twos)))/s",
    "ratio=\(rounded(median(ratios))) ratioByThreadTime=\(rounded(median(busyRatios)))"
  )
  return 0
}

/// Events per second that passed, and per second that the thread had a CPU.
private struct Rate: Sendable {
  var perSecond = 0.0
  var perBusySecond = 0.0
}

/// The rate of each shard while all of them run; `nil` when one failed.
private func rates(_ plan: LinePlan, on cpus: [Int32]) -> [Rate]? {
  let meeting = Meeting(of: cpus.count)
  do throws(HostFailure) {
    let first = try PinnedThread("shard 0", cpu: cpus[0], moving: plan) { meeting.report(0, rate($0, meeting)) }
    if cpus.count > 1 {
      let second = try PinnedThread("shard 1", cpu: cpus[1], moving: plan) { meeting.report(1, rate($0, meeting)) }
      second.join()
    }
    first.join()
  } catch {
    fatalError("\(error)")
  }
  let rates = cpus.indices.map { meeting.rate(of: $0) }
  return rates.contains { $0.perSecond == 0 } ? nil : rates
}

/// One shard's rate from the moment when all are ready; 0 when it failed.
private func rate(_ plan: LinePlan, _ meeting: Meeting) -> Rate {
  do throws(LaneDamage) {
    var run = try LineRun(plan)
    run.warmUp()
    meeting.meet()
    let (from, busyFrom) = (clockNs(CLOCK_MONOTONIC), clockNs(CLOCK_THREAD_CPUTIME_ID))
    let events = Double(run.measure()) * 1e9
    let (spent, busy) = (clockNs(CLOCK_MONOTONIC) - from, clockNs(CLOCK_THREAD_CPUTIME_ID) - busyFrom)
    return run.isWhole() ? Rate(perSecond: events / Double(spent), perBusySecond: events / Double(busy)) : Rate()
  } catch {
    meeting.meet()
    return Rate()
  }
}

/// Where threads wait for one another, and leave what they found.
private final class Meeting: Sendable {
  private let expected: Int
  private let arrived = Atomic(0)
  private let rates = Mutex([Rate](repeating: Rate(), count: 2))

  init(of expected: Int) { self.expected = expected }

  /// Returns once everybody has come; spins, so that all go on at the same moment.
  func meet() {
    arrived.add(1, ordering: .acquiringAndReleasing)
    while arrived.load(ordering: .acquiring) < expected {}
  }
  func report(_ index: Int, _ rate: Rate) { rates.withLock { $0[index] = rate } }
  func rate(of index: Int) -> Rate { rates.withLock { $0[index] } }
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

private func rounded(_ value: Double) -> Double { Double(Int(value * 1000)) / 1000 }
