internal import Glibc
internal import Host
internal import Settings
internal import TLS
internal import Telemetry

/// What the files of all listeners' TLS hold, as the control thread keeps it: read at the start, again on SIGHUP, and
/// when they change.
///
/// A start fails on the first file that can't be used. Later, what can't be used is logged, and what held before holds.
struct TLSFiles {
  /// What shards have to be told, by the listeners' places in the settings.
  struct Changes {
    /// Listeners whose contexts are to be made anew.
    var settings: [Int: TLSSettings] = [:]
    /// Listeners whose tickets are sealed by other keys.
    var ticketKeys: [Int: TicketKeys] = [:]
    /// Whether there is nothing to tell.
    var isEmpty: Bool { settings.isEmpty && ticketKeys.isEmpty }
  }
  /// When a certificate ends.
  struct Expiry: Equatable {
    let listener: String
    let name: String
    let keyKind: String
    let seconds: Int64
  }
  /// A listener with TLS.
  private struct Entry {
    let place: Int
    var listener: ListenerSettings
    var reading: TLSReading
    var watch: FileWatch
    var readSeconds: Int64
    var ticketPath: String
    var ticketWatch: FileWatch
    var tickets: TicketKeyFile
  }

  private var entries: [Entry] = []
  private let keyLog: (@Sendable (String) -> Void)?
  private let log: Log
  private var lookedAtNs: Int64

  /// How often files are looked at.
  static let intervalNs: Int64 = 2_000_000_000
  /// How often they are read without a change, so that what runs out is noticed.
  static let rereadSeconds: Int64 = 86_400

  /// Reads everything, and makes or moves on ticket keys; the data directory is there.
  ///
  /// - Parameters:
  ///   - settings: the node's.
  ///   - keyLog: gets the secrets of every connection, where somebody asked for that.
  ///   - log: where findings go.
  ///   - nowNs: a time that only goes forward.
  ///   - utcSeconds: the time, in seconds since 1970.
  /// - Throws: what can't be used, with file and reason.
  init(
    _ settings: NodeSettings,
    keyLog: (@Sendable (String) -> Void)?,
    log: Log,
    nowNs: Int64,
    utcSeconds: Int64
  ) throws(HostFailure) {
    (self.keyLog, self.log, lookedAtNs) = (keyLog, log, nowNs)
    for (place, listener) in settings.listeners.enumerated() where listener.tls.isOn {
      let watch = FileWatch(listener.tls.files)
      let reading = TLSReading(listener.tls, utcSeconds: utcSeconds)
      if let failure = reading.failure { throw failure }
      try TLSFiles.proveUsable(reading.settings(listener, keyLog: nil))
      let path = TicketKeysOnDisk.path(listener.tls.tickets, data: settings.dataDirectory)
      var entry = Entry(
        place: place,
        listener: listener,
        reading: reading,
        watch: watch,
        readSeconds: utcSeconds,
        ticketPath: path,
        ticketWatch: FileWatch([path]),
        tickets: try TicketKeysOnDisk.bringUpToDate(
          path,
          everySeconds: listener.tls.tickets.everySeconds,
          nowSeconds: utcSeconds
        ).file
      )
      // The file may have been made or replaced just now, by us.
      entry.ticketWatch = FileWatch([path])
      entries.append(entry)
      tell(reading.warnings, of: listener)
    }
  }

  /// Whether any listener speaks TLS.
  var isEmpty: Bool { entries.isEmpty }

  /// Everything, as a start tells it.
  var all: Changes {
    var changes = Changes()
    for entry in entries {
      changes.settings[entry.place] = entry.reading.settings(entry.listener, keyLog: keyLog)
      changes.ticketKeys[entry.place] = entry.tickets.keys
    }
    return changes
  }

  /// When each certificate ends.
  var expiries: [Expiry] {
    entries.flatMap { entry in
      entry.reading.identities.map { identity in
        Expiry(
          listener: entry.listener.name,
          name: identity.title,
          keyKind: identity.keyKind.rawValue,
          seconds: identity.expiresSeconds
        )
      }
    }
  }

  /// Reads everything again, by the settings that hold now.
  mutating func reload(_ settings: NodeSettings, nowNs: Int64, utcSeconds: Int64) -> Changes {
    lookedAtNs = nowNs
    var changes = Changes()
    for index in entries.indices {
      let listener = settings.listeners[entries[index].place]
      entries[index].watch = FileWatch(listener.tls.files)
      read(index, listener, utcSeconds, &changes)
      let path = TicketKeysOnDisk.path(listener.tls.tickets, data: settings.dataDirectory)
      entries[index].ticketWatch = FileWatch([path])
      readTickets(index, path, utcSeconds, &changes)
    }
    return changes
  }

