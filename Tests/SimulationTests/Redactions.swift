import Bytes
import Detection
import Events
import Inspect
import LogReading
import Redaction
import Simulator

/// Plans of redaction for the simulated topics, the personal data that clients send, and what plans leave of it.
///
/// What is left was written down by hand, but for what is made with keys.
enum SimulatedRedaction {
  /// What is in all of it, and may be in nothing that is written or answered.
  static let marks = ByteMarks(["Zq7canary", "4111111111111111", "+4915123456789", "DE89370400440532013000"])

  /// A member of an event, and what each plan leaves of it.
  struct Member {
    let sent: String
    let kept: [String]
  }

  private static let ada = "Zq7canary.ada@canary.example"
  private static let eve = "Zq7canary.eve@canary.example"
  private static let encoded = "Zq7canary.ada%40canary.example"
  private static let all = [
    Member(
      sent: ",\"mail\":\"\(ada)\"",
      kept: [",\"mail\":\"<EMAIL_ADDRESS>\"", ",\"mail\":\"\(token(ada, .emailAddress))\""]
    ),
    Member(
      sent: ",\"note\":\"ask \(eve), or +4915123456789.\"",
      kept: [
        ",\"note\":\"ask <EMAIL_ADDRESS>, or <PHONE_NUMBER>.\"",
        ",\"note\":\"ask \(token(eve, .emailAddress)), or \(pseudonym("+4915123456789", .phoneNumber)).\"",
      ]
    ),
    Member(
      sent: #","user":{"name":"Zq7canary Lovelace","level":3}"#,
      kept: [#","user":{"name":"********* ********","level":3}"#, #","user":{"name":"someone","level":3}"#]
    ),
    Member(
      sent: #","person":{"first":"Zq7canary","of":["Zq7canary",{}]}"#,
      kept: [#","person":{"first":"*********","of":["*********",{}]}"#, #","person":"someone""#]
    ),
    Member(
      sent: #","deep":[{"a":{"pin":"Zq7canary-9"}},{"pin":12}]"#,
      kept: [#","deep":[{"a":{"pin":"gone"}},{"pin":"gone"}]"#, #","deep":[{"a":{}},{}]"#]
    ),
    Member(sent: #","gone":{"all":"Zq7canary","of":["Zq7canary",1]}"#, kept: ["", ""]),
    Member(sent: "  , \"away\" : [ \"Zq7canary\" ] ", kept: [" ", " "]),
    Member(sent: #","in":{"first":"Zq7canary","rest":1}"#, kept: Array(repeating: #","in":{"rest":1}"#, count: 2)),
    Member(sent: #","list":["Zq7canary", 1 ,"Zq7canary"]"#, kept: [#","list":[1]"#, #","list":[1]"#]),
    Member(
      sent: #","route":[{"stop":{"name":"Zq7canary Halt"}},{"stop":{"name":5}}]"#,
      kept: [
        #","route":[{"stop":{"name":"********* ****"}},{"stop":{"name":"*"}}]"#,
        #","route":[{"stop":{"name":"someone"}},{"stop":{"name":5}}]"#,
      ]
    ),
    Member(
      sent: ",\"card\":4111111111111111",
      kept: [",\"card\":\"<CREDIT_CARD>\"", ",\"card\":\"\(pseudonym("4111111111111111", .creditCard))\""]
    ),
    Member(
      sent: ",\"iban\":\"DE89370400440532013000\"",
      kept: [",\"iban\":\"<IBAN_CODE>\"", ",\"iban\":\"\(pseudonym("DE89370400440532013000", .iban))\""]
    ),
    Member(
      sent: ",\"\(eve)\":1",
      kept: Array(repeating: ",\"\(pseudonym(eve, .emailAddress))\":1", count: 2)
    ),
    Member(
      sent: #","esc":"\u005aq7canary.eve\u0040canary.example""#,
      kept: [",\"esc\":\"<EMAIL_ADDRESS>\"", ",\"esc\":\"\(token(eve, .emailAddress))\""]
    ),
    Member(
      sent: ",\"url\":\"https://x.example/?u=\(encoded)\"",
      kept: ["<EMAIL_ADDRESS>", token(encoded, .emailAddress)].map { ",\"url\":\"https://x.example/?u=\($0)\"" }
    ),
    Member(sent: #","plain":"nothing to hide""#, kept: Array(repeating: #","plain":"nothing to hide""#, count: 2)),
  ]
  /// Members of one event: mostly none, else a few different ones.
  static func members(_ random: inout SplitMix) -> [Member] {
    guard !random.once(in: 3) else { return [] }
    let first = random.below(all.count)
    return (0..<1 + random.below(4)).map { all[(first + 7 * $0) % all.count] }
  }

  /// A record key; what is kept of it decides on its lane, so it is the same whichever plan holds.
  static func key(_ number: Int) -> String { "Zq7canary.k\(number)@canary.example" }
  static func kept(key: String) -> String { pseudonym(key, .emailAddress) }
  /// Attributes of a CloudEvent as fields of a head.
  static func attributes(_ number: UInt64) -> String {
    "ce-specversion: 1.0\r\nce-type: t\r\nce-id: \(number)\r\nce-source: /from/\(ada)\r\nce-subject: \(eve)\r\n"
  }

  /// The same members in the data of a CloudEvent, and what is left of its envelope.
  static func envelope(of members: [Member], _ number: UInt64) -> [Member] {
    func start(_ source: String) -> String {
      #","specversion":"1.0","type":"t","id":"\#(number)","source":"/from/\#(source)","data":{"d":1"#
    }
    let sources = ["<EMAIL_ADDRESS>", token(ada, .emailAddress)]
    let first = Member(sent: start(ada), kept: sources.map { start($0) })
    return [first] + members + [Member(sent: "}", kept: ["}", "}"])]
  }

  // MARK: Plans

  static let keys: RedactionKeys = {
    var random = SplitMix(seed: 4)
    do {
      var edit = try RedactionKeyEdit([], file: "keys")
      for purpose in KeyPurpose.allCases {
        _ = try edit.make(.standard(purpose), purpose, made: "2026-01-31T12:00:00Z", using: &random)
      }
      return edit.file.keys(edit.text.span.bytes)
    } catch { preconditionFailure("\(error)") }
  }()
  private static func pseudonym(_ text: String, _ type: PersonalType) -> String { made(.pseudonym(), text, type) }
  private static func token(_ text: String, _ type: PersonalType) -> String { made(.tokenize(), text, type) }
  private static func made(_ operation: Operation, _ text: String, _ type: PersonalType) -> String {
    var bench = OperatorBench(keys: keys, valueBytesMax: 256)
    var out = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    let value = Array(text.utf8)
    let empty = value.span.bytes.extracting(0..<0)
    let outcome = bench.apply(
      operation,
      to: value.span.bytes,
      type: type,
      topic: TopicMark("simulated"),
      path: empty,
      into: &out
    )
    precondition(outcome == .written)
    return out.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Two sets of rules, of which either may hold: one that leaves little, one by which equal values stay equal.
  static let rules = [
    rules(
      version: 1,
      found: .replace,
      mails: .replace,
      [
        ("/user/name", .mask()!), ("/person", .mask()!), ("/**/pin", .replace(with: "gone")!),
        ("/route/*/stop/name", .mask()!),
      ]
    ),
    rules(
      version: 2,
      found: .pseudonym(),
      mails: .tokenize(),
      [
        ("/user/name", .replace(with: "someone")!), ("/person", .replace(with: "someone")!), ("/**/pin", .drop),
        ("/route/0/stop/name", .replace(with: "someone")!),
      ]
    ),
  ]
  /// What both take out.
  private static let dropped = ["/gone", "/away", "/in/first", "/list/0", "/list/2"]
  private static func rules(
    version: UInt32,
    found: Operation,
    mails: Operation,
    _ fields: [(path: String, Operation)]
  ) -> RedactionRules {
    do {
      let kinds = PersonalType.allCases
      let plan = RedactionPlan(
        topic: TopicMark("simulated"),
        paths: try FieldPaths(fields.map(\.path) + dropped),
        fields: (fields.map(\.1) + dropped.map { _ in .drop }).map { RedactionPlan.Rule($0) },
        profile: DetectionProfile(types: .all),
        found: kinds.map { $0 == .emailAddress ? mails : found },
        foundInKeys: kinds.map { _ in .pseudonym() },
        version: version
      )
      return RedactionRules(plans: ClientMaker.topics.map { _ in plan }, keys: keys)
    } catch { preconditionFailure("\(error)") }
  }
}

/// What is kept of events with personal data.
extension Story {
  /// Compares an event in the log with what may be kept of it.
  mutating func checkKept(_ event: LoggedEvent, _ number: UInt64, _ life: Int) {
    guard let kept = maker.kept[number] else { return }
    expect(
      kept.events.contains(event.value),
      "life \(life): event \(number) is stored as \(String(decoding: event.value, as: UTF8.self))"
    )
    let key = event.key.map { String(decoding: $0, as: UTF8.self) }
    expect(key == kept.key, "life \(life): event \(number) has the key \(key ?? "none")")
  }
  /// Sees to it that nothing personal was in a write, or in an answer.
  mutating func checkLeaks(_ peers: [[SimulatedPeer]], _ life: Int) {
    for disk in disks { expect(disk.leaks.isEmpty, "life \(life): \(disk.leaks.prefix(3))") }
    guard isRedacting else { return }
    for peer in peers.joined() {
      let found = SimulatedRedaction.marks.found(in: peer.fromServer.span.bytes)
      expect(found == nil, "life \(life): \(found ?? "nothing") is in an answer")
    }
  }
}
