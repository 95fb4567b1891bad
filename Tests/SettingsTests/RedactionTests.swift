import Detection
import Settings
import Testing

/// The keys of redaction.
@Suite struct RedactionTests {
  private func topic(_ redact: String) -> String { "topics: [{name: a, redact: \(redact)}]" }
  private func read(_ redact: String) throws -> TopicRedactionSettings {
    try settings("redaction: {keys: k}\n" + topic(redact)).topics[0].redaction
  }
  private func found(_ redact: String) -> [String] { mistakes("redaction: {keys: k}\n" + topic(redact)) }

  @Test func `a word is enough`() throws {
    let redaction = try read("all")
    #expect(redaction.detected == PersonalType.allCases && redaction.isOn && redaction.confidence == 50)
    #expect(redaction.found.text == "replace" && redaction.mode == .apply && redaction.annotations == .follow)
    #expect(try read("email").detected == [.emailAddress] && !read("none").isOn)
    #expect(try read("{detect: [phone, email]}").detected == [.phoneNumber, .emailAddress])
  }

  @Test func `operators have options`() throws {
    let redaction = try read("{detect: all, found: mask last=4, kinds: [email pseudonym, phone mask first=2 last=2]}")
    #expect(redaction.operation(for: .emailAddress).text == "pseudonym")
    #expect(redaction.operation(for: .phoneNumber).text == "mask first=2 last=2")
    #expect(redaction.operation(for: .iban).text == "mask last=4")
  }

  @Test func `a field is a pointer, an operator and what it holds`() throws {
    let fields = try read(#"{fields: [/user/email pseudonym email, "/a b/c drop", "/**/x mask last=2 phone"]}"#).fields
    #expect(fields.map(\.pointer) == ["/user/email", "/a b/c", "/**/x"])
    #expect(fields.map(\.type) == [.emailAddress, nil, .phoneNumber])
    #expect(fields.map(\.operation.text) == ["pseudonym", "drop", "mask last=2"])
  }

  @Test(arguments: [
    ("emial", "did you mean 'email'"), ("{detect: all, found: maks}", "did you mean 'mask'"),
    ("{detect: all, found: mask lats=4}", "did you mean 'last'"),
    ("{detect: all, found: mask last=x}", "a count for 'last'"),
    ("{fields: [user drop]}", "begins with '/'"), ("{fields: [/user/email]}", "a JSON Pointer and an operator"),
    ("{fields: [/a~ drop]}", "followed by 0, 1 or 2"), ("{detect: all, confidence: 0}", "confidence"),
    ("{detect: [email, email]}", "each item once"), ("{detect: all, mode: on}", "'apply', 'shadow'"),
    ("{detect: all, kinds: [email]}", "a kind and an operator"),
  ])
  func `a mistake is named`(redact: String, wanted: String) {
    let found = found(redact)
    #expect(found.count == 1 && found[0].contains(wanted), "\(found)")
  }

  @Test func `keys are in a file, or a program prints them`() throws {
    #expect(try settings("redaction: {keys: k}\n" + topic("all")).redactionKeys.file == "k")
    #expect(try settings("redaction: {keys: {file: k}}\n" + topic("all")).redactionKeys.file == "k")
    let printed = "redaction: {keys: {command: [/bin/keys, -v, -v, \"a b\"], refresh: 1m, stale: 2h, timeout: 3s}}\n"
    let keys = try settings(printed + topic("{detect: all, found: pseudonym}")).redactionKeys
    #expect(keys.command == ["/bin/keys", "-v", "-v", "a b"] && keys.file == nil && keys.isOn)
    #expect(keys.refreshNs == 60_000_000_000 && keys.staleNs == 7_200_000_000_000 && keys.timeoutNs == 3_000_000_000)
    let word = "redaction: {keys: {command: /bin/keys}}\n"
    #expect(try settings(word + topic("all")).redactionKeys.command == ["/bin/keys"])
  }
  @Test(arguments: [
    ("{file: k, command: [c]}", "'command' beside a file of keys"),
    ("{command: [c], refresh: 1h}", "too old before they are asked for again"),
    ("{command: [c], refresh: 10m, stale: 10m}", "too old before they are asked for again"),
    ("{file: k, stale: 2h}", "'stale' has no effect without 'redaction.keys.command'"),
    ("{refresh: 1m}", "'refresh' has no effect"), ("{file: k, timeout: 1s}", "'timeout' has no effect"),
    ("{command: [c], stale: 1s}", "stale"), ("{command: []}", "an empty list"),
    ("{comand: [c]}", "did you mean 'command'"), ("{command: [\"\"]}", "1 to 4095 bytes"),
  ])
  func `a mistake about where keys are is named`(keys: String, wanted: String) {
    let found = mistakes("redaction: {keys: \(keys)}\n" + topic("all"))
    #expect(found.count == 1 && found[0].contains(wanted), "\(found)")
  }

  @Test func `operators that need keys need a file of them`() {
    let found = mistakes(topic("{detect: all, found: pseudonym}"))
    #expect(found.count == 1 && found[0].contains("'pseudonym' without 'redaction.keys'"), "\(found)")
  }

  @Test func `what differs every time is refused for record keys`() throws {
    #expect(found("{detect: all, kinds: [email encrypt]}").contains { $0.contains("record keys can't have") })
    #expect(found("{detect: all, keys: encrypt}").contains { $0.contains("'encrypt' for record keys") })
    #expect(found("{detect: all, keys: drop}").contains { $0.contains("'drop' for record keys") })
    let redaction = try read("{detect: all, kinds: [email encrypt], keys: pseudonym}")
    #expect(redaction.keyOperation(for: .emailAddress).text == "pseudonym")
    #expect(try read("{fields: [/a encrypt]}").isOn, "fields are in payloads")
  }

  @Test func `what has no effect is a slip`() {
    #expect(found("{fields: [/a drop], confidence: 70}").contains { $0.contains("'redact.confidence' has no effect") })
  }
}
