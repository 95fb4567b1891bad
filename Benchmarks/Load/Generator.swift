internal import Bytes
internal import CHost
internal import CLiburing
internal import Glibc
internal import Synchronization

/// One run: all connections on one ring, on the thread that calls it.
///
///     wait ▸ take completions (answers free room) ▸ assign what is due ▸ hand over one send a connection ▸ wait
///
/// A closed loop assigns a request wherever there is room; an open loop assigns one whenever its time has come.
@safe struct Generator<Traffic: Dialect>: ~Copyable {
  enum Phase { case opening, warming, measuring, draining, over }

  let plan: LoadPlan
  let progress: ((LoadProgress) -> Void)?
  let address: ServerAddress
  let run: UInt32
  var ring: Ring
  var connections: Slots<Connection<Traffic.Answers>>
  let isSecure: Bool
  /// What connections that speak TLS share.
  var security: Security?
  /// The TLS half of each connection; none where they speak plain TCP.
  var channels: Slots<SecureChannel>
  /// Handshakes under way.
  var shaking = 0
  var acknowledged: AcknowledgedFile?
  /// Connections with something to send.
  var dirty: [UInt32] = []
  /// Closed connections that are to be opened again at a time.
  var reopening: [(index: UInt32, atNs: UInt64)] = []
  /// Connections that are open or about to be.
  var living = 0

  var phase = Phase.opening
  var nowNs: UInt64 = 0
  var startNs: UInt64 = 0
  var phaseEndNs: UInt64 = 0
  var measuredFromNs: UInt64 = 0
  var schedule: Schedule?
  /// The connection that the next request of an open loop is offered to first.
  var turnOf = 0
  /// Whether every connection was found without room since the last answer.
  var isCrowded = false

  var nextSequence: UInt64 = 0
  /// Requests that were assigned and neither answered nor lost.
  var outstanding = 0
  var idleNs: UInt64 = 0
  var busyBase: UInt64 = 0
  var result = LoadResult()
  var statuses = [UInt64](repeating: 0, count: 600)
  var report = Report()

  /// Where the last progress report stood.
  struct Report {
    var atNs: UInt64 = 0
    var answered: UInt64 = 0
  }

  init(_ plan: LoadPlan, _ dialect: Traffic, progress: ((LoadProgress) -> Void)?) throws(LoadFailure) {
    if let cpu = plan.cpu {
      let pinned = host_pin_to_cpu(Int32(cpu))
      guard pinned == 0 else { throw .machine("CPU \(cpu): \(errorText(pinned))") }
    }
    raiseDescriptorLimit(to: plan.connections + 64)
    let run = UInt32(truncatingIfNeeded: plan.seed)
    let address = try ServerAddress(host: plan.host, port: plan.port)
    let security = try plan.security.map { settings throws(LoadFailure) in try Security(settings, plan) }
    let ring = try Ring(buffers: buffers(for: plan.connections), bufferBytes: 8 << 10)
    var acknowledged: AcknowledgedFile?
    if let path = plan.acknowledged { acknowledged = try AcknowledgedFile(path: path, run: run) }
    (self.plan, self.progress, self.run) = (plan, progress, run)
    self.address = address
    self.ring = ring
    self.acknowledged = acknowledged
    isSecure = security != nil
    self.security = security
    channels = Slots(security == nil ? 0 : plan.connections) { SecureChannel($0) }
    var dialect = dialect
    let depth = plan.depth
    connections = Slots(plan.connections) { _ in
      var image = RequestImage()
      for _ in 0..<depth { dialect.appendRequest(to: &image) }
      return Connection(
        image,
        greeting: dialect.greeting,
        batch: plan.batch,
        requestIDDistance: dialect.requestIDDistance,
        requestsMax: plan.requestsPerConnection
      )
    }
    dirty.reserveCapacity(plan.connections)
  }

  /// Runs the plan to its end.
  mutating func finish() throws(LoadFailure) -> LoadResult {
    try connectAll()
    begin()
    while phase != .over {
      wait()
      while let done = ring.next() { handle(done) }
      if acknowledged != nil { try acknowledged!.flush() }
      reopen()
      issue()
      handOver()
      advance()
      tell()
    }
    conclude()
    return result
  }

  private mutating func begin() {
    nowNs = clockNs()
    phase = .warming
    (startNs, report.atNs) = (nowNs, nowNs)
    phaseEndNs = nowNs + UInt64(plan.warmup * 1e9)
    if let rate = plan.rate, rate > 0 { schedule = Schedule(startNs: nowNs, rate: rate) }
    for index in 0..<connections.count where connections[index].state == .open {
      // Those that speak TLS have received before.
      if !isSecure { ring.receive(on: connections[index].descriptor, token: token(.receive, index)) }
      if plan.rate == nil { mark(index) }
    }
    advance()
    issue()
    handOver()
  }

