internal import Bytes
internal import Events
internal import Glibc
internal import Host
internal import Synchronization
internal import Telemetry
internal import World

let usage = """
  lane-benchmark: commits to a real lane on the real disk

  usage: lane-benchmark [--bytes N] [--depth N] [--duration-ms N] [--cpu N] [--data DIR]

  Prints a line of JSON: commits, bytes_per_second, p50_ns, p99_ns, max_ns. DIR must not exist yet.
  """

/// What the thread hands back.
final class Outcome: Sendable {
  let line = Mutex("")
}

struct LaneSeed: ~Copyable, Sendable {
  let host: HostSeed
  let plan: LanePlan
  let outcome: Outcome
}

func measure(_ plan: LanePlan) throws(HostFailure) -> String {
  ProcessLimits.raise()
  let kernel = try Kernel.probe()
  let directory = try DataDirectory(plan.path)
  try directory.makeLanes(1)
  let wakes = try Wakes(shards: 1)
  let sizes = LaneRun.sizes(plan)
  var preparation = try SegmentPreparation(
    in: directory,
    lanes: [[LaneID(rawValue: 0)]],
    sizes: sizes,
    wakes: wakes
  )
  var listeners = try Listeners([], cpus: [plan.cpu])
  let host = HostSeed(
    shard: ShardID(rawValue: 0),
    sizes: sizes,
    policy: .balanced,
    kernel: kernel,
    listeners: &listeners,
    segments: preparation.access(of: ShardID(rawValue: 0)),
    wakes: wakes
  )
  let outcome = Outcome()
  let seed = LaneSeed(host: host, plan: plan, outcome: outcome)
  let thread = try PinnedThread("lane", cpu: plan.cpu, moving: seed) { live($0) }
  thread.join()
  preparation.stop()
  return outcome.line.withLock { $0 }
}

func live(_ seed: consuming LaneSeed) {
  let (plan, outcome) = (seed.plan, seed.outcome)
  var line = ""
  do throws(HostFailure) {
    let result = try LaneRun(plan, seed.host).run()
    let rate = Double(result.bytes) / (Double(result.elapsedNs) / 1e9)
    line = "{\"commits\": \(result.commits), \"bytes_per_second\": \(Int(rate))"
    line += ", \"p50_ns\": \(result.latency.value(atQuantile: 0.5))"
    line += ", \"p99_ns\": \(result.latency.value(atQuantile: 0.99)), \"max_ns\": \(result.latency.max)}"
  } catch { line = "failed: \(error)" }
  outcome.line.withLock { $0 = line }
}

func start(_ arguments: [String]) -> Int32 {
  var plan = LanePlan()
  var rest = arguments.dropFirst()
  while let option = rest.popFirst() {
    guard option != "--help" else {
      print(usage)
      return 0
    }
    let value = rest.popFirst() ?? ""
    switch (option, Int(value)) {
    case ("--data", _) where !value.isEmpty: plan.path = value
    case ("--bytes", let number?): plan.commitBytes = max(number, 4096)
    case ("--depth", let number?): plan.depth = max(number, 1)
    case ("--duration-ms", let number?): plan.durationNs = Int64(number) * 1_000_000
    case ("--cpu", let number?): plan.cpu = Int32(number)
    default:
      print(usage)
      return 2
    }
  }
  do throws(HostFailure) {
    print(try measure(plan))
    return 0
  } catch {
    print("\(error)")
    return 3
  }
}
exit(start(CommandLine.arguments))
