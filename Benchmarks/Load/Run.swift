internal import Glibc
internal import Synchronization

/// Runs a plan on the calling thread, which is pinned when the plan names a CPU.
///
/// `progress` is told where it stands about once a second. What goes wrong in the middle stands in the result.
///
/// Throws: why it could not begin.
public func run(_ plan: LoadPlan, progress: ((LoadProgress) -> Void)? = nil) throws(LoadFailure) -> LoadResult {
  let plan = try plan.completed()
  switch plan.wire {
  case .http:
    var generator = try Generator(plan, HTTPDialect(plan), progress: progress)
    return try generator.finish()
  case .framed:
    var generator = try Generator(plan, FramedDialect(plan), progress: progress)
    return try generator.finish()
  }
}

/// What `sluice load` does: reads the arguments, runs the plan, prints what came of it.
///
/// - Returns: the exit status, as `--help` lists them.
public func run(arguments: [String]) -> Int32 {
  let order: Order
  do throws(ArgumentMistake) {
    order = try Order(arguments)
  } catch {
    complain("sluice load: \(error.message)\nTry `sluice load --help`.\n")
    return 2
  }
  if order.wantsHelp {
    print(helpText)
    return 0
  }
  endOnInterrupt()
  let showsProgress = isatty(2) == 1 && !order.isQuiet
  do throws(LoadFailure) {
    let result = try run(order.plan) { if showsProgress { complain("\r\u{1B}[K\(line($0))") } }
    if showsProgress { complain("\r\u{1B}[K") }
    let report = RunReport(plan: try order.plan.completed(), result: result)
    print(order.wantsJSON ? report.json : report.text)
    if let path = order.plot { try write(report.plot(asPage: !path.hasSuffix(".svg")), to: path) }
    return result.errors.total == 0 ? 0 : 1
  } catch {
    switch error {
    case .plan(let why):
      complain("sluice load: \(why)\n")
      return 2
    case .connect(let why):
      complain("sluice load: no connection to \(why)\n")
      return 3
    case .machine(let why):
      complain("sluice load: \(why)\n")
      return 1
    }
  }
}

private func line(_ progress: LoadProgress) -> String {
  let rate = grouped(UInt64(progress.requestsPerSecond))
  let events =
    progress.eventsPerSecond > progress.requestsPerSecond
    ? "  \(grouped(UInt64(progress.eventsPerSecond))) events/s" : ""
  let latency =
    progress.isWarmingUp
    ? "warming up" : "p50 \(duration(progress.medianNs))  p99 \(duration(progress.p99Ns))"
  return
    "\(fixed(progress.elapsed, 0).aligned(4)) s  \(rate) requests/s\(events)  \(latency)  errors \(progress.errors)"
}

/// Lets the first Ctrl-C end the run with a report, and the second one end the process.
private func endOnInterrupt() {
  interrupted.store(false, ordering: .relaxed)
  signal(SIGINT) { number in
    interrupted.store(true, ordering: .relaxed)
    signal(number, SIG_DFL)
  }
}

/// Prints to standard error.
///
/// Where that is closed there is nobody to tell.
private func complain(_ text: String) {
  let bytes = Array(text.utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}

private func write(_ text: String, to path: String) throws(LoadFailure) {
  guard let file = unsafe fopen(path, "w") else { throw .machine("\(path): \(errorText(errno))") }
  let written = unsafe fputs(text, file)
  guard unsafe fclose(file) == 0, written >= 0 else { throw .machine("\(path): \(errorText(errno))") }
}
