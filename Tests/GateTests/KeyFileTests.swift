import Events
import Testing

@testable import Gate

@Suite struct KeyFileTests {
  private static let digest = String(repeating: "0123456789abcdef", count: 4)

  @Test func `a file is read with comments, blanks and any spacing`() throws {
    let text = """
      # keys of the plant

      abcdefgh  sha256:\(Self.digest)  topics=a,b-*   created=2026-01-31T12:00:00Z
      \tijklmnop2345 sha256:\(Self.digest.uppercased()) topics=* created=2026-01-31T12:00:00.123Z revoked\r

      """
    let file = try KeyFile(text, file: "keys")
    #expect(file.entries.map(\.id) == ["abcdefgh", "ijklmnop2345"])
    #expect(file.entries[0].topics == ["a", "b-*"] && !file.entries[0].isRevoked)
    #expect(file.entries[1].topics == ["*"] && file.entries[1].isRevoked)
    #expect(file.text == text)
  }

  @Test(arguments: [
    ("abc", "no id of a key at the start; expected 8 to 16 of 'a-z 0-9'"),
    ("ABCDEFGH", "no id of a key at the start; expected 8 to 16 of 'a-z 0-9'"),
    ("abcdefgh", "no digest of key 'abcdefgh'; expected 'sha256:' and 64 hexadecimal digits"),
    ("abcdefgh sha256:12", "no digest of key 'abcdefgh'; expected 'sha256:' and 64 hexadecimal digits"),
    ("abcdefgh D", "no topics of key 'abcdefgh'; expected 'topics=' and names, 'prefix*' or '*'"),
    ("abcdefgh D topics=", "topic '' of key 'abcdefgh'; expected a name of 'a-z A-Z 0-9 . _ -', 'prefix*' or '*'"),
    ("abcdefgh D topics=a,,b", "topic '' of key 'abcdefgh'; expected a name of 'a-z A-Z 0-9 . _ -', 'prefix*' or '*'"),
    ("abcdefgh D topics=*a", "topic '*a' of key 'abcdefgh'; expected a name of 'a-z A-Z 0-9 . _ -', 'prefix*' or '*'"),
    (
      "abcdefgh D topics=a**", "topic 'a**' of key 'abcdefgh'; expected a name of 'a-z A-Z 0-9 . _ -', 'prefix*' or '*'"
    ),
    ("abcdefgh D topics=a", "no time of key 'abcdefgh'; expected 'created=' and a time such as '2026-01-31T12:00:00Z'"),
    (
      "abcdefgh D topics=a created=today",
      "no time of key 'abcdefgh'; expected 'created=' and a time such as '2026-01-31T12:00:00Z'"
    ),
    (
      "abcdefgh D topics=a created=2026-01-31T12:00:00.Z",
      "no time of key 'abcdefgh'; expected 'created=' and a time such as '2026-01-31T12:00:00Z'"
    ),
    (
      "abcdefgh D topics=a created=2026-01-31T12:00:00Z gone",
      "more than a key 'abcdefgh' has; expected 'revoked' or the end of the line"
    ),
    (
      "abcdefgh D topics=a created=2026-01-31T12:00:00Z revoked x",
      "more than a key 'abcdefgh' has; expected 'revoked' or the end of the line"
    ),
  ])
  func `a wrong line says what is wrong`(line: String, message: String) {
    let text = "# one\n" + line.replacing(" D", with: " sha256:\(Self.digest)")
    #expect(throws: KeyFileMistakes.self) { try KeyFile(text, file: "keys") }
    do throws(KeyFileMistakes) { _ = try KeyFile(text, file: "keys") } catch {
      #expect(error.all.map(\.description) == ["keys:2: " + message])
    }
  }

  @Test func `all mistakes come at once, a double id among them`() {
    let good = key(1).entry.line
    do throws(KeyFileMistakes) {
      _ = try KeyFile("bad\n\(good)\n\(good)\nbad2 x", file: "k")
      Issue.record("read")
    } catch {
      #expect(error.all.map(\.line) == [1, 3, 4])
      #expect(error.all[1].found == "key '\(key(1).entry.id)' for the second time; line 2 has it")
    }
  }

