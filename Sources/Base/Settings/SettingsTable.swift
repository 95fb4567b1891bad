internal import Events

/// The table of all keys. `Docs/Operations/settings.md` carries the same lines, and a test holds the two together.
extension NodeSettings {
  /// Every key, in the order of the document.
  public static var keys: [SettingsKey] {
    let listener = listenerTable(protocols: defaultProtocols)
    var standard = ListenerSettings.standard
    standard.name = "(its protocol)"
    return table(protocols: defaultProtocols).rows.map { $0.key(under: "", standard: NodeSettings()) }
      + listener.rows.map { $0.key(under: "listeners[].", standard: standard) }
      + certificateTable.rows.map { $0.key(under: "listeners[].tls.certificates[].", standard: CertificateSettings()) }
      + topicTable.rows.map { $0.key(under: "topics[].", standard: TopicSettings()) }
  }

  /// The protocols of this build's fronts.
  public static let defaultProtocols = ["http", "framed"]

  static func table(protocols: [String]) -> SettingsTable<NodeSettings> {
    SettingsTable(
      noun: "the settings",
      rows: nodeRows + schemaRows + redactionRows + logRows + quarantineRows + limitRows,
      lists: [
        "listeners": { node, root, reader, place in
          let items = reader.list(node, listenerTable(protocols: protocols), at: place, countMax: 64) {
            ListenerSettings()
          }
          root.listeners = items.map { item in
            var listener = item
            if listener.name.isEmpty { listener.name = listener.protocolName }
            return listener
          }
        },
        "topics": { node, root, reader, place in
          root.topics = reader.list(node, topicTable, at: place, countMax: 4096) { TopicSettings() }
        },
      ],
      shorthands: ["wait": "wait.policy", "redaction.keys": "redaction.keys.file"],
      isRoot: true
    )
  }

  private static let nodeRows: [SettingsRow<NodeSettings>] = [
    .init("data", \.dataDirectory, .path, "Directory of the lanes, the manifest and the lock."),
    .init(
      "shards",
      \.shards,
      SettingsForm.count(1...1024).or("auto"),
      "Threads that carry events; `auto`: one per usable CPU."
    ),
    .init(
      "lanes",
      \.lanes,
      SettingsForm.count(1...4096).or("auto"),
      "Lanes of a fresh data directory; `auto`: one per shard."
    ),
    .init(
      "steering",
      \.steering,
      .word(),
      "How a connection finds its shard: the kernel's hash, or its NIC queue's CPU."
    ),
    .init("wait.policy", \.wait.policy, .word(), "What an idle shard does; `wait: latency` is short for it."),
    .init("wait.spin", \.wait.spinNs, .duration(1000...1_000_000_000), "How long `latency` spins before it blocks."),
    .init(
      "wait.minimum_wait",
      \.wait.minimumWaitNs,
      .duration(1000...100_000_000),
      "How long `economy` lets work gather."
    ),
    .init("admin.address", \.adminAddress, .address, "Where metrics, health and pressure are served."),
    .init("keys.file", \.keysFile, SettingsForm.path.or("none"), isLive: true, "The file of API keys."),
    .init("telemetry.log", \.telemetry.log, .word(), "How a line of the log is written."),
    .init("telemetry.level", \.telemetry.level, .word(), isLive: true, "From which level on lines are written."),
  ]

  private static let logRows: [SettingsRow<NodeSettings>] = [
    .init(
      "log.segment_bytes",
      \.log.segmentBytes,
      .bytes((1 << 20)...(16 << 30), multipleOf: 4096),
      "The size of a segment's file."
    ),
    .init(
      "log.retention.bytes",
      \.log.retentionBytes,
      .bytes((3 << 20)...(1 << 50)),
      isLive: true,
      "How much each lane keeps."
    ),
    .init(
      "log.retention.age",
      \.log.retentionAgeNs,
      SettingsForm.duration(1_000_000_000...ageNsMax).or("none"),
      isLive: true,
      "How long each lane keeps events; `none`: as long as they fit."
    ),
    .init("log.writes_in_flight", \.log.writesInFlight, .count(1...16), "Commits of a lane under way at a time."),
    .init(
      "log.commit_bytes_max",
      \.log.commitBytesMax,
      .bytes((16 << 10)...(16 << 20), multipleOf: 4096),
      "The largest commit."
    ),
    .init(
      "log.seal_after",
      \.log.sealAfterNs,
      .duration(10_000_000...3_600_000_000_000),
      isLive: true,
      "How long a lane is idle before it writes a seal."
    ),
  ]

  private static let quarantineRows: [SettingsRow<NodeSettings>] = [
    .init(
      "quarantine.segment_bytes",
      \.quarantine.segmentBytes,
      .bytes((256 << 10)...(1 << 30), multipleOf: 4096),
      "The size of a side lane's segments."
    ),
    .init(
      "quarantine.retention.bytes",
      \.quarantine.retentionBytes,
      .bytes((768 << 10)...(1 << 40)),
      isLive: true,
      "How much each shard's side lane keeps."
    ),
    .init(
      "quarantine.retention.age",
      \.quarantine.retentionAgeNs,
      SettingsForm.duration(1_000_000_000...ageNsMax).or("none"),
      isLive: true,
      "How long a side lane keeps a record; `none`: as long as it fits."
    ),
  ]

