/// One key whose value differs between two settings.
public struct SettingsChange: Sendable, Equatable, CustomStringConvertible {
  /// Which key, such as `limits.idle_time` or `topics[orders].event_bytes_max`.
  public let key: String
  /// What held before; `nil` for a topic or listener that is added.
  public let before: String?
  /// What is wanted; `nil` for a topic or listener that is removed.
  public let after: String?
  /// The key and both values.
  public var description: String { "\(key): \(before ?? "absent") → \(after ?? "absent")" }
}

/// What a reload would change.
public struct SettingsDifference: Sendable, Equatable {
  /// What may change while the node runs.
  public var live: [SettingsChange] = []
  /// What only a restart can change.
  public var restartOnly: [SettingsChange] = []
  /// Whether there is nothing to do.
  public var isEmpty: Bool { live.isEmpty && restartOnly.isEmpty }

  fileprivate mutating func add(_ change: SettingsChange, isLive: Bool) {
    if isLive { live.append(change) } else { restartOnly.append(change) }
  }
  fileprivate mutating func compare<Root>(
    _ rows: [SettingsRow<Root>],
    _ old: Root,
    _ wanted: Root,
    under prefix: String
  ) {
    for row in rows {
      let (before, after) = (row.write(old), row.write(wanted))
      guard before != after else { continue }
      add(SettingsChange(key: prefix + row.path, before: before, after: after), isLive: row.isLive)
    }
  }
  fileprivate mutating func compareTLS(_ old: ListenerTLSSettings, _ wanted: ListenerTLSSettings, under key: String) {
    guard old.certificates != wanted.certificates else { return }
    guard old.isOn, wanted.isOn else {
      let (before, after) = (old.isOn ? "on" : nil, wanted.isOn ? "on" : nil) as (String?, String?)
      return add(SettingsChange(key: key, before: before, after: after), isLive: false)
    }
    let change = SettingsChange(key: key + ".certificates", before: old.listed, after: wanted.listed)
    add(change, isLive: true)
  }
}

extension ListenerTLSSettings {
  /// The certificates as a line of text: of each what the file gives.
  fileprivate var listed: String {
    let standard = CertificateSettings()
    let items = certificates.map { certificate in
      let rows = NodeSettings.certificateTable.rows.filter { $0.write(certificate) != $0.write(standard) }
      return "{" + rows.map { "\($0.path): \($0.write(certificate))" }.joined(separator: ", ") + "}"
    }
    return "[" + items.joined(separator: ", ") + "]"
  }
}

extension NodeSettings {
  /// What changes when these settings take the place of `old`.
  ///
  /// Topics are told apart by name, and so are listeners. Adding or removing one takes a restart: every shard has set
  /// its tables aside for those it started with. So does beginning or ending to speak TLS.
  public func difference(from old: NodeSettings) -> SettingsDifference {
    var difference = SettingsDifference()
    difference.compare(Self.table(protocols: []).rows, old, self, under: "")
    let listenerRows = Self.listenerTable(protocols: listenerProtocols(old)).rows
    for listener in listeners {
      let key = "listeners[\(listener.name)]"
      if let before = old.listeners.first(where: { $0.name == listener.name }) {
        let rows = listenerRows.filter { before.tls.isOn && listener.tls.isOn || !$0.path.hasPrefix("tls.") }
        difference.compare(rows, before, listener, under: key + ".")
        difference.compareTLS(before.tls, listener.tls, under: key + ".tls")
      } else {
        difference.add(SettingsChange(key: key, before: nil, after: "\(listener.address)"), isLive: false)
      }
    }
    for listener in old.listeners where !listeners.contains(where: { $0.name == listener.name }) {
      let change = SettingsChange(key: "listeners[\(listener.name)]", before: "\(listener.address)", after: nil)
      difference.add(change, isLive: false)
    }
    let before = Dictionary(old.topics.map { ($0.name, $0) }) { first, _ in first }
    for topic in topics {
      let key = "topics[\(topic.name)]"
      if let known = before[topic.name] {
        difference.compare(Self.topicTable.rows, known, topic, under: key + ".")
      } else {
        difference.add(SettingsChange(key: key, before: nil, after: topic.name), isLive: false)
      }
    }
    let names = Set(topics.map(\.name))
    for topic in old.topics where !names.contains(topic.name) {
      difference.add(SettingsChange(key: "topics[\(topic.name)]", before: topic.name, after: nil), isLive: false)
    }
    return difference
  }

  /// These settings with everything of `wanted` that may change live.
  ///
  /// The rest stays as it is.
  public func adopting(liveChangesOf wanted: NodeSettings) -> NodeSettings {
    var result = self
    for row in Self.table(protocols: []).rows where row.isLive { row.copy(wanted, &result) }
    let listenerRows = Self.listenerTable(protocols: []).rows.filter(\.isLive)
    for (index, listener) in listeners.enumerated() where listener.tls.isOn {
      guard let next = wanted.listeners.first(where: { $0.name == listener.name }), next.tls.isOn else { continue }
      for row in listenerRows { row.copy(next, &result.listeners[index]) }
      result.listeners[index].tls.certificates = next.tls.certificates
    }
    var places: [String: Int] = [:]
    for (index, topic) in topics.enumerated() { places[topic.name] = index }
    for topic in wanted.topics {
      guard let place = places[topic.name] else { continue }
      for row in Self.topicTable.rows where row.isLive { row.copy(topic, &result.topics[place]) }
    }
    return result
  }

  /// Every key with its value, a line each, for `sluice check` and the log at start.
  public var lines: [String] {
    var lines = Self.table(protocols: []).rows.map { "\($0.path): \($0.write(self))" }
    for listener in listeners {
      let rows = Self.listenerTable(protocols: listenerProtocols(self)).rows
      let key = "listeners[\(listener.name)]"
      for row in rows where listener.tls.isOn || !row.path.hasPrefix("tls.") {
        lines.append("\(key).\(row.path): \(row.write(listener))")
      }
      for (index, certificate) in listener.tls.certificates.enumerated() {
        lines += Self.certificateTable.rows.map {
          "\(key).tls.certificates[\(index)].\($0.path): \($0.write(certificate))"
        }
      }
    }
    for topic in topics { lines += Self.topicTable.rows.map { "topics[\(topic.name)].\($0.path): \($0.write(topic))" } }
    return lines
  }

  private func listenerProtocols(_ other: NodeSettings) -> [String] {
    (listeners + other.listeners).map(\.protocolName)
  }
}
