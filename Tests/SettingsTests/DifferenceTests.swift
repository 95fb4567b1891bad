import Settings
import Testing

@Suite struct DifferenceTests {
  @Test func `settings do not differ from themselves`() throws {
    let read = try settings(everyKey)
    #expect(read.difference(from: read).isEmpty)
    #expect(read.adopting(liveChangesOf: read) == read)
  }

  @Test func `each key is told as live or not, as its row says`() throws {
    let difference = try settings(everyKey).difference(from: settings(topic))
    let exempt: Set = ["wait.minimum_wait", "redaction.keys.file"]
    for key in NodeSettings.keys where !key.path.contains("[]") && !exempt.contains(key.path) {
      #expect(difference.live.contains { $0.key == key.path } == key.isLive, "\(key.path)")
      #expect(difference.restartOnly.contains { $0.key == key.path } == !key.isLive, "\(key.path)")
    }
  }

  @Test func `topics are added and removed by a restart`() throws {
    let (old, wanted) = (try settings("topics: [{name: a}, {name: b}]"), try settings("topics: [{name: c}, {name: a}]"))
    let difference = wanted.difference(from: old)
    #expect(difference.live.isEmpty)
    #expect(difference.restartOnly.map(\.description) == ["topics[c]: absent → c", "topics[b]: b → absent"])
    #expect(old.adopting(liveChangesOf: wanted).topics.map(\.name) == ["a", "b"])
  }

  @Test func `a topic's limits change live, its order does not`() throws {
    let old = try settings("topics: [{name: a}]")
    let wanted = try settings("topics: [{name: a, order: key, event_bytes_max: 1KiB, retention: {age: 1d}}]")
    let difference = wanted.difference(from: old)
    #expect(difference.live.map(\.key) == ["topics[a].event_bytes_max", "topics[a].retention.age"])
    #expect(difference.restartOnly.map(\.description) == ["topics[a].order: connection → key"])
    let adopted = old.adopting(liveChangesOf: wanted)
    #expect(adopted.topics[0].eventBytesMax == 1024 && adopted.topics[0].order == .connection)
    #expect(wanted.difference(from: adopted).live.isEmpty)
  }

  @Test func `listeners change by a restart`() throws {
    let old = try settings(
      topic + "listeners: [{protocol: http, address: \"127.0.0.1:1\"}, {protocol: framed, address: \"127.0.0.1:2\"}]"
    )
    let wanted = try settings(
      topic
        + "listeners: [{protocol: http, address: \"127.0.0.1:3\", backlog: 5}, "
        + "{name: x, protocol: framed, address: \"127.0.0.1:2\"}]"
    )
    let difference = wanted.difference(from: old)
    #expect(difference.live.isEmpty)
    #expect(
      difference.restartOnly.map(\.description) == [
        "listeners[http].address: 127.0.0.1:1 → 127.0.0.1:3", "listeners[http].backlog: 4096 → 5",
        "listeners[x]: absent → 127.0.0.1:2", "listeners[framed]: 127.0.0.1:2 → absent",
      ]
    )
    #expect(old.adopting(liveChangesOf: wanted) == old)
  }

  @Test func `what is adopted is every live key and no other`() throws {
    let (old, wanted) = (try settings(topic), try settings(everyKey))
    let adopted = old.adopting(liveChangesOf: wanted)
    let left = wanted.difference(from: adopted)
    #expect(left.live.isEmpty && !left.restartOnly.isEmpty)
    #expect(adopted.difference(from: old).restartOnly.isEmpty)
    #expect(adopted.keysFile == "/etc/sluice/keys" && adopted.dataDirectory == old.dataDirectory)
  }

  @Test func `every key has a line with its value`() throws {
    let lines = try settings(everyKey).lines
    #expect(lines.contains("limits.time_in_flight: 1500ms") && lines.contains("topics[orders].event_bytes_max: 64 KiB"))
    #expect(lines.contains("listeners[public].address: [::]:8080") && lines.contains("log.retention.age: 2d"))
    #expect(lines.contains("shards: 2") && lines.contains("topics[plain].retention.age: none"))
  }

  @Test func `what a key writes it also reads`() throws {
    let lines = try settings(everyKey).lines.filter { !$0.hasPrefix("topics[") && !$0.hasPrefix("listeners[") }
    for line in lines {
      let (path, value) = (line.prefix { $0 != ":" }, line.drop { $0 != ":" }.dropFirst(2))
      let parts = path.split(separator: ".")
      let text =
        topic + parts.dropLast().map { "\($0): {" }.joined() + "\(parts.last!): \"\(value)\""
        + String(repeating: "}", count: parts.count - 1)
      #expect(!mistakes(text).contains { $0.contains(" for '\(parts.last!)'") }, "\(line)")
    }
  }
}