  @Test func `a client's certificate can open a key, with its name as it is or with a star`() throws {
    let text = """
      abcdefgh certificate:*.plant4.example topics=a created=2026-01-31T12:00:00Z
      bcdefghi certificate:pump.plant4.example topics=b created=2026-01-31T12:00:00Z
      cdefghij certificate:CN=a%20b,O=100%25 topics=a created=2026-01-31T12:00:00Z
      defghijk certificate:old.* topics=* created=2026-01-31T12:00:00Z revoked
      """
    let file = try KeyFile(text, file: "keys")
    #expect(file.entries.map(\.line) == text.split(separator: "\n").map(String.init))
    let topics = ["a", "b"].enumerated().map { Topic(id: TopicID(rawValue: UInt16($0)), name: $1) }
    let ring = KeyRing(file.entries, topics: topics, seed: 1)
    for (name, number) in [
      ("pump.plant4.example", UInt32(2)), ("valve.plant4.example", 1), ("CN=a b,O=100%", 3), ("old.one", 0), ("", 0),
      ("plant4.example", 0),
    ] { #expect(ring.principal(ofCertificate: name).rawValue == number) }
    #expect(ring.may(PrincipalID(rawValue: 1), write: TopicID(rawValue: 0)))
    #expect(!ring.may(PrincipalID(rawValue: 1), write: TopicID(rawValue: 1)))
    // Connections may live longer than the right of who made them.
    #expect(!ring.may(PrincipalID(rawValue: 4), write: TopicID(rawValue: 0)))
  }

  @Test(arguments: ["", "a*b*c", "%41", "a\u{7F}"])
  func `a certificate's name that matches nothing sensible is a mistake`(_ name: String) {
    let line = "abcdefgh certificate:\(name) topics=a created=2026-01-31T12:00:00Z"
    #expect(throws: KeyFileMistakes.self) { try KeyFile(line, file: "keys") }
  }

  @Test func `no mistake and no description tells a secret`() throws {
    let (text, entry) = key(1)
    let secret = try #require(text.split(separator: "_").last)
    do throws(KeyFileMistakes) {
      _ = try KeyFile("\(text)\n\(entry.id) \(text)\n\(entry.id) sha256:\(secret)", file: "k")
      Issue.record("read")
    } catch { #expect(!error.description.contains(secret)) }
    var random = Lehmer(state: 5)
    let fresh = APIKey.make(using: &random)
    #expect("\(fresh)" == "API key \(fresh.id)")
    guard case .secret(let digest) = entry.credential else {
      Issue.record("a key has a secret")
      return
    }
    #expect("\(digest)" == "digest" && !"\(entry)".contains(digest.hex))
  }

  @Test func `keys are added and revoked without touching the rest`() throws {
    let (first, second) = (key(1).entry, key(2, topics: ["a", "b*"]).entry)
    let comment = "# mine, by hand\n\n"
    var file = try KeyFile(comment, file: "k")
    file = try #require(file.adding(first))
    file = try #require(file.adding(second))
    #expect(file.adding(first) == nil)
    #expect(file.text == comment + first.line + "\n" + second.line + "\n")
    #expect(try KeyFile(file.text, file: "k") == file)
    let revoked = try #require(file.revoking(first.id))
    #expect(revoked.text == comment + first.line + " revoked\n" + second.line + "\n")
    #expect(try KeyFile(revoked.text, file: "k") == revoked)
    #expect(revoked.revoking(first.id) == revoked)
    #expect(revoked.revoking("nobodyatall") == nil)
  }

  @Test func `a key is added behind a line without an end`() throws {
    let file = try KeyFile(key(1).entry.line, file: "k")
    #expect(try #require(file.adding(key(2).entry)).text == key(1).entry.line + "\n" + key(2).entry.line + "\n")
  }

  @Test func `keys are long enough and differ`() {
    var random = SystemRandomNumberGenerator()
    let keys = (0..<200).map { _ in APIKey.make(using: &random) }
    #expect(Set(keys.map(\.text)).count == 200)
    for fresh in keys {
      #expect(APIKey.isID(fresh.id) && fresh.text.utf8.count == 3 + 12 + 1 + 32)
      let bytes = Array(fresh.text.utf8)
      let isKey = APIKeyText(bytes.span.bytes) != nil
      #expect(isKey)
    }
  }

  @Test func `no mutation of a file crashes the reader`() {
    var random = Lehmer(state: 11)
    let text = Array((key(1).entry.line + "\n# x\n" + key(2).entry.line + " revoked\n").utf8)
    for _ in 0..<3000 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do throws(KeyFileMistakes) {
        let file = try KeyFile(String(decoding: bytes, as: UTF8.self), file: "k")
        #expect(file.entries.count <= 3)
      } catch { #expect(!error.all.isEmpty) }
    }
  }
}
