/// What must hold between keys. Each mistake stands at a key that the file gives, the later one of a pair.
extension SettingsReader {
  /// What a commit holds besides its largest event: headers of commit, batch and record, and the block's padding.
  static let commitOverheadBytes = 8 << 10

  mutating func check(_ settings: NodeSettings) {
    checkTopics(settings)
    checkListeners(settings)
    checkTLS(settings)
    checkKeys(settings)
    checkSchemas(settings)
    checkRedaction(settings)
    checkWait(settings)
    checkLog(settings)
    checkLimits(settings)
  }

  /// Where the later of some keys stands, or `nil` when the file gives none of them.
  func place(_ paths: String...) -> Position? {
    paths.compactMap { given[$0] }.max { ($0.line, $0.column) < ($1.line, $1.column) }
  }
  func isGiven(_ path: String) -> Bool { given[path] != nil }

  /// Notes that `left` is more than `right` where it must not be.
  ///
  /// Nothing to say when both are defaults.
  private mutating func order(
    _ left: String,
    _ leftText: String,
    within right: String,
    _ rightText: String,
    holds: Bool,
    also: String = ""
  ) {
    guard !holds, let position = place(left, right) else { return }
    note("'\(left)' (\(leftText)) is over '\(right)' (\(rightText))\(also)", at: position)
  }

  private mutating func checkTopics(_ settings: NodeSettings) {
    if place("topics") == nil {
      note("no topics", at: .start, expected: "at least one, such as 'topics: [{name: events}]'")
    }
    var lines: [String: Int] = [:]
    for (index, topic) in settings.topics.enumerated() where !topic.name.isEmpty {
      guard let position = given["topics[\(index)].name"] else { continue }
      if let line = lines[topic.name] {
        note("topic \(quoted(topic.name)) for the second time; line \(line) has it", at: position)
      } else {
        lines[topic.name] = position.line
      }
    }
    for (index, topic) in settings.topics.enumerated() { checkTopic(topic, "topics[\(index)]", settings) }
  }

  private mutating func checkTopic(_ topic: TopicSettings, _ path: String, _ settings: NodeSettings) {
    let event = sizeText(topic.eventBytesMax)
    let room = settings.log.commitBytesMax - Self.commitOverheadBytes
    if topic.eventBytesMax > room, let position = place("\(path).event_bytes_max") ?? place("log.commit_bytes_max") {
      let found =
        "'event_bytes_max' (\(event)) does not fit into a commit with \(sizeText(Self.commitOverheadBytes)) of headers"
      note(
        found,
        at: position,
        expected: "'log.commit_bytes_max' (\(sizeText(settings.log.commitBytesMax))) to hold it"
      )
    }
    if topic.eventBytesMax > settings.limits.bodyBytes,
      let position = place("\(path).event_bytes_max") ?? place("limits.body_bytes")
    {
      let body = sizeText(settings.limits.bodyBytes)
      note(
        "'event_bytes_max' (\(event)) is over 'limits.body_bytes' (\(body)), so no request can carry it",
        at: position
      )
    }
    if let age = topic.retentionAgeNs, let bound = settings.log.retentionAgeNs, age > bound,
      let position = place("\(path).retention.age")
    {
      let text = "'retention.age' (\(durationText(age))) is over 'log.retention.age' (\(durationText(bound)))"
      note("\(text), which ends it first", at: position)
    }
  }

  private mutating func checkListeners(_ settings: NodeSettings) {
    let listeners = settings.listeners
    for index in listeners.indices {
      let path = "listeners[\(index)]"
      guard let item = given[path] else { continue }
      let name = listeners[index].name
      if !name.isEmpty, let other = listeners[..<index].firstIndex(where: { $0.name == name }) {
        let line = given["listeners[\(other)]"]?.line ?? 0
        note(
          "listener \(quoted(name)) for the second time; line \(line) has it",
          at: place("\(path).name") ?? item,
          expected: "a 'name' of its own"
        )
      }
      guard let position = given["\(path).address"] else { continue }
      let address = listeners[index].address
      if listeners[..<index].contains(where: { $0.address.collides(with: address) }) {
        note("address \(quoted(address.description)) is taken by another listener", at: position)
      }
      if settings.adminAddress.collides(with: address) {
        let admin = place("admin.address") ?? position
        note("address \(quoted(address.description)) of a listener is also 'admin.address'", at: admin)
      }
    }
  }

