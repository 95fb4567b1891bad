internal import Glibc
internal import Host
internal import Settings
internal import TLS

/// What `sluice check` and `sluice doctor` find in the files of a listener's TLS; nothing is changed.
struct TLSExamination {
  private let listener: ListenerSettings
  private let reading: TLSReading
  private let utcSeconds: Int64
  private let ticketPath: String
  /// The ticket keys; `nil` when the start will make them, or when something is wrong with them.
  private var tickets: TicketKeyFile?
  /// What keeps the listener from serving.
  private(set) var problems: [TLSFinding]
  /// What does not.
  private(set) var warnings: [TLSFinding]

  /// Looks at every listener with TLS.
  static func all(_ settings: NodeSettings) -> [TLSExamination] {
    let now = Moment.secondsOf(Moment.nowNs())
    return settings.listeners.filter(\.tls.isOn).map { TLSExamination($0, settings, utcSeconds: now) }
  }

  private init(_ listener: ListenerSettings, _ settings: NodeSettings, utcSeconds: Int64) {
    (self.listener, self.utcSeconds) = (listener, utcSeconds)
    reading = TLSReading(listener.tls, utcSeconds: utcSeconds)
    (problems, warnings) = (reading.problems, reading.warnings)
    ticketPath = TicketKeysOnDisk.path(listener.tls.tickets, data: settings.dataDirectory)
    if problems.isEmpty {
      do throws(HostFailure) { try TLSFiles.proveUsable(reading.settings(listener, keyLog: nil)) } catch {
        problems.append(TLSFinding(error))
      }
    }
    examineTickets()
  }

  private mutating func examineTickets() {
    guard listener.tls.tickets.count > 0 else { return }
    let every = listener.tls.tickets.everySeconds
    if every != nil, unsafe access(ticketPath, F_OK) != 0 { return }
    do throws(HostFailure) {
      let file = try TicketKeysOnDisk.read(ticketPath)
      tickets = file
      let age = utcSeconds - file.rotatedSeconds
      let isForgotten = every.map { age >= 2 * $0 } ?? (age * 1_000_000_000 > listener.tls.tickets.lifetimeNs)
      if isForgotten {
        warnings.append(
          TLSFinding(
            "\(ticketPath): the keys moved on \(age / 3600) hours ago for the last time",
            remedy: every == nil ? "Look after whatever copies the file." : "The next start moves them on."
          )
        )
      }
      if file.next == nil {
        warnings.append(
          TLSFinding(
            "\(ticketPath) has no 'next' key, so nodes that move on at different moments refuse each other's tickets",
            remedy: "Run `sluice keys ticket rotate`, which draws one."
          )
        )
      }
    } catch { problems.append(TLSFinding(error)) }
  }

  /// Adds a line for each certificate, for the authorities and for the ticket keys, and one for everything wrong.
  func add(to diagnosis: inout Diagnosis) {
    let name = "TLS of '\(listener.name)'"
    for problem in problems { diagnosis.fail(name, problem.found, remedy: problem.remedy.asRemedy) }
    for warning in warnings { diagnosis.warn(name, warning.found, remedy: warning.remedy.asRemedy) }
    for identity in reading.identities {
      let days = counted(Int(identity.daysLeft(atSeconds: utcSeconds)), "day")
      let names = identity.names.isEmpty ? "no names" : identity.names.prefix(4).joined(separator: ", ")
      let more = identity.names.count > 4 ? " and \(identity.names.count - 4) more" : ""
      diagnosis.ok(
        "certificate",
        "\(identity.file): \(identity.keyKind.rawValue), \(names)\(more), the key fits, \(days) left"
      )
    }
    if let trust = reading.trust {
      let lists = counted(trust.revocationLists, "revocation list")
      diagnosis.ok("client certificates", "\(counted(trust.authorities.count, "authority", "authorities")), \(lists)")
    }
    guard listener.tls.tickets.count > 0, !problems.contains(where: { $0.found.contains(ticketPath) }) else { return }
    let state =
      tickets.map { "sealing with key \($0.current.label) since \(SecondText($0.rotatedSeconds).string)Z" }
      ?? "missing; the start makes them"
    diagnosis.ok("ticket keys", "\(ticketPath): \(state)")
  }
}

extension TLSFinding {
  /// A failure of the machine, as a finding.
  fileprivate init(_ failure: HostFailure) {
    self.init(String(failure.cause.last == "." ? failure.cause.dropLast() : failure.cause[...]), remedy: failure.remedy)
  }
  /// As a line of a list of mistakes.
  var line: String { "\(found); \(remedy.asRemedy)" }
}

extension String {
  /// A sentence as the end of another one.
  fileprivate var asRemedy: String {
    prefix(1).lowercased() + (last == "." ? dropFirst().dropLast() : dropFirst())
  }
}

/// A number and what it counts, where more than one of it has a word of its own.
private func counted(_ count: Int, _ noun: String, _ nouns: String) -> String {
  "\(count) \(count == 1 ? noun : nouns)"
}
