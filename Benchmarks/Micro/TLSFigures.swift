internal import Bytes
internal import Glibc
internal import TLS

/// What a part of the TLS engine takes, without its peer's part.
public struct TLSFigure: Sendable {
  /// The part.
  public let name: String
  /// How often it was done.
  public internal(set) var count = 0
  /// How long that took, in nanoseconds of CPU time.
  public internal(set) var ns: UInt64 = 0

  init(_ name: String) { self.name = name }

  /// How often a CPU does it in a second.
  public var perSecond: Double { ns == 0 ? 0 : Double(count) * 1e9 / Double(ns) }
}

/// Measures handshakes and records, each for about so long.
///
/// Both ends are in one thread; the server's alone is timed.
public func measureTLS(ms: Int) -> [TLSFigure] {
  let identity = SelfMade("device.test")
  let budget = UInt64(ms) * 1_000_000
  var figures = [
    handshakes("handshake-full", identity, budget) { _ in },
    handshakes("handshake-resumed", identity, budget, resuming: true) { _ in },
    handshakes("handshake-resumed-psk", identity, budget, resuming: true) {
      $0.allowsResumptionWithoutKeyExchange = true
      $0.groups = [.x25519]
    },
  ]
  for bytes in [256, 1024, 16_384] { figures.append(opening(bytes, identity, budget, isReady: true)) }
  figures.append(opening(256, identity, budget, isReady: false))
  for bytes in [256, 16_384] { figures.append(sealing(bytes, identity, budget)) }
  figures.append(contexts(identity, budget))
  return figures
}

/// Full handshakes of so many threads, each with a context of its own, added up.
public func measureTLSThreads(_ threads: Int, ms: Int) -> TLSFigure {
  let identity = SelfMade("device.test")
  let totals = Slots<TLSFigure>(threads) { _ in TLSFigure("handshake-full-threads-\(threads)") }
  let runners = Slots<Runner>(threads) { index in
    Runner(cpu: index) {
      handshakes("handshake-full-threads-\(threads)", identity, UInt64(ms) * 1_000_000) { _ in }
    }
  }
  var total = totals[0]
  for index in 0..<threads {
    let figure = runners[index].join()
    total.count += figure.count
    // The rates of threads add up: their times count as one where they ran side by side.
    total.ns += figure.ns / UInt64(threads)
  }
  return total
}

/// A thread that measures.
private final class Runner {
  private let cpu: Int
  private let body: @Sendable () -> TLSFigure
  private var figure: TLSFigure?
  private var thread = pthread_t()

  init(cpu: Int, _ body: @escaping @Sendable () -> TLSFigure) {
    (self.cpu, self.body) = (cpu, body)
    let argument = unsafe Unmanaged.passUnretained(self).toOpaque()
    // SAFETY: `join` keeps this object until the thread is over.
    let result = unsafe pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let runner = unsafe Unmanaged<Runner>.fromOpaque(argument).takeUnretainedValue()
        runner.figure = runner.body()
        return nil
      },
      argument
    )
    precondition(result == 0, "a thread can be started")
  }
  func join() -> TLSFigure {
    pthread_join(thread, nil)
    return figure ?? TLSFigure("none")
  }
}

private let now = Int64(time(nil))

private func server(_ made: SelfMade, _ change: (inout TLSSettings) -> Void) -> TLSContext {
  do throws(TLSMistake) {
    var settings = TLSSettings()
    settings.identities = [
      try Identity(
        certificates: made.certificate,
        certificateFile: "made",
        key: made.key,
        keyFile: "made",
        utcSeconds: now
      )
    ]
    change(&settings)
    return try TLSContext(server: settings)
  } catch { fatalError("\(error)") }
}
private func client(_ made: SelfMade, _ change: (inout TLSSettings) -> Void) -> TLSContext {
  do throws(TLSMistake) {
    var settings = TLSSettings()
    change(&settings)
    return try TLSContext(client: settings, trusting: try Trust(authorities: made.certificate, file: "made"))
  } catch { fatalError("\(error)") }
}

func handshakes(
  _ name: String,
  _ made: SelfMade,
  _ budget: UInt64,
  resuming: Bool = false,
  _ change: (inout TLSSettings) -> Void
) -> TLSFigure {
  let far = server(made, change)
  let near = client(made, change)
  let reluctant = client(made) {
    change(&$0)
    if $0.allowsResumptionWithoutKeyExchange { $0.groups = [.p384] }
  }
  var figure = TLSFigure(name)
  var ticket: [UInt8]?
  var toServer = makeRegion()
  var toClient = makeRegion()
  let start = clockNs()
  var isWarm = false
  while true {
    var opened = TLSSession(connecting: ticket == nil ? near : reluctant, to: "device.test", resuming: ticket)
    _ = opened.handshake(RawSpan(), into: &toServer, utcSeconds: now)
    var before = cpuNs()
    var accepted = measuredAccept(far)
    _ = measuredHandshake(&accepted, toServer, &toClient)
    figure.ns += cpuNs() - before
    toServer.count = 0
    _ = opened.handshake(toClient.bytes, into: &toServer, utcSeconds: now)
    toClient.count = 0
    before = cpuNs()
    let last = measuredHandshake(&accepted, toServer, &toClient)
    figure.ns += cpuNs() - before
    toServer.count = 0
    guard case .established(let details) = last.outcome else { fatalError("a handshake failed: \(last)") }
    precondition(details.isResumed == (ticket != nil), "resumed when asked to")
    var position = 0
    _ = opened.open(&toClient, at: &position, in: near)
    toClient.count = 0
    if resuming { ticket = opened.takeTicket() }
    before = cpuNs()
    measuredEnd(accepted, far)
    figure.ns += cpuNs() - before
    figure.count += 1
    let elapsed = clockNs() - start
    if !isWarm, elapsed > budget / 4 {
      (isWarm, figure) = (true, TLSFigure(name))
    } else if isWarm, elapsed > budget + budget / 4 {
      return figure
    }
  }
}