  private mutating func checkKeys(_ settings: NodeSettings) {
    let asking = settings.listeners.firstIndex { $0.keys == .required }
    if let asking, settings.keysFile == nil, let position = place("listeners[\(asking)].keys") {
      note("'keys: required' without 'keys.file'", at: position, expected: "'keys: {file: …}' in the settings")
    }
    if asking == nil, settings.keysFile != nil, let position = place("keys.file") {
      note("'keys.file' is never used: no listener has 'keys: required'", at: position)
    }
  }

  private mutating func checkWait(_ settings: NodeSettings) {
    let policy = settings.wait.policy
    for (key, wanted) in [("spin", WaitSettings.Policy.latency), ("minimum_wait", .economy)] where policy != wanted {
      guard let position = place("wait.\(key)") else { continue }
      note(
        "'wait.\(key)' has no effect under policy '\(policy.rawValue)'",
        at: position,
        expected: "'policy: \(wanted.rawValue)'"
      )
    }
    if let shards = settings.shards, let lanes = settings.lanes, lanes < shards, let position = place("lanes", "shards")
    {
      note("\(lanes) lanes leave some of \(shards) shards without one", at: position, expected: "'lanes' ≥ 'shards'")
    }
  }

  private mutating func checkLog(_ settings: NodeSettings) {
    let log = settings.log
    order(
      "log.commit_bytes_max",
      sizeText(log.commitBytesMax),
      within: "log.segment_bytes",
      sizeText(log.segmentBytes),
      holds: log.commitBytesMax <= log.segmentBytes / 4,
      also: " / 4"
    )
    checkSegments(of: "log", log.retentionBytes, log.segmentBytes)
    let side = settings.quarantine
    checkSegments(of: "quarantine", side.retentionBytes, side.segmentBytes)
  }

  /// Whether what is kept makes a sensible number of segments.
  private mutating func checkSegments(of part: String, _ retentionBytes: Int, _ segmentBytes: Int) {
    let segments = retentionBytes / segmentBytes
    guard !(3...32_768).contains(segments), let position = place("\(part).retention.bytes", "\(part).segment_bytes")
    else { return }
    if segments < 3 {
      let text = "'\(part).retention.bytes' (\(sizeText(retentionBytes))) is under 3 × '\(part).segment_bytes'"
      note("\(text) (\(sizeText(segmentBytes)))", at: position, expected: "room for 3 segments at least")
    } else {
      note(
        "'\(part).retention.bytes' makes \(segments) segments a lane",
        at: position,
        expected: "32768 at most; raise '\(part).segment_bytes'"
      )
    }
  }

  private mutating func checkLimits(_ settings: NodeSettings) {
    let limits = settings.limits
    order(
      "limits.target_bytes",
      sizeText(limits.targetBytes),
      within: "limits.head_bytes",
      sizeText(limits.headBytes),
      holds: limits.targetBytes < limits.headBytes,
      also: ", which holds it"
    )
    order(
      "limits.compressed_bytes",
      sizeText(limits.compressedBytes),
      within: "limits.body_bytes",
      sizeText(limits.bodyBytes),
      holds: limits.compressedBytes <= limits.bodyBytes
    )
    order(
      "limits.compressed_bytes",
      sizeText(limits.compressedBytes),
      within: "limits.inflated_bytes",
      sizeText(limits.inflatedBytes),
      holds: limits.compressedBytes <= limits.inflatedBytes
    )
    order(
      "limits.time_in_flight",
      durationText(limits.timeInFlightNs),
      within: "limits.drain_time",
      durationText(limits.drainTimeNs),
      holds: limits.timeInFlightNs <= limits.drainTimeNs,
      also: ", which would cut it"
    )
    if isGiven("limits.connections_per_source") && isGiven("limits.connections") {
      order(
        "limits.connections_per_source",
        "\(limits.connectionsPerSource)",
        within: "limits.connections",
        "\(limits.connections)",
        holds: limits.connectionsPerSource <= limits.connections
      )
    }
  }
}
