internal import Events
internal import Glibc
internal import Host
internal import Store
internal import Synchronization

/// Runs one shard and two shards in turns, each on a thread of its own that is pinned to a CPU of its own, and prints
/// the medians of their rates and of the ratios.
func measurePairs(_ plan: LinePlan, rounds: Int) -> Int32 {
  let cpus = allowedCPUs()
  guard cpus.count >= 2 else { return complain("two shards need two CPUs") }
  var (ones, twos, ratios) = ([Double](), [Double](), [Double]())
  for round in 0..<rounds {
    // Either CPU may be the slower one, so they take turns at being alone.
    guard let one = rates(plan, on: [cpus[round % 2]]), let two = rates(plan, on: [cpus[0], cpus[1]]) else {
      return complain("a shard did not run to its end")
    }
    ones.append(one.reduce(0, +))
    twos.append(two.reduce(0, +))
    ratios.append(twos[round] / ones[round])
  }
  print(
    "\(plan.traffic.rawValue) rounds=\(rounds) oneShard=\(Int(median(ones)))/s twoShards=\(Int(median(twos)))/s",
    "ratio=\(Double(Int(median(ratios) * 1000)) / 1000)"
  )
  return 0
}

/// Events per second of each shard while all of them run; `nil` when one failed.
private func rates(_ plan: LinePlan, on cpus: [Int32]) -> [Double]? {
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
  return rates.contains(0) ? nil : rates
}

/// One shard's rate, in events per second, from the moment when all are ready; 0 when it failed.
private func rate(_ plan: LinePlan, _ meeting: Meeting) -> Double {
  do throws(LaneDamage) {
    var run = try LineRun(plan)
    run.warmUp()
    meeting.meet()
    let from = clockNs(CLOCK_MONOTONIC)
    let events = run.measure()
    let spent = clockNs(CLOCK_MONOTONIC) - from
    return run.isWhole() ? Double(events) * 1e9 / Double(spent) : 0
  } catch {
    meeting.meet()
    return 0
  }
}

/// Where threads wait for one another, and leave what they found.
private final class Meeting: Sendable {
  private let expected: Int
  private let arrived = Atomic(0)
  private let first = Atomic<UInt64>(0)
  private let second = Atomic<UInt64>(0)

  init(of expected: Int) { self.expected = expected }

  /// Returns once everybody has come; spins, so that all go on at the same moment.
  func meet() {
    arrived.add(1, ordering: .acquiringAndReleasing)
    while arrived.load(ordering: .acquiring) < expected {}
  }
  func report(_ index: Int, _ rate: Double) {
    if index == 0 {
      first.store(rate.bitPattern, ordering: .releasing)
    } else {
      second.store(rate.bitPattern, ordering: .releasing)
    }
  }
  func rate(of index: Int) -> Double {
    Double(bitPattern: index == 0 ? first.load(ordering: .acquiring) : second.load(ordering: .acquiring))
  }
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