// What is timed; not inlined, so that callgrind finds it.
@inline(never) private func measuredAccept(_ context: TLSContext) -> TLSSession { TLSSession(accepting: context) }
@inline(never) private func measuredHandshake(
  _ session: inout TLSSession,
  _ input: borrowing Region,
  _ output: inout Region
) -> TLSSession.HandshakeStep {
  session.handshake(input.bytes, into: &output, utcSeconds: now)
}
@inline(never) private func measuredEnd(_ session: consuming TLSSession, _ context: TLSContext) {
  session.forget(in: context)
}
private func makeRegion() -> Region { Region(id: RegionID(rawValue: 0), byteCount: 2 << 20) }

private let secrets = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))

/// Opens records; where ciphers are not ready, each record belongs to another connection than the one before.
private func opening(_ bytes: Int, _ made: SelfMade, _ budget: UInt64, isReady: Bool) -> TLSFigure {
  let context = server(made) { $0.readyCiphers = isReady ? 256 : 1 }
  var figure = TLSFigure("open-\(bytes)\(isReady ? "" : "-set-up")")
  let count = isReady ? 1 : 2
  func session(_ isServer: Bool) -> TLSSession {
    let (reading, writing) = isServer ? secrets : (secrets.1, secrets.0)
    return TLSSession(established: context, suite: .aes128GCM, reading: reading, writing: writing)
  }
  var near = session(false)
  var far = Slots<TLSSession>(count) { _ in session(true) }
  var sealed = makeRegion()
  let plain = [UInt8](repeating: 0x61, count: bytes)
  while figure.ns < budget {
    // The peer's keys are the same for every connection, so that one client can write to all: each gets a copy.
    sealed.count = 0
    for _ in 0..<64 {
      near.begin(&sealed, in: context)
      // SAFETY: a view of an array that lives until the end of this scope.
      sealed.append(unsafe plain.span.bytes)
      near.seal(&sealed, in: context)
    }
    if isReady {
      measuredOpen(&far[0], &sealed, context, 64, &figure)
    } else {
      alternate(&far, sealed, context, &figure)
    }
  }
  return figure
}
/// Lets two connections take turns, each of which opens its own copy of every record.
private func alternate(
  _ sessions: inout Slots<TLSSession>,
  _ sealed: borrowing Region,
  _ context: TLSContext,
  _ figure: inout TLSFigure
) {
  var copies = Slots<Region>(2) { _ in makeRegion() }
  var positions = [0, 0]
  for index in 0..<2 { copies[index].append(sealed.bytes) }
  let before = cpuNs()
  for _ in 0..<64 {
    for index in 0..<2 {
      guard case .data = sessions[index].open(&copies[index], at: &positions[index], in: context) else {
        fatalError("a record does not open")
      }
    }
  }
  figure.ns += cpuNs() - before
  figure.count += 128
}
@inline(never)
private func measuredOpen(
  _ session: inout TLSSession,
  _ sealed: inout Region,
  _ context: TLSContext,
  _ count: Int,
  _ figure: inout TLSFigure
) {
  var position = 0
  let before = cpuNs()
  for _ in 0..<count {
    guard case .data = session.open(&sealed, at: &position, in: context) else { fatalError("a record does not open") }
  }
  figure.ns += cpuNs() - before
  figure.count += count
}

private func sealing(_ bytes: Int, _ made: SelfMade, _ budget: UInt64) -> TLSFigure {
  let context = server(made) { _ in }
  var figure = TLSFigure("seal-\(bytes)")
  var session = TLSSession(established: context, suite: .aes128GCM, reading: secrets.0, writing: secrets.1)
  var region = makeRegion()
  let plain = [UInt8](repeating: 0x61, count: bytes)
  while figure.ns < budget {
    region.count = 0
    let before = cpuNs()
    for _ in 0..<64 {
      session.begin(&region, in: context)
      // SAFETY: a view of an array that lives until the end of this scope.
      region.append(unsafe plain.span.bytes)
      session.seal(&region, in: context)
    }
    figure.ns += cpuNs() - before
    figure.count += 64
  }
  return figure
}

private func contexts(_ made: SelfMade, _ budget: UInt64) -> TLSFigure {
  var figure = TLSFigure("context")
  while figure.ns < budget {
    let before = cpuNs()
    let context = server(made) { _ in }
    figure.ns += cpuNs() - before
    precondition(context.counters.full == 0)
    figure.count += 1
  }
  return figure
}