  /// Waits until there is something to do.
  private mutating func wait() {
    let wakeNs = nextDeadline()
    switch plan.waiting {
    case .block:
      ring.turn(timeoutNs: wakeNs > nowNs ? Int64(wakeNs - nowNs) : 0)
    case .spin:
      if !ring.hasQueued {
        let began = nowNs
        while nowNs < wakeNs, !ring.hasNews { nowNs = clockNs() }
        idleNs += nowNs - began
      }
      ring.turn(timeoutNs: 0)
    }
    nowNs = clockNs()
  }

  private func nextDeadline() -> UInt64 {
    var deadline = min(phaseEndNs, nowNs + 100_000_000)
    if phase != .draining, !isCrowded, let schedule { deadline = min(deadline, schedule.nextNs) }
    if !reopening.isEmpty { deadline = min(deadline, nowNs + 10_000_000) }
    return deadline
  }

  /// Moves from one phase to the next when its time has come.
  private mutating func advance() {
    if interrupted.load(ordering: .relaxed), phase != .draining { startDraining() }
    if phase == .warming, nowNs >= phaseEndNs { startMeasuring() }
    if phase == .measuring, nowNs >= phaseEndNs || isSpent { startDraining() }
    if phase == .draining, outstanding == 0 || nowNs >= phaseEndNs { phase = .over }
    if living == 0 {
      if phase != .draining { startDraining() }
      phase = .over
    }
  }
  private mutating func startMeasuring() {
    phase = .measuring
    phaseEndNs = plan.duration.map { nowNs + UInt64($0 * 1e9) } ?? .max
    measuredFromNs = nowNs
    (result.requests, result.events, result.bytesOut, result.bytesIn) = (0, 0, 0, 0)
    result.latency = LatencyHistogram()
    result.connectionsOpened = 0
    if plan.requestsPerConnection != nil { result.handshake = LatencyHistogram() }
    busyBase = plan.waiting == .spin ? idleNs : threadCPUNs()
  }
  private mutating func startDraining() {
    if phase == .warming { startMeasuring() }
    phase = .draining
    measure()
    if let schedule, !isSpent { result.errors.unsent = schedule.missed(endNs: min(nowNs, phaseEndNs)) }
    phaseEndNs = nowNs + UInt64(plan.grace * 1e9)
  }
  /// Takes down how long was measured and how busy we were.
  private mutating func measure() {
    let elapsed = nowNs - measuredFromNs
    guard elapsed > 0 else { return }
    result.seconds = Double(elapsed) / 1e9
    let spent = plan.waiting == .spin ? Double(elapsed) - Double(idleNs - busyBase) : Double(threadCPUNs() - busyBase)
    result.busy = min(max(spent / Double(elapsed), 0), 1)
  }

  /// Whether as many requests were sent as the plan allows.
  var isSpent: Bool { plan.requests.map { result.sentTotal >= $0 } ?? false }
  /// Whether the run ends with the answer to its last request rather than at a time.
  private var isCounted: Bool { plan.requests != nil && isSpent }
  /// Whether an answer to a request of that time belongs to what is measured.
  func counts(_ timeNs: UInt64) -> Bool {
    switch phase {
    case .opening, .warming, .over: false
    case .measuring: timeNs >= measuredFromNs
    case .draining: (schedule != nil || isCounted) && timeNs >= measuredFromNs
    }
  }

  private mutating func conclude() {
    if isCounted, schedule == nil { measure() }
    result.errors.late = UInt64(outstanding)
    result.statuses = statuses.enumerated().compactMap { $1 == 0 ? nil : (UInt16($0), $1) }
  }

  private mutating func tell() {
    guard let progress, nowNs - report.atNs >= 1_000_000_000 else { return }
    let answered = result.answeredTotal - report.answered
    let rate = Double(answered) * 1e9 / Double(nowNs - report.atNs)
    report = Report(atNs: nowNs, answered: result.answeredTotal)
    progress(
      LoadProgress(
        elapsed: Double(nowNs - startNs) / 1e9,
        isWarmingUp: phase == .warming,
        requestsPerSecond: rate,
        eventsPerSecond: rate * Double(plan.batch),
        medianNs: result.latency.percentile(0.5),
        p99Ns: result.latency.percentile(0.99),
        errors: result.errors.total
      )
    )
  }
}

/// Set when the run is to end early and to tell what it has so far.
let interrupted = Atomic<Bool>(false)

/// As many receive buffers as there are likely to be answers a turn; a power of two.
private func buffers(for connections: Int) -> Int {
  var count = 128
  while count < connections, count < 4096 { count *= 2 }
  return count
}

/// Lets the process open so many descriptors, as far as it may.
///
/// What is missing shows when a socket can't be made.
private func raiseDescriptorLimit(to count: Int) {
  var limit = rlimit()
  guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < count else {
    return
  }
  limit.rlim_cur = rlim_t(count)
  limit.rlim_max = max(limit.rlim_max, limit.rlim_cur)
  _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