  /// Ten years: what lies beyond is a slip.
  private static let ageNsMax: Int64 = 3650 * 86_400_000_000_000

  private static let limitRows: [SettingsRow<NodeSettings>] = [
    .init("limits.connections", \.limits.connections, .count(1...1_000_000), "Connections at a time, per shard."),
    .init(
      "limits.connections_per_source",
      \.limits.connectionsPerSource,
      .count(1...1_000_000),
      isLive: true,
      "Connections at a time from one IPv4 address or one IPv6 /64, per shard."
    ),
    .init("limits.receive_buffers", \.limits.receiveBuffers, .powerOfTwo(8...32_768), "Receive buffers, per shard."),
    .init(
      "limits.receive_buffer_bytes",
      \.limits.receiveBufferBytes,
      .bytes(1024...(1 << 20), multipleOf: 64),
      "What each receive buffer holds."
    ),
    .init("limits.head_bytes", \.limits.headBytes, .bytes(1024...(1 << 20)), "A request's head."),
    .init("limits.target_bytes", \.limits.targetBytes, .bytes(64...(64 << 10)), "A request's target."),
    .init("limits.header_fields", \.limits.headerFields, .count(8...10_000), "Header fields a request."),
    .init("limits.body_bytes", \.limits.bodyBytes, .bytes(1024...(1 << 30)), "A request's body on the wire."),
    .init(
      "limits.compressed_bytes",
      \.limits.compressedBytes,
      .bytes(1024...(64 << 20)),
      "A compressed body on the wire; it is kept whole until it is inflated."
    ),
    .init(
      "limits.inflated_bytes",
      \.limits.inflatedBytes,
      .bytes(1024...(1 << 30)),
      "What a compressed body may expand to."
    ),
    .init(
      "limits.inflation_ratio",
      \.limits.inflationRatio,
      .count(1...1032),
      "How many times its size a compressed body may expand."
    ),
    .init(
      "limits.answers_per_connection",
      \.limits.answersPerConnection,
      .count(1...4096),
      "Answers a connection may be owed at a time."
    ),
    .init(
      "limits.header_time",
      \.limits.headerTimeNs,
      requestTime,
      isLive: true,
      "From a request's first byte to the end of its head."
    ),
    .init(
      "limits.body_time",
      \.limits.bodyTimeNs,
      requestTime,
      isLive: true,
      "From the end of the head to the end of the body, extended by progress."
    ),
    .init(
      "limits.idle_time",
      \.limits.idleTimeNs,
      .duration(100_000_000...86_400_000_000_000),
      isLive: true,
      "Between requests."
    ),
    .init(
      "limits.send_time",
      \.limits.sendTimeNs,
      requestTime,
      isLive: true,
      "Without progress while an answer is sent."
    ),
    .init(
      "limits.time_in_flight",
      \.limits.timeInFlightNs,
      .duration(10_000_000...60_000_000_000),
      isLive: true,
      "The oldest event's time in flight, beyond which others are refused."
    ),
    .init(
      "limits.drain_time",
      \.limits.drainTimeNs,
      .duration(100_000_000...3_600_000_000_000),
      isLive: true,
      "From SIGTERM to the end."
    ),
    .init(
      "limits.accepts_per_turn",
      \.limits.acceptsPerTurn,
      .count(1...4096),
      isLive: true,
      "Connections taken a turn of the shard."
    ),
    .init(
      "limits.handshakes_per_turn",
      \.limits.handshakesPerTurn,
      .count(1...4096),
      isLive: true,
      "Steps of TLS handshakes that compute with keys, a turn of the shard."
    ),
    .init(
      "limits.large_messages",
      \.limits.largeMessages,
      .count(1...65_536),
      "Large messages that straddle receive buffers at a time, per shard."
    ),
  ]

  private static let requestTime = SettingsForm.duration(100_000_000...3_600_000_000_000)

  static let topicTable = SettingsTable<TopicSettings>(
    noun: "a topic",
    rows: [
      .init("name", \.name, .topicName, isRequired: true, "What producers and readers call it."),
      .init("acknowledge", \.acknowledge, .word(), "When its events are acknowledged: in memory, or flushed."),
      .init("order", \.order, .word(), "In which order readers find them: per connection, or per key."),
      .init("codec", \.codec, .word([("none", .none), ("lz4", .lz4)]), "How they are stored."),
      .init(
        "event_bytes_max",
        \.eventBytesMax,
        .bytes(1...(8 << 20)),
        isLive: true,
        "The largest event it takes."
      ),
      .init(
        "retention.age",
        \.retentionAgeNs,
        SettingsForm.duration(1_000_000_000...ageNsMax).or("none"),
        isLive: true,
        "How long its events are kept; `none`: as long as the log keeps them."
      ),
    ] + topicSchemaRows + topicRedactionRows,
    shorthands: [
      "schema": "schema.require", "schema.shadow": "schema.shadow.version", "redact": "redact.detect",
    ]
  )
}
