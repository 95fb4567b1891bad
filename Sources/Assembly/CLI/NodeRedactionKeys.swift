internal import Glibc
internal import Host
internal import Inspect
internal import Redaction
internal import Settings
internal import Telemetry

/// The keys of redaction as the control thread keeps them: those of a file, or those that a program prints.
///
/// A file is read at the start and on SIGHUP. A program is run at the start, which waits for it, and then again and
/// again while nobody waits; while it fails, what it printed last is used until it is too old.
struct NodeRedactionKeys {
  /// What metrics say.
  struct Figures {
    /// Whether a program prints the keys.
    var isOn = false
    /// How often it printed some, and how often it did not.
    var taken = 0
    var refused = 0
    /// When the keys are too old; `nil` when there are none.
    var staleAtNs: Int64?
  }
  private(set) var figures = Figures()
  private var settings: RedactionKeySettings
  private let log: Log
  /// The keys of the file.
  private var held = RedactionKeys.none
  private var cache: KeyCache?
  private var running: RedactionKeyCommand?
  /// Whether what is under way was told to stop.
  private var isDropped = false
  private var isToldStale = false

  /// The keys as they hold.
  var keys: RedactionKeys { cache?.keys ?? held }

  /// Reads the file, or waits for the program.
  ///
  /// A program that fails keeps nobody from starting: events that need its keys are refused until it does not.
  /// Throws: what is wrong with the file.
  init(_ settings: RedactionKeySettings, for plans: [String: RedactionPlan], log: Log) throws(HostFailure) {
    (self.settings, self.log) = (settings, log)
    try reload(settings, for: plans)
    guard cache != nil else { return }
    repeat {
      _ = poll(atNs: monotonicNs(), for: plans)
      if running != nil { _ = waitUntilReadable([], atMostNs: 2_000_000) }
    } while running != nil
  }

  /// Reads the file again, or has the program run again.
  ///
  /// Throws: what is wrong with the file; then what held before holds.
  mutating func reload(_ settings: RedactionKeySettings, for plans: [String: RedactionPlan]) throws(HostFailure) {
    if let path = settings.file {
      let fresh = try RedactionKeysOnDisk.read(path)
      let missing = NodeRedaction.missingKeys(of: plans, in: fresh)
      guard missing.isEmpty else {
        throw HostFailure(
          cause: "\(path) has no active key \(missing.joined(separator: ", ")).",
          remedy: "Make it with `sluice keys redaction make`, or name another one with 'key='."
        )
      }
      (held, cache) = (fresh, nil)
    } else if settings.command.isEmpty {
      (held, cache) = (.none, nil)
    } else {
      let times = KeyCache.Times(refreshNs: settings.refreshNs, staleNs: settings.staleNs)
      if cache == nil { cache = KeyCache(times, former: held, atNs: monotonicNs()) }
      cache?.times = times
      cache?.press()
      held = .none
    }
    (self.settings, isToldStale) = (settings, false)
    (figures.isOn, figures.staleAtNs) = (cache != nil, cache?.staleAtNs)
    // It may be another program, or print something else by now.
    running?.stop()
    isDropped = running != nil
  }

  /// Goes on with the program, without waiting for it; whether keys have come.
  mutating func poll(atNs nowNs: Int64, for plans: [String: RedactionPlan]) -> Bool {
    let before = figures.taken
    if let running { hear(running, atNs: nowNs, for: plans) }
    if running == nil, cache?.asks(atNs: nowNs) == true { start(atNs: nowNs) }
    if let limitNs = cache?.staleAtNs, nowNs >= limitNs, !isToldStale {
      isToldStale = true
      log.error(
        "keys of redaction are too old: events that need them are refused",
        [
          "program": .text(settings.command[0]),
          "remedy": "Mend what the program asks, or raise 'redaction.keys.stale'.",
        ]
      )
    }
    return figures.taken != before
  }

  private mutating func start(atNs nowNs: Int64) {
    isDropped = false
    do throws(HostFailure) {
      running = try RedactionKeyCommand(settings.command, timeoutNs: settings.timeoutNs, atNs: nowNs)
    } catch { refuse(error, atNs: nowNs) }
  }
  private mutating func hear(
    _ command: RedactionKeyCommand,
    atNs nowNs: Int64,
    for plans: [String: RedactionPlan]
  ) {
    do throws(HostFailure) {
      guard try command.poll(atNs: nowNs) else { return }
      if !isDropped { try take(command, for: plans) }
    } catch { if !isDropped { refuse(error, atNs: nowNs) } }
    if isDropped { cache?.fail(atNs: nowNs) }
    running = nil
  }

  private mutating func take(_ command: RedactionKeyCommand, for plans: [String: RedactionPlan]) throws(HostFailure) {
    guard var cache else { return }
    let former = Self.summary(cache.keys)
    try command.read { file, text in cache.take(file, text) }
    self.cache = cache
    figures.taken += 1
    (figures.staleAtNs, isToldStale) = (cache.staleAtNs, false)
    let summary = Self.summary(cache.keys)
    if summary != former { log.info("keys of redaction", ["have": .text(summary.joined(separator: ", "))]) }
    let missing = NodeRedaction.missingKeys(of: plans, in: cache.keys)
    guard !missing.isEmpty else { return }
    log.error(
      "keys of redaction are missing: events that need them are refused",
      ["keys": .text(missing.joined(separator: ", ")), "program": .text(settings.command[0])]
    )
  }
  private mutating func refuse(_ failure: HostFailure, atNs nowNs: Int64) {
    cache?.fail(atNs: nowNs)
    figures.refused += 1
    let leftNs = max(0, (cache?.staleAtNs ?? nowNs) - nowNs)
    log.error(
      "no keys of redaction came: those that are known are used until they are too old",
      [
        "cause": .text(failure.cause), "remedy": .text(failure.remedy), "usable_ms": .count(leftNs / 1_000_000),
      ]
    )
  }
  /// What is told of keys: their ids and states.
  private static func summary(_ keys: RedactionKeys) -> [String] {
    keys.keys.map { "\($0.id) \($0.state.rawValue)" }
  }
}
