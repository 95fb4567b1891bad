import Glibc
import Testing

extension EndToEnd {
  /// Kills the gateway at random instants under load, and compares what it promised with what is there.
  ///
  /// SLUICE_CRASH_ROUNDS says how often (30), SLUICE_CRASH_SEED where the instants come from.
  @Suite struct CrashTests {
    /// Ways to set a log up; they take turns.
    static let logs = [
      "{segment_bytes: 1 MiB, commit_bytes_max: 128 KiB, retention: {bytes: 512 MiB}, seal_after: 50ms}",
      "{segment_bytes: 8 MiB, retention: {bytes: 1 GiB}, writes_in_flight: 1}",
      "{segment_bytes: 2 MiB, commit_bytes_max: 256 KiB, retention: {bytes: 512 MiB}, writes_in_flight: 16}",
    ]
    /// How many crashes one data directory goes through.
    static let roundsPerDirectory = 6

    @Test func `nothing acknowledged is lost, invented, doubled or reordered by kill -9`() throws {
      let rounds = environmentCount("SLUICE_CRASH_ROUNDS") ?? 30
      let seed = UInt64(environmentCount("SLUICE_CRASH_SEED") ?? Int.random(in: 0..<1_000_000))
      print("crash test: \(rounds) rounds, SLUICE_CRASH_SEED=\(seed)")
      var generator = SplitMix(seed: seed)
      var round = 0
      var total = (events: 0, acknowledged: 0, asides: 0, segments: 0)
      while round < rounds {
        let rig = SchemaRig()
        let folder = rig.folder
        var configuration = Configuration()
        configuration.topics +=
          "\n  - {name: \(SchemaRig.sifted), event_bytes_max: 64 KiB, schema: {require: 1, invalid: quarantine}}"
        configuration.extra = rig.configuration.extra + "\nquarantine: {retention: {bytes: 512 MiB}}"
        configuration.log = Self.logs[round / Self.roundsPerDirectory % Self.logs.count]
        var producers: [Producer] = []
        var found: Set<UInt64> = []
        for _ in 0..<min(Self.roundsPerDirectory, rounds - round) {
          let gateway = try Gateway.start(configuration, in: folder)
          let fresh = produce(round: round, for: gateway, sifted: true)
          for producer in fresh { producer.waitForFirst() }
          pause(Double.random(in: 0...0.6, using: &generator))
          gateway.kill(SIGKILL)
          let status = gateway.waitForEnd()
          #expect(status == 128 + SIGKILL, "round \(round), seed \(seed): it ended by itself\n\(gateway.said)")
          for producer in fresh { producer.join() }
          producers += fresh
          let audit = Audit(try LoggedEvents("\(folder.path)/data"), of: producers, before: found)
          #expect(
            audit.problems.isEmpty,
            "round \(round), seed \(seed): \(audit.problems) \(audit.ends) \(folder.path)"
          )
          if !audit.problems.isEmpty { return }
          found = audit.found
          round += 1
        }
        // What recovery makes of the last crash is as good, and an orderly end adds nothing.
        let gateway = try Gateway.start(configuration, in: folder)
        gateway.kill(SIGTERM)
        #expect(gateway.waitForEnd() == 0)
        let log = try LoggedEvents("\(folder.path)/data")
        let audit = Audit(log, of: producers, before: found)
        #expect(audit.problems.isEmpty, "after round \(round - 1), seed \(seed): \(audit.problems)")
        total.events += audit.events
        total.acknowledged += audit.acknowledged
        total.asides += log.asides.count
        total.segments += log.segments
      }
      let kept = "\(total.events) stored and \(total.asides) set aside"
      print("crash test: \(total.acknowledged) acknowledged of \(kept) in \(total.segments) segments")
      #expect(total.acknowledged > 0 && total.asides > 0 && total.segments > 0)
    }
  }
}

/// A dozen connections of every kind, to every topic, and some to one that sets events aside.
func produce(round: Int, for gateway: Gateway, limit: Int = .max, sifted: Bool = false) -> [Producer] {
  let (web, frames) = (gateway.port("web"), gateway.port("frames"))
  var kinds: [(Traffic, String, Bool)] = [
    (.single(ahead: 1), "plain", false), (.single(ahead: 1), "packed", false), (.single(ahead: 8), "plain", false),
    (.single(ahead: 1), "loose", false), (.single(ahead: 4), "keyed", true),
    (.lines(20, chunked: false), "plain", false), (.lines(50, chunked: true), "packed", false),
    (.framed(ahead: 64), "plain", false), (.framed(ahead: 256), "packed", false),
    (.framed(ahead: 64), "loose", false), (.framed(ahead: 64), "keyed", true), (.framed(ahead: 32), "keyed", true),
  ]
  if sifted {
    let topic = SchemaRig.sifted
    kinds += [(.single(ahead: 4), topic, false), (.lines(20, chunked: true), topic, false)]
    kinds += [(.framed(ahead: 64), topic, false)]
  }
  return kinds.enumerated().map { index, kind in
    let port = if case .framed = kind.0 { frames } else { web }
    return Producer(round * 100 + index, kind.0, topic: kind.1, port: port, isKeyed: kind.2, limit: limit)
  }
}