  /// Looks whether files have changed or ticket keys have to move on, if it is time to.
  ///
  /// Cost: a system call a file, every two seconds.
  mutating func poll(nowNs: Int64, utcSeconds: Int64) -> Changes {
    var changes = Changes()
    guard nowNs - lookedAtNs >= TLSFiles.intervalNs else { return changes }
    lookedAtNs = nowNs
    for index in entries.indices {
      let isOld = utcSeconds - entries[index].readSeconds >= TLSFiles.rereadSeconds
      if entries[index].watch.hasChanged() || isOld { read(index, entries[index].listener, utcSeconds, &changes) }
      let entry = entries[index]
      let isDue = entry.listener.tls.tickets.everySeconds.map {
        entry.tickets.isDue(everySeconds: $0, atSeconds: utcSeconds)
      }
      if entries[index].ticketWatch.hasChanged() || isDue == true {
        readTickets(index, entry.ticketPath, utcSeconds, &changes)
      }
    }
    return changes
  }

  /// Reads a listener's certificates, and takes them when they can be used.
  private mutating func read(
    _ index: Int,
    _ listener: ListenerSettings,
    _ utcSeconds: Int64,
    _ changes: inout Changes
  ) {
    entries[index].readSeconds = utcSeconds
    let reading = TLSReading(listener.tls, utcSeconds: utcSeconds)
    let settings = reading.settings(listener, keyLog: keyLog)
    do throws(HostFailure) {
      if let failure = reading.failure { throw failure }
      try TLSFiles.proveUsable(settings)
    } catch {
      log.error(
        "certificates not taken: those that held before still hold",
        ["listener": .text(listener.name), "cause": .text(error.cause), "remedy": .text(error.remedy)]
      )
      return
    }
    entries[index].listener = listener
    entries[index].reading = reading
    changes.settings[entries[index].place] = settings
    log.info(
      "certificates taken",
      [
        "listener": .text(listener.name),
        "certificates": .text(reading.identities.map(\.title).joined(separator: ", ")),
      ]
    )
    tell(reading.warnings, of: listener)
  }

  /// Reads a listener's ticket keys, and moves them on when it is time.
  private mutating func readTickets(_ index: Int, _ path: String, _ utcSeconds: Int64, _ changes: inout Changes) {
    let name = entries[index].listener.name
    do throws(HostFailure) {
      let every = entries[index].listener.tls.tickets.everySeconds
      let outcome = try TicketKeysOnDisk.bringUpToDate(path, everySeconds: every, nowSeconds: utcSeconds)
      if outcome.deed != .read { entries[index].ticketWatch = FileWatch([path]) }
      if let problem = outcome.problem {
        log.warning(
          "ticket keys could not move on",
          ["listener": .text(name), "cause": .text(problem.cause), "remedy": .text(problem.remedy)]
        )
      }
      entries[index].ticketPath = path
      guard outcome.file != entries[index].tickets else { return }
      entries[index].tickets = outcome.file
      changes.ticketKeys[entries[index].place] = outcome.file.keys
      log.info("ticket keys taken", ["listener": .text(name), "sealing": .text(outcome.file.current.label)])
    } catch {
      log.error(
        "ticket keys not taken: those that held before still hold",
        ["listener": .text(name), "cause": .text(error.cause), "remedy": .text(error.remedy)]
      )
    }
  }

  private func tell(_ warnings: [TLSFinding], of listener: ListenerSettings) {
    for warning in warnings {
      log.warning(
        "certificates",
        ["listener": .text(listener.name), "found": .text(warning.found), "remedy": .text(warning.remedy)]
      )
    }
  }

  /// Has OpenSSL take everything once, so that no shard is told of what it refuses.
  static func proveUsable(_ settings: TLSSettings) throws(HostFailure) {
    do throws(TLSMistake) { _ = try TLSContext(server: settings) } catch { throw TLSFinding(error).failure }
  }
}

extension ListenerTLSSettings {
  /// All files that certificates and client certificates come from.
  var files: [String] { certificates.flatMap(\.files) + clientCertificates.files }
}

extension TicketSettings {
  /// How often keys move on, in seconds; `nil` when somebody else looks after them.
  var everySeconds: Int64? { rotateEveryNs.map { $0 / 1_000_000_000 } }
}
