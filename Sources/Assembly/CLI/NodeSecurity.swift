internal import Gateway
internal import Host
internal import TLS
internal import Telemetry

/// TLS as every shard gets it: contexts of its own, made where time does not matter.
extension TLSFiles.Changes {
  /// What each of `shards` shards is told, with a place for each of `listeners` listeners.
  ///
  /// Cost: milliseconds for each shard and certificate.
  /// Throws: what OpenSSL refuses; nothing has changed then.
  func seeds(shards: Int, listeners: Int) throws(HostFailure) -> [SecuritySeed] {
    var seeds: [SecuritySeed] = []
    for _ in 0..<shards {
      var seed = SecuritySeed()
      seed.contexts = Array(repeating: nil, count: listeners)
      seed.ticketKeys = Array(repeating: nil, count: listeners)
      for (place, settings) in settings {
        do throws(TLSMistake) { seed.contexts[place] = PreparedContext(try TLSContext(server: settings)) } catch {
          throw TLSFinding(error).failure
        }
      }
      for (place, keys) in ticketKeys { seed.ticketKeys[place] = keys }
      seeds.append(seed)
    }
    return seeds
  }
}

extension NodeState {
  func writeSecurity(_ total: ShardReport, _ text: inout PrometheusText) {
    text.begin(NodeMetrics.handshakes)
    text.sample(total.security.full, "full")
    text.sample(total.security.resumed, "resumed")
    text.sample(total.security.failed, "failed")
    text.sample(total.counters.handshakesTurnedAway, "turned_away")
    text.write(NodeMetrics.handshakesWaiting, total.handshakesWaiting)
    text.begin(NodeMetrics.ticketsRefused)
    text.sample(total.security.ticketsOfUnknownKeys, "unknown_key")
    text.sample(total.security.ticketsTampered, "tampered")
    text.sample(total.security.ticketsExpired, "expired")
    text.sample(total.security.ticketsUnsuitable, "unsuitable")
    text.write(NodeMetrics.ticketsRenewed, total.security.ticketsRenewed)
    text.write(NodeMetrics.keyUpdates, total.security.keyUpdates)
    text.begin(NodeMetrics.clientCertificates)
    text.sample(total.security.certificatesVerified, "verified")
    text.sample(total.security.certificatesRemembered, "remembered")
    text.begin(NodeMetrics.securityFailures)
    for alert in 0..<256 {
      let name = TLSAlert(rawValue: UInt8(alert)).description
      let (ours, peers) = (total.securityFailures.ours[alert], total.securityFailures.peers[alert])
      if ours > 0 { text.sample(UInt64(ours), "sent", name) }
      if peers > 0 { text.sample(UInt64(peers), "received", name) }
    }
  }
}
