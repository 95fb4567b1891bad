import Settings
import Testing

@Suite struct MistakeTests {
  @Test func `a mistake prints like a compiler's`() throws {
    let text = "topics: [{name: a}]\nlisteners:\n  - protocol: http\n    adress: 127.0.0.1:80\n"
    do throws(SettingsMistakes) {
      _ = try NodeSettings.read(text, file: "sluice.yaml")
      Issue.record("read")
    } catch {
      #expect(error.all.count == 2)
      #expect(
        error.all[1].description == """
          sluice.yaml:4:5: unknown key 'adress' in a listener; did you mean 'address'?
                adress: 127.0.0.1:80
                ^~~~~~
          """
      )
      #expect(error.all[0].headline.hasPrefix("sluice.yaml:3:5: a listener without 'address'; expected address"))
    }
  }

  @Test(arguments: [
    ("", "1:1: no topics; expected at least one, such as 'topics: [{name: events}]'"),
    ("topics: []", "1:9: an empty list for 'topics'; expected at least one item, each a topic"),
    ("shards: 0\ntopics: []", "2:9: an empty list for 'topics'; expected at least one item, each a topic"),
    ("shards: 0", "1:1: no topics; expected at least one, such as 'topics: [{name: events}]'"),
    ("topics:", "1:8: nothing for 'topics'; expected a list, each item a topic"),
    ("topics: {name: a}", "1:9: a mapping for 'topics'; expected a list, each item a topic"),
    ("topics: [a]", "1:10: a value for a topic; expected a mapping of keys"),
    ("topics: [{}]", "1:10: a topic without 'name'; expected name: 1 to 249 of 'a-z A-Z 0-9 . _ -'"),
    ("topics: [{name: a}, {name: b}, {name: a}]", "1:33: topic 'a' for the second time; line 1 has it"),
    (
      "topics: [{name: a/b}]",
      "1:17: 'a/b' for 'name'; expected 1 to 249 of 'a-z A-Z 0-9 . _ -', and neither '.' nor '..'"
    ),
    ("topics: [{name: a, codec: lz5}]", "1:27: 'lz5' for 'codec'; expected one of 'none', 'lz4'; did you mean 'lz4'?"),
    ("- a", "1:1: a list for the settings; expected a mapping of keys"),
    ("just text", "1:1: a value for the settings; expected a mapping of keys"),
  ])
  func `a file without proper topics is refused`(text: String, headline: String) {
    #expect(mistakes(text).contains(headline), "\(mistakes(text))")
  }

  @Test(arguments: [
    ("shard: 2", "2:1: unknown key 'shard'; did you mean 'shards'?"),
    ("body_bytes: 2", "2:1: unknown key 'body_bytes'; did you mean 'limits.body_bytes'?"),
    ("limits: {conections: 2}", "2:10: unknown key 'conections' in 'limits'; did you mean 'connections'?"),
    ("log: {retention: {byte: 2}}", "2:19: unknown key 'byte' in 'log.retention'; did you mean 'bytes'?"),
    ("admin: {zzzzzz: 1}", "2:9: unknown key 'zzzzzz' in 'admin'; expected one of 'address'"),
    ("shards: 0", "2:9: '0' for 'shards'; expected 'auto' or a whole number from 1 to 1024"),
    ("shards: 1025", "2:9: '1025' for 'shards'; expected 'auto' or a whole number from 1 to 1024"),
    ("shards: -1", "2:9: '-1' for 'shards'; expected 'auto' or a whole number from 1 to 1024"),
    (
      "shards: atuo",
      "2:9: 'atuo' for 'shards'; expected 'auto' or a whole number from 1 to 1024; did you mean 'auto'?"
    ),
    (
      "shards: 99999999999999999999999",
      "2:9: '99999999999999999999999' for 'shards'; expected 'auto' or a whole number from 1 to 1024"
    ),
    ("shards: [1]", "2:9: a list for 'shards'; expected a single value, count or 'auto': 1 to 1024"),
    ("shards:", "2:1: 'shards' without a value; expected count or 'auto': 1 to 1024"),
    ("limits: 5", "2:9: a value for 'limits'; expected a mapping of keys"),
    ("steering: NIC", "2:11: 'NIC' for 'steering'; expected one of 'hash', 'nic'; did you mean 'nic'?"),
    ("shards: 1\nshards: 2", "3:1: key 'shards' for the second time in the settings; line 2 has it"),
    ("limits: {}\nlimits: {connections: 5}", "3:1: key 'limits' for the second time in the settings; line 2 has it"),
    ("[a, b]: 1", "2:1: a list as a key in the settings; expected a word"),
    ("a: &x 1", "2:4: an anchor, which settings do not use"),
    ("data: !!str x", "2:7: a tag, which settings do not use"),
    ("...\n---\ntopics: []", "3:1: a second document; expected one document a file"),
  ])
  func `a key that is wrong is named with its place`(text: String, headline: String) {
    #expect(mistakes(topic + text).contains(headline), "\(mistakes(topic + text))")
  }

  @Test(arguments: [
    ("head_bytes", "64kib", "64 KiB"), ("head_bytes", "64K", "64 KiB"), ("head_bytes", "64mb", "64 MB"),
    ("idle_time", "10sec", "10s"), ("idle_time", "10 minutes", "10m"), ("idle_time", "10S", "10s"),
    ("idle_time", "10", "10s"),
  ])
  func `a wrong unit brings the right one to mind`(key: String, value: String, suggestion: String) {
    let found = mistakes(topic + "limits: {\(key): \(value)}")
    #expect(found.count == 1 && found[0].hasSuffix("did you mean '\(suggestion)'?"), "\(found)")
  }

  @Test(arguments: [
    "8080", ":8080", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0:80",
    "127.0.0.256:80", "::1:80", "[::1]", "[::1:80", "[1.2.3.4]:80", "example.com:80", "127.0.0.1:+80",
    "[::ffff:1.2.3.4]:80",
    "127.0.0.1:000080",
  ])
  func `what is no address is refused`(text: String) {
    let found = mistakes(topic + "admin: {address: \"\(text)\"}")
    #expect(found.count == 1 && found[0].contains("for 'address'; expected 'IPv4:port'"), "\(found)")
  }

  @Test func `a bare port brings an address to mind`() {
    #expect(mistakes(topic + "admin: {address: 9000}")[0].hasSuffix("did you mean '127.0.0.1:9000'?"))
    #expect(mistakes(topic + "admin: {address: \":9000\"}")[0].hasSuffix("did you mean '0.0.0.0:9000'?"))
  }

  @Test func `every key wrong is reported at once`() throws {
    let keys = NodeSettings.keys
    var lines: [String] = []
    var text = "topics:\n  - {name: ok}\n  -"
    for key in keys where key.path.hasPrefix("topics[].") && !key.path.dropFirst(9).contains(".") {
      text += (lines.isEmpty ? " " : "    ") + "\(key.path.dropFirst(9)): '?!'\n"
      lines.append(key.path)
    }
    text += "    retention: {age: '?!'}\n    quality: {fields: '', time: ''}\n"
    text += "    schema: {require: '?!', accept: '?!', version_from: '?!', invalid: '?!', compatibility: '?!', "
    text += "shadow: {version: '?!', share: '?!'}}\n"
    text += "    redact: {detect: '?!', confidence: '?!', found: '?!', kinds: '?!', fields: '?!', annotations: '?!', "
    text += "keys: '?!', mode: '?!'}\nlisteners:\n"
    let own = keys.filter { $0.path.hasPrefix("listeners[].") }.map { String($0.path.dropFirst(12)) }
    for (index, key) in own.filter({ !$0.contains(".") }).enumerated() {
      text += (index == 0 ? "  - " : "    ") + "\(key): '?!'\n"
    }
    func wrong(_ prefix: String) -> String {
      let words = own.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }.filter { !$0.contains(".") }
      // Any text is a path.
      return words.map { "\($0): '\(isPath(prefix + $0) ? "" : "?!")'" }.joined(separator: ", ")
    }
    func isPath(_ key: String) -> Bool { keys.contains { $0.path == "listeners[]." + key && $0.type.contains("path") } }
    text += "    proxy_protocol: {\(wrong("proxy_protocol."))}\n    tls: {\(wrong("tls.")), "
    text += "client_certificates: {\(wrong("tls.client_certificates."))}, tickets: {\(wrong("tls.tickets."))}, "
    text += "certificates: [{\(wrong("tls.certificates[]."))}]}\n"
    // In two halves: of more than a hundred mistakes the others are not told.
    let lists = text
    text = "topics: [{name: ok}]\n"
    let sections = ["log", "quarantine", "limits", "telemetry"]
    for section in sections {
      text += "\(section):\n"
      for key in keys where key.path.hasPrefix(section + ".") && !key.path.contains("retention") {
        text += "  \(key.path.dropFirst(section.count + 1)): '?!'\n"
      }
      if section == "log" || section == "quarantine" { text += "  retention: {bytes: '?!', age: '?!'}\n" }
    }
    text += "wait: {policy: '?!', spin: '?!', minimum_wait: '?!'}\nadmin: {address: '?!'}\nkeys: {file: ''}\n"
    text += "redaction: {keys: {file: '', command: '', refresh: '?!', stale: '?!', timeout: '?!'}}\n"
    text += "schemas: {directory: '', formats: '?!', depth: '?!', members: '?!', string_bytes: '?!', "
    text += "number_bytes: '?!', duplicate_names: '?!'}\n"
    text += "data: ''\nshards: '?!'\nlanes: '?!'\nsteering: '?!'\n"
    let found = (mistakes(lists) + mistakes(text)).filter { $0.contains(" for '") && !$0.contains("second time") }
    #expect(found.count == keys.count, "\(found.joined(separator: "\n"))")
  }

  @Test func `mistakes come in the order of the file, and a hundred are enough`() {
    let text = topic + (0..<500).map { "wrong\($0)xx: 1\n" }.joined()
    let found = mistakes(text)
    #expect(found.count == 100)
    let lines = found.compactMap { Int($0.prefix { $0 != ":" }) }
    #expect(lines == lines.sorted() && lines.first == 2)
  }

  @Test func `a line that would steer a terminal is disarmed`() throws {
    do throws(SettingsMistakes) {
      _ = try NodeSettings.read(topic + "data: \"\\e[2Jx\\0\"\nzzz\u{202E}: 1", file: "f")
      Issue.record("read")
    } catch {
      #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
    }
  }

  @Test func `a long line is cut around the mistake`() throws {
    do throws(SettingsMistakes) {
      _ = try NodeSettings.read("topics: [{name: a, \(String(repeating: " ", count: 5000))codec: x}]", file: "f")
      Issue.record("read")
    } catch {
      let excerpt = try #require(error.all.first?.excerpt).split(separator: "\n")
      #expect(excerpt.count == 2 && excerpt.allSatisfy { $0.count <= 104 })
      let caret = try #require(excerpt[1].firstIndex(of: "^"))
      #expect(excerpt[0].dropFirst(excerpt[1].distance(from: excerpt[1].startIndex, to: caret)).hasPrefix("x}]"))
    }
  }
}
