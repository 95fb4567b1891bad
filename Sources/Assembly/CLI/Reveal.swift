internal import Detection
internal import Glibc
internal import Host
internal import Redaction
internal import Settings

extension Command {
  /// `sluice reveal`.
  static let reveal = Command(
    name: "reveal",
    summary: "decrypt values and turn tokens back, for whoever has the keys",
    details: """
      Values that begin with 'enc:' are decrypted; what they are and which key they need they say themselves. With --key
      or --type all others are taken for tokens, which do not tell whether key, topic and type are the right ones: with
      wrong ones they become wrong values. Pseudonyms and hashes can't be turned back. For each value a line goes to the
      audit first: who, when, which key, type, topic and path, and whether it was given back; never the value. A line
      that can't be written keeps the value hidden. Without VALUE it reads them from standard input, one a line.
      """,
    operands: Command.Operands(name: "VALUE…", count: 0...10_000),
    options: [
      CommandOption("--keys", "FILE", "the file of redaction's keys", short: "-k", isRequired: true),
      CommandOption("--topic", "NAME", "the topic of the event that the value is from", short: "-t", isRequired: true),
      CommandOption("--path", "POINTER", "where in the event it was: '/user/mail', '*' for an element's number"),
      CommandOption("--type", "TYPE", "what a token was taken for, such as 'credit_card'; without it, nothing"),
      CommandOption("--key", "KEY", "the key of a token; without it, the active one of 'tokenize'"),
      CommandOption("--audit", "FILE", "append the audit to a file; without it, it goes to standard error"),
    ],
    examples: [
      "sluice reveal --keys redaction-keys --topic signups --path /user/name enc:person:encrypt.1:…",
      "sluice reveal --keys redaction-keys --topic orders --type credit_card --audit audit.log 8937438540680384",
    ],
    perform: { arguments throws(CommandFailure) in try performReveal(arguments) }
  )
}

private func performReveal(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let keys = try onHost { () throws(HostFailure) in try RedactionKeysOnDisk.read(arguments["--keys"] ?? "") }
  let work = try RevealWork(arguments, keys)
  var values = arguments.operands.map { Array($0.utf8) }
  if values.isEmpty {
    let input = try onHost { () throws(HostFailure) in try contents(of: STDIN_FILENO, "standard input") }
    values = input.split(separator: 0x0A).map { Array($0.last == 0x0D ? $0.dropLast() : $0) }
  }
  var status = ExitStatus.good
  for value in values where try !work.reveal(value) { status = ExitStatus.problems }
  return status
}

/// What values are revealed with.
private struct RevealWork {
  private let revealer: Revealer
  private let topic: String
  private let path: [UInt8]
  private let type: PersonalType?
  /// The key of tokens; `nil` where values have to be encrypted ones.
  private let tokenKey: KeyID?
  private let audit: RevealAudit

  init(_ arguments: Arguments, _ keys: RedactionKeys) throws(CommandFailure) {
    revealer = Revealer(keys)
    topic = arguments["--topic"] ?? ""
    path = Array((arguments["--path"] ?? "").utf8)
    type = try arguments["--type"].map { (word) throws(CommandFailure) in
      guard let type = PersonalType.allCases.first(where: { "\($0.word)" == word }) else {
        let near = nearest(to: word, among: PersonalType.allCases.map { "\($0.word)" })
        throw .usage(arguments.command, "'\(word)' is no type\(near.map { "; did you mean '\($0)'?" } ?? "")")
      }
      return type
    }
    let named = try arguments["--key"].map { (text) throws(CommandFailure) in
      guard let id = KeyID(text) else { throw arguments.mistake("--key", "a key's id, such as 'tokenize.1'") }
      return id
    }
    let isToken = named != nil || type != nil
    tokenKey = isToken ? named ?? revealer.activeKey(.standard(.tokenize), .tokenize) : nil
    if isToken, tokenKey == nil { throw .problem("no active key 'tokenize'; name one with --key") }
    audit = try onHost { () throws(HostFailure) in try RevealAudit(arguments["--audit"]) }
  }

