import Bytes
import Testing

@testable import Redaction

private func mistake(_ text: String) -> String? {
  let bytes = Array(text.utf8)
  do throws(RedactionKeyFileMistake) {
    _ = try RedactionKeyFile(bytes.span.bytes, file: "f")
    return nil
  } catch { return error.description }
}
private let digits = String(repeating: "9f86d081", count: 8)
private func file(_ lines: String...) -> String { (["sluice-redaction-keys 1"] + lines).joined(separator: "\n") }

@Suite struct RedactionKeyTests {
  @Test func `keys are made, rotated and destroyed, and the file stays readable`() throws {
    var random = Lehmer(state: 1)
    var edit = try RedactionKeyEdit(Array("# ours\nsluice-redaction-keys 1\n# mail\n".utf8), file: "f")
    let name = KeyName("mail")!
    #expect(try edit.make(name, .encrypt, made: made, using: &random) == KeyID("mail.1"))
    #expect(throws: RedactionKeyEdit.Refusal.isThere(name)) {
      try edit.make(name, .encrypt, made: made, using: &random)
    }
    #expect(try edit.rotate(name, made: made, using: &random) == KeyID("mail.2"))
    #expect(edit.file.entries.map(\.state) == [.retired, .active])
    let first = edit.file.entries[0]
    guard case .digits(let range) = first.secret else { throw RedactionKeyEdit.Refusal.isFull }
    let secret = String(decoding: edit.text[range], as: UTF8.self)
    #expect(secret.utf8.count == 64 && String(decoding: edit.text, as: UTF8.self).contains(secret))
    #expect(try edit.destroy(first.id) && (try edit.destroy(first.id)) == false)
    let text = String(decoding: edit.text, as: UTF8.self)
    #expect(!text.contains(secret) && text.contains("mail.1 encrypt destroyed \(made) none\n"))
    #expect(text.hasPrefix("# ours\nsluice-redaction-keys 1\n# mail\n") && mistake(text) == nil)
    #expect(throws: RedactionKeyEdit.Refusal.isMissing("post")) {
      try edit.rotate(KeyName("post")!, made: made, using: &random)
    }
    #expect(throws: RedactionKeyEdit.Refusal.isMissing("mail.9")) { try edit.destroy(KeyID("mail.9")!) }
    _ = try edit.destroy(KeyID("mail.2")!)
    #expect(try edit.rotate(name, made: made, using: &random) == KeyID("mail.3"))
  }
  @Test func `a file that is full takes no more keys, and stays as it is`() throws {
    var random = Lehmer(state: 1)
    let name = KeyName("mail")!
    let line = "mail.1 encrypt active \(made) hex:\(digits)"
    for free in [0, 1, 100, 130] {
      let rest = RedactionKeyFile.bytesMax - free - file(line, "#").utf8.count
      let text = Array((file(line, "#") + String(repeating: ".", count: rest)).utf8)
      var edit = try RedactionKeyEdit(text, file: "f")
      #expect(throws: RedactionKeyEdit.Refusal.isFull) { try edit.rotate(name, made: made, using: &random) }
      #expect(throws: RedactionKeyEdit.Refusal.isFull) {
        try edit.make(KeyName("post")!, .encrypt, made: made, using: &random)
      }
      #expect(edit.text == text)
      #expect(try edit.destroy(KeyID("mail.1")!) && edit.text.count < text.count)
    }
  }
  @Test func `what a destroyed key sealed is gone, and what a retired one sealed is not`() throws {
    var (edit, random) = (keyFile(), Lehmer(state: 5))
    var bench = Bench(edit.keys)
    let sealed = Array(bench.apply(.encrypt(), "a", path: "").text.utf8)
    let empty: [UInt8] = []
    _ = try edit.rotate(.standard(.encrypt), made: made, using: &random)
    let topic = TopicMark("orders")
    #expect(try Revealer(edit.keys).open(sealed.span.bytes, topic: topic, path: empty.span.bytes).value == [0x61])
    bench.bench.take(edit.keys)
    #expect(bench.text(.encrypt(), "a").hasPrefix("enc:value:encrypt.2:"))
    let id = KeyID("encrypt.1")!
    _ = try edit.destroy(id)
    #expect(throws: Revealer.Refusal.isDestroyed(id)) {
      try Revealer(edit.keys).open(sealed.span.bytes, topic: topic, path: empty.span.bytes)
    }
    #expect(throws: Revealer.Refusal.isMissing(id)) {
      try Revealer(.none).open(sealed.span.bytes, topic: topic, path: empty.span.bytes)
    }
    #expect(throws: Revealer.Refusal.doesNotOpen(id)) {
      try Revealer(keyFile(3).keys).open(sealed.span.bytes, topic: topic, path: empty.span.bytes)
    }
  }
  @Test func `a pseudonym and a hash are told from what can be turned back`() throws {
    let keys = keyFile().keys
    var bench = Bench(keys)
    let empty: [UInt8] = []
    for operation in [Operation.pseudonym(), .hash()] {
      let text = Array(bench.text(operation, "a", .person).utf8)
      #expect(throws: Revealer.Refusal.isOneWay) {
        try Revealer(keys).open(text.span.bytes, topic: TopicMark("a"), path: empty.span.bytes)
      }
      #expect(throws: Revealer.Refusal.isOneWay) {
        try Revealer(keys).detokenise(text.span.bytes, key: KeyID("tokenize.1")!, type: nil, topic: TopicMark("a"))
      }
    }
  }

  @Test(
    arguments: [
      ("", "f:1:1: an empty file"), ("# x\n", "an empty file"), ("hello", "f:1:1: no file of redaction's keys"),
      ("sluice-redaction-keys 2", "f:1:1: another version"), (file(" mail encrypt"), "f:2:2: no key's id"),
      (file("mail.0 x"), "no key's id"), (file("mail.01 x"), "no key's id"), (file("Mail.1 x"), "no key's id"),
      (file("mail.1 seal"), "f:2:8: no purpose of key 'mail.1'; expected 'pseudonym', 'tokenize', 'encrypt'"),
      (file("mail.1 encrypt asleep"), "f:2:16: no state"), (file("mail.1 encrypt active"), "f:2:22: no time"),
      (file("mail.1 encrypt active \(made)"), "no secret"),
      (file("mail.1 encrypt active \(made) hex:12"), "f:2:44: no secret"),
      (file("mail.1 encrypt active \(made) hex:\(digits)0"), "no secret"),
      (file("mail.1 encrypt active \(made) hex:\(digits.dropLast())g"), "no secret"),
      (file("mail.1 encrypt active \(made) wrapped:"), "no secret"),
      (file("mail.1 encrypt active \(made) wrapped:abc"), "no secret"),
      (file("mail.1 encrypt destroyed \(made) hex:\(digits)"), "a secret of destroyed key"),
      (file("mail.1 encrypt active \(made) hex:\(digits) x"), "f:2:113: more than key 'mail.1' has"),
    ]
  )
  func `what is wrong in a file is named by line and column, and never quoted`(text: String, expected: String) {
    let found = mistake(text) ?? "read"
    #expect(found.contains(expected) && !found.contains("9f86d081"), "\(found)")
  }
  @Test func `a name has one purpose, an id one line, and at most one key is active`() {
    let line = "mail.1 encrypt active \(made) hex:\(digits)"
    #expect(mistake(file(line)) == nil)
    #expect(mistake(file(line, line))?.contains("f:3:1: key 'mail.1' for the second time") == true)
    let second = line.replacing("mail.1", with: "mail.2")
    #expect(mistake(file(line, second))?.contains("f:3:16: a second active key of 'mail'") == true)
    #expect(mistake(file(line, second.replacing("active", with: "retired"))) == nil)
    let other = second.replacing("encrypt active", with: "tokenize retired")
    #expect(mistake(file(line, other))?.contains("f:3:8: another purpose for 'mail'") == true)
    let many = (1...256).map { "mail.\($0) encrypt retired \(made) hex:\(digits)" }.joined(separator: "\n")
    #expect(mistake(file(many)) == nil)
    #expect(mistake(file(many, "post.1 encrypt active \(made) hex:\(digits)"))?.contains("more than 256 keys") == true)
  }
  @Test(arguments: UInt64(1)...4)
  func `no cut and no mutation crashes the reader`(seed: UInt64) {
    let whole = keyFile().text
    for count in 0...whole.count { _ = mistake(String(decoding: whole[..<count], as: UTF8.self)) }
    var random = Lehmer(state: seed)
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        } else {
          bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &random)))
        }
      }
      do throws(RedactionKeyFileMistake) {
        let edit = try RedactionKeyEdit(bytes, file: "f")
        #expect(edit.keys.keys.count == edit.file.entries.count)
      } catch { #expect(error.line >= 1 && error.description.utf8.count < 400) }
    }
  }
  @Test func `names and ids are read as they are written, and nothing else is`() {
    for text in ["a", "mail2", "abcdefghijklmnop"] { #expect(KeyName(text)?.description == text) }
    for text in ["", "2a", "abcdefghijklmnopq", "a-b", "A", "é"] { #expect(KeyName(text) == nil, "\(text)") }
    #expect(KeyID("mail.4294967295")?.description == "mail.4294967295")
    for text in ["mail", "mail.", "mail.0", "mail.+1", "mail.4294967296", ".1", "mail.1.2"] {
      #expect(KeyID(text) == nil, "\(text)")
    }
    #expect(KeyName.standard(.encrypt) == KeyName("encrypt"))
  }
  @Test func `memory of secrets is zeroed, held, and says whether it may be swapped out`() {
    let memory = SecretMemory(byteCount: 100)
    let isZero = memory.memory.allSatisfy { $0 == 0 }
    let count = memory.bytes.byteCount
    #expect(isZero && count == 100 && memory.lockErrorNumber >= 0)
  }
}
