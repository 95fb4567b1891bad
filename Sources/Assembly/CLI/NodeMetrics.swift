internal import Telemetry

/// Every metric of the admin listener: the table that `Docs/Metrics.md` shows.
enum NodeMetrics {
  static let uptime = Metric("sluice_uptime_seconds", .gauge, "Time since the process started.")
  static let ready = Metric("sluice_ready", .gauge, "1 when the node should be sent traffic, else 0.")
  static let pressure = Metric(
    "sluice_pressure",
    .gauge,
    "How full a shard is: 0 when it idles, 1 when it refuses.",
    labels: ["shard"]
  )
  static let received = Metric("sluice_events_received_total", .counter, "Events read, whatever became of them.")
  static let stored = Metric("sluice_events_stored_total", .counter, "Events that are safe.")
  static let quarantined = Metric("sluice_events_quarantined_total", .counter, "Events set aside with a verdict.")
  static let duplicates = Metric("sluice_events_duplicate_total", .counter, "Events that had been stored before.")
  static let refused = Metric("sluice_events_refused_total", .counter, "Events refused.", labels: ["reason"])
  static let inFlight = Metric("sluice_events_in_flight", .gauge, "Events numbered and not yet safe.")
  static let messagesRefused = Metric(
    "sluice_messages_refused_total",
    .counter,
    "Requests and frames refused before any event of theirs was looked at.",
    labels: ["reason"]
  )
  static let connections = Metric("sluice_connections", .gauge, "Connections there are.")
  static let accepted = Metric("sluice_connections_accepted_total", .counter, "Connections accepted.")
  static let turnedAway = Metric(
    "sluice_connections_turned_away_total",
    .counter,
    "Connections closed at once because their source has as many as it may."
  )
  static let acceptsPaused = Metric(
    "sluice_accepts_paused_total",
    .counter,
    "How often accepting ended for want of descriptors or places."
  )
  static let timedOut = Metric(
    "sluice_connections_timed_out_total",
    .counter,
    "Connections whose peer took too long: over a handshake, a message, between messages, to take an answer.",
    labels: ["during"]
  )
  static let headersRefused = Metric(
    "sluice_proxy_headers_refused_total",
    .counter,
    "Connections of a balancer that began with no header of the PROXY protocol, or a wrong one."
  )
  static let handshakes = Metric(
    "sluice_tls_handshakes_total",
    .counter,
    "TLS handshakes that ended: with a certificate, from a ticket, not well, or unheard since too many waited.",
    labels: ["outcome"]
  )
  static let handshakesWaiting = Metric(
    "sluice_tls_handshakes_waiting",
    .gauge,
    "Connections that wait for their turn of `limits.handshakes_per_turn`."
  )
  static let ticketsRefused = Metric(
    "sluice_tls_tickets_refused_total",
    .counter,
    "Session tickets that did not resume; the handshake went on without them.",
    labels: ["reason"]
  )
  static let ticketsRenewed = Metric(
    "sluice_tls_tickets_renewed_total",
    .counter,
    "Session tickets that resumed and were replaced, since the key that sealed them was not the current one."
  )
  static let keyUpdates = Metric("sluice_tls_key_updates_total", .counter, "Changes of a connection's TLS keys.")
  static let clientCertificates = Metric(
    "sluice_tls_client_certificates_total",
    .counter,
    "Client certificates that were verified, or had been a short time before.",
    labels: ["verdict"]
  )
  static let securityFailures = Metric(
    "sluice_tls_failures_total",
    .counter,
    "Connections that TLS ended, by the alert that was sent or received.",
    labels: ["direction", "alert"]
  )
  static let bytesReceived = Metric("sluice_received_bytes_total", .counter, "Bytes received.")
  static let bytesSent = Metric("sluice_sent_bytes_total", .counter, "Bytes sent.")
  static let starved = Metric("sluice_receives_starved_total", .counter, "Receives that found no buffer free.")
  static let receivesPaused = Metric(
    "sluice_receives_paused_total",
    .counter,
    "Receives ended because a connection held its share of buffers."
  )
  static let buffersHeld = Metric("sluice_receive_buffers_held", .gauge, "Received buffers that are not used up.")
  static let commits = Metric("sluice_lane_commits_total", .counter, "Commits with events.")
  static let seals = Metric("sluice_lane_seals_total", .counter, "Seals: commits that tell readers all is durable.")
  static let commitSeconds = Metric("sluice_lane_commit_seconds", .histogram, "How long commits took to be durable.")
  static let bytesUsed = Metric("sluice_lane_used_bytes_total", .counter, "Bytes of commits before padding.")
  static let bytesWritten = Metric("sluice_lane_written_bytes_total", .counter, "Bytes written, in whole blocks.")
  static let bytesInFlight = Metric("sluice_lane_in_flight_bytes", .gauge, "Bytes of commits under way.")
  static let segments = Metric("sluice_lane_segments", .gauge, "Segments that hold events.")
  static let segmentsOpened = Metric("sluice_lane_segments_opened_total", .counter, "Segments opened.")
  static let segmentsRetired = Metric("sluice_lane_segments_retired_total", .counter, "Segments given up to retention.")
  static let preparationsFailed = Metric(
    "sluice_lane_preparations_failed_total",
    .counter,
    "How often the disk gave no room for a segment."
  )
  static let sideCommits = Metric("sluice_side_lane_commits_total", .counter, "Commits of side lanes with records.")
  static let sideBytesWritten = Metric(
    "sluice_side_lane_written_bytes_total",
    .counter,
    "Bytes written to side lanes, in whole blocks."
  )
  static let sideSegments = Metric("sluice_side_lane_segments", .gauge, "Segments of side lanes that hold records.")
  static let sideSegmentsRetired = Metric(
    "sluice_side_lane_segments_retired_total",
    .counter,
    "Segments of side lanes given up to retention."
  )
  static let sideFull = Metric(
    "sluice_side_lane_full_shards",
    .gauge,
    "Shards that refuse what they would set aside, for want of room."
  )
  static let storageFull = Metric("sluice_storage_full_shards", .gauge, "Shards that refuse events for want of room.")
  static let schemaReadings = Metric(
    "sluice_schema_readings_total",
    .counter,
    "Readings of the folder of schemas, the start's too: taken, or refused for mistakes.",
    labels: ["outcome"]
  )
  static let schemaVersion = Metric(
    "sluice_schema_required_version",
    .gauge,
    "The version of its schema that a topic requires.",
    labels: ["topic"]
  )
  static let schemaChecked = Metric(
    "sluice_schema_events_checked_total",
    .counter,
    "Events held against their topic's schemas.",
    labels: ["topic"]
  )
  static let schemaFit = Metric(
    "sluice_schema_events_fit_total",
    .counter,
    "Events that fit a version of their topic's schema.",
    labels: ["topic", "version"]
  )
  static let schemaUnfit = Metric(
    "sluice_schema_events_unfit_total",
    .counter,
    "Events refused or set aside since they fail at a keyword of a version.",
    labels: ["topic", "version", "keyword"]
  )
  static let schemaMalformed = Metric(
    "sluice_schema_events_malformed_total",
    .counter,
    "Events refused or set aside since they are no JSON, or beyond its limits.",
    labels: ["topic"]
  )
  static let schemaUnknownVersion = Metric(
    "sluice_schema_events_unknown_version_total",
    .counter,
    "Events refused or set aside since they name a version that is not taken.",
    labels: ["topic"]
  )
  static let schemaTooComplex = Metric(
    "sluice_schema_events_too_complex_total",
    .counter,
    "Events refused or set aside since checking them takes too much work.",
    labels: ["topic"]
  )
  static let redactionScanned = Metric(
    "sluice_redaction_events_total",
    .counter,
    "Events that went through their topic's plan of redaction.",
    labels: ["topic"]
  )
  static let redactionChanged = Metric(
    "sluice_redaction_events_changed_total",
    .counter,
    "Events of which something was exchanged; with a plan in the shadow, would have been.",
    labels: ["topic"]
  )
  static let redactionImpossible = Metric(
    "sluice_redaction_events_impossible_total",
    .counter,
    "Events that could not be redacted, and of whose payload nothing was kept.",
    labels: ["topic"]
  )
  static let redactionValues = Metric(
    "sluice_redaction_values_total",
    .counter,
    "Values that were exchanged, by what they are and what was done; `field` is a field that a path names.",
    labels: ["topic", "type", "operator"]
  )
  static let redactionKeyReadings = Metric(
    "sluice_redaction_key_readings_total",
    .counter,
    "How often `redaction.keys.command` was run, by whether it printed keys.",
    labels: ["outcome"]
  )
  static let redactionKeysUsable = Metric(
    "sluice_redaction_keys_usable_seconds",
    .gauge,
    "For how long the keys that it printed may still be used; no sample without a command."
  )
  static let shadowShown = Metric(
    "sluice_schema_shadow_shown_total",
    .counter,
    "Events that the version in the shadow was shown.",
    labels: ["topic", "version"]
  )
  static let shadowUnfit = Metric(
    "sluice_schema_shadow_unfit_total",
    .counter,
    "Events that the version in the shadow would have refused.",
    labels: ["topic", "version", "keyword"]
  )
  static let qualitySampled = Metric(
    "sluice_schema_quality_sampled_total",
    .counter,
    "Events whose quality was looked at, one of 16.",
    labels: ["topic"]
  )
  static let qualityMissing = Metric(
    "sluice_schema_quality_missing_total",
    .counter,
    "Events among those in which a member is missing.",
    labels: ["topic", "field"]
  )
  static let qualityNull = Metric(
    "sluice_schema_quality_null_total",
    .counter,
    "Events among those in which a member is null.",
    labels: ["topic", "field"]
  )
  static let qualityUnseen = Metric(
    "sluice_schema_quality_unseen_members_total",
    .counter,
    "Members of those that the schema does not name.",
    labels: ["topic"]
  )
  static let qualityUntimed = Metric(
    "sluice_schema_quality_untimed_total",
    .counter,
    "Events among those that do not say when they happened, though `quality.time` asks for it.",
    labels: ["topic"]
  )
  static let qualitySkew = Metric(
    "sluice_schema_event_skew_total",
    .counter,
    "Events by how many seconds after their own time they came in at the most, one of 16; "
      + "each bound counts those below it, too.",
    labels: ["topic", "up_to"]
  )
  static let topicRate = Metric(
    "sluice_topic_rate",
    .gauge,
    "Events held against their topic's schemas a second, averaged over some five minutes.",
    labels: ["topic"]
  )
  static let topicRateZScore = Metric(
    "sluice_topic_rate_zscore",
    .gauge,
    "How many deviations the rate of the last ten seconds is from that average.",
    labels: ["topic"]
  )
  static let topicRateUnusual = Metric(
    "sluice_topic_rate_unusual",
    .gauge,
    "1 when it was more than 4 deviations off twice in a row, else 0.",
    labels: ["topic"]
  )
  static let turns = Metric("sluice_shard_turns_total", .counter, "Turns of a shard's loop.", labels: ["shard"])
  static let certificateExpiry = Metric(
    "sluice_tls_certificate_expiry_timestamp_seconds",
    .gauge,
    "When a listener's certificate, or one of its chain, ends: seconds since 1970.",
    labels: ["listener", "name", "key"]
  )
}