  /// Gives a value back, once that is written down.
  ///
  /// - Returns: whether it could be given back.
  func reveal(_ text: [UInt8]) throws(CommandFailure) -> Bool {
    // SAFETY: views of plain bytes that live until the end of this function.
    let label = unsafe Revealer.label(of: text.span.bytes)
    var line = AuditLine()
    let isSealed = unsafe Revealer.isEncrypted(text.span.bytes)
    line.add("key", (isSealed ? label?.key : tokenKey).map { "\($0)" } ?? "none")
    line.add("type", isSealed ? label?.type ?? "none" : type.map { "\($0.word)" } ?? "value")
    line.add("topic", topic)
    line.add("path", String(decoding: path, as: UTF8.self))
    switch revealed(text) {
    case .success(let revealed):
      line.add("outcome", "revealed")
      try onHost { () throws(HostFailure) in try audit.write(line) }
      let failed = writeAll(revealed.value + [0x0A], to: STDOUT_FILENO)
      guard failed == 0 || failed == EPIPE else {
        throw .problem("cannot write standard output: \(errorText(failed))")
      }
      return true
    case .failure(let refusal):
      line.add("outcome", "refused")
      try onHost { () throws(HostFailure) in try audit.write(line) }
      StandardError.write("sluice: \(Self.reason(refusal))")
      return false
    }
  }

  private func revealed(_ text: [UInt8]) -> Result<Revealer.Revealed, Revealer.Refusal> {
    // SAFETY: views of plain bytes that live until the end of this function.
    let (value, path) = unsafe (text.span.bytes, path.span.bytes)
    do throws(Revealer.Refusal) {
      guard !Revealer.isEncrypted(value), let tokenKey else {
        return .success(try revealer.open(value, topic: TopicMark(topic), path: path))
      }
      return .success(try revealer.detokenise(value, key: tokenKey, type: type, topic: TopicMark(topic)))
    } catch { return .failure(error) }
  }

  /// Why a value stays hidden, without the value.
  private static func reason(_ refusal: Revealer.Refusal) -> String {
    switch refusal {
    case .malformed: "no encrypted value, or one that was cut; for tokens name --type or --key"
    case .isOneWay: "a pseudonym or a hash, which nobody can turn back"
    case .isMissing(let id): "the file has no key '\(id)' for this"
    case .isDestroyed(let id): "key '\(id)' is destroyed, and what it protected with it"
    case .isElsewhere(let id): "the secret of key '\(id)' is with a key service"
    case .doesNotOpen(let id):
      "it does not open with key '\(id)': another topic or path, a changed value, or another key of that id"
    case .isNoToken: "too few letters and digits for a token, or too many"
    }
  }
}

/// One line of the audit, in logfmt.
struct AuditLine {
  private(set) var text = ""

  /// When it is, and who asks: the user of the process and who is logged in at its terminal.
  init() {
    add("time", Moment.text(Moment.nowNs()))
    add("deed", "reveal")
    add("uid", "\(getuid())")
    var name = [CChar](repeating: 0, count: 256)
    // SAFETY: the library writes at most as many bytes as there are, the last of them a zero.
    let isKnown = unsafe getlogin_r(&name, name.count - 1) == 0
    let login = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    add("login", isKnown ? String(decoding: login, as: UTF8.self) : "unknown")
  }

  /// Adds a field; what is not plain is written as a JSON string.
  mutating func add(_ key: String, _ value: String) {
    let isBare =
      !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
    text += (text.isEmpty ? "" : " ") + key + "=" + (isBare ? value : Self.quoted(value))
  }
  private static func quoted(_ value: String) -> String {
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5C: quoted += "\\" + String(scalar)
      case 0..<0x20, 0x7F..<0xA0: quoted += "\\u" + digits(hexadecimal: scalar.value)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
  private static func digits(hexadecimal value: UInt32) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 4 - text.utf8.count) + text
  }
}

/// Where the audit goes: a file that only grows, or standard error.
private final class RevealAudit {
  private let descriptor: Int32
  private let name: String

  init(_ path: String?) throws(HostFailure) {
    guard let path else {
      (descriptor, name) = (STDERR_FILENO, "standard error")
      return
    }
    (descriptor, name) = (try SecretFile.open(path, O_WRONLY | O_APPEND | O_CREAT), path)
  }
  deinit { if descriptor != STDERR_FILENO { _ = close(descriptor) } }

  /// Writes a line; in a file it is durable when this returns.
  func write(_ line: AuditLine) throws(HostFailure) {
    let failed = writeAll(Array((line.text + "\n").utf8), to: descriptor)
    guard failed == 0 else { throw SecretFile.refused("write", name, failed) }
    guard descriptor != STDERR_FILENO, fsync(descriptor) != 0 else { return }
    throw SecretFile.refused("flush", name, errno)
  }
}
