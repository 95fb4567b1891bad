internal import Events
internal import Glibc
internal import Store

/// Reads the command line, runs, prints, and returns the exit code: 0, or 2 for a command line that makes no sense.
public func benchmark(_ arguments: [String]) -> Int32 {
  var rest = arguments[...]
  guard let name = rest.popFirst(), name != "--help", name != "-h" else {
    print(usage)
    return arguments.isEmpty ? 2 : 0
  }
  guard let traffic = LinePlan.Traffic(rawValue: name) else { return complain("no traffic is called \(name)") }
  var (events, window, shards, rounds, connections) = (100_000, nil as Int?, 1, 5, 64)
  while let option = rest.popFirst() {
    if option == "--single" {
      window = 1
      continue
    }
    guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else {
      return complain("\(option) wants a number above zero")
    }
    switch option {
    case "--events": events = value
    case "--window": window = value
    case "--connections": connections = value
    case "--shards": shards = value
    case "--rounds": rounds = value
    default: return complain("no option is called \(option)")
    }
  }
  guard shards <= 2 else { return complain("one shard is compared with two at the most") }
  var plan = LinePlan(traffic, events: events)
  plan.window = window ?? plan.window
  plan.connections = connections
  do throws(LaneDamage) {
    if shards == 1 { return try measureOne(plan) }
  } catch {
    return complain("\(error)")
  }
  return measurePairs(plan, rounds: rounds)
}

private func measureOne(_ plan: LinePlan) throws(LaneDamage) -> Int32 {
  var run = try LineRun(plan)
  run.warmUp()
  let start = clockNs(CLOCK_MONOTONIC)
  let events = run.measure()
  let spent = clockNs(CLOCK_MONOTONIC) - start
  guard run.isWhole() else { return complain("an event was refused or lost") }
  let turns = run.turns
  print(
    "\(plan.traffic.rawValue) window=\(plan.window) events=\(events) eventsPerMessage=\(plan.eventsPerMessage)",
    "turns=\(turns) nsPerEventWithSimulator=\(spent / UInt64(events))"
  )
  return 0
}

/// A clock's reading, in nanoseconds.
func clockNs(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func complain(_ text: String) -> Int32 {
  let line = Array("line-benchmark: \(text)\n".utf8)
  _ = unsafe write(2, line, line.count)
  return 2
}

private let usage = """
  usage: line-benchmark http|framed|ndjson|keyed [options]

  Sends events through a whole shard on the simulator, with nothing going wrong, and prints how many there were and how
  long they took, the simulator included. `Benchmarks/instructions` counts the shard's instructions alone.

    --events N       events that are counted (100000)
    --connections N  clients (64)
    --window N       messages of a client that wait for their answer, at the most
    --single         the same as --window 1
    --shards 2       runs one shard and two, each on its own thread and CPU, and prints both and their ratio
    --rounds N       how often each of those is run, in turns; medians are printed (5)
  """
