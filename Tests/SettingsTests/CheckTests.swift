import Settings
import Testing

/// What must hold between keys, each at its bound and one beyond.
@Suite struct CheckTests {
  private let keyed = "keys: {file: k}\nlisteners: [{protocol: http, address: \"127.0.0.1:1\", keys: required}]\n"

  @Test(arguments: [
    (
      "limits: {target_bytes: 16383, head_bytes: 16384}", "limits: {target_bytes: 16384, head_bytes: 16384}",
      "'limits.target_bytes'"
    ),
    (
      "limits: {compressed_bytes: 2MiB, body_bytes: 2MiB}", "limits: {compressed_bytes: 2097153, body_bytes: 2MiB}",
      "'limits.compressed_bytes' (2097153 B) is over 'limits.body_bytes' (2 MiB)"
    ),
    (
      "limits: {inflated_bytes: 1MiB}", "limits: {inflated_bytes: 1048575}",
      "is over 'limits.inflated_bytes' (1048575 B)"
    ),
    (
      "limits: {time_in_flight: 1s, drain_time: 1s}", "limits: {time_in_flight: 1001ms, drain_time: 1s}",
      "'limits.time_in_flight' (1001ms) is over 'limits.drain_time' (1s)"
    ),
    (
      "limits: {connections: 5, connections_per_source: 5}", "limits: {connections: 5, connections_per_source: 6}",
      "'limits.connections_per_source' (6) is over 'limits.connections' (5)"
    ),
    (
      "log: {commit_bytes_max: 4MiB, segment_bytes: 16MiB}", "log: {commit_bytes_max: 4100KiB, segment_bytes: 16MiB}",
      "'log.commit_bytes_max' (4100 KiB) is over 'log.segment_bytes' (16 MiB) / 4"
    ),
    (
      "log: {retention: {bytes: 384MiB}}", "log: {retention: {bytes: 402653183}}",
      "is under 3 × 'log.segment_bytes' (128 MiB)"
    ),
    (
      "log: {segment_bytes: 4MiB, retention: {bytes: 128GiB}}",
      "log: {segment_bytes: 4MiB, retention: {bytes: 129GiB}}", "makes 33024 segments a lane"
    ),
    ("shards: 4\nlanes: 4", "shards: 4\nlanes: 3", "3 lanes leave some of 4 shards without one"),
    ("wait: {policy: latency, spin: 1ms}", "wait: {spin: 1ms}", "'wait.spin' has no effect under policy 'balanced'"),
    (
      "wait: {policy: economy, minimum_wait: 1ms}", "wait: {policy: latency, minimum_wait: 1ms}",
      "'wait.minimum_wait' has no effect under policy 'latency'"
    ),
  ])
  func `two keys agree up to the bound and not beyond`(right: String, wrong: String, message: String) throws {
    _ = try settings(topic + right)
    let found = mistakes(topic + wrong)
    #expect(found.count == 1 && found[0].contains(message), "\(found)")
  }

  @Test(arguments: [
    ("{name: a, event_bytes_max: 516096}", "", true), ("{name: a, event_bytes_max: 516097}", "", false),
    ("{name: a, event_bytes_max: 1MiB}", "log: {commit_bytes_max: 2MiB}", true),
    ("{name: a, event_bytes_max: 64KiB}", "limits: {body_bytes: 64KiB, compressed_bytes: 64KiB}", true),
    ("{name: a, event_bytes_max: 65537}", "limits: {body_bytes: 64KiB, compressed_bytes: 64KiB}", false),
    ("{name: a}", "log: {commit_bytes_max: 264KiB}", true), ("{name: a}", "log: {commit_bytes_max: 260KiB}", false),
    ("{name: a, retention: {age: 7d}}", "", true), ("{name: a, retention: {age: 169h}}", "", false),
    ("{name: a, retention: {age: 900d}}", "log: {retention: {age: none}}", true),
  ])
  func `a topic fits into commits, bodies and the log's retention`(item: String, rest: String, isRight: Bool) {
    let found = mistakes("topics: [\(item)]\n\(rest)")
    #expect(found.isEmpty == isRight && found.count <= 1, "\(found)")
  }

  @Test(arguments: [
    ("{protocol: http, address: \"1.2.3.4:1\"}, {protocol: framed, address: \"1.2.3.4:2\"}", []),
    (
      "{protocol: http, address: \"1.2.3.4:1\"}, {protocol: http, address: \"1.2.3.4:2\"}",
      ["listener 'http' for the second time"]
    ),
    (
      "{protocol: http, address: \"1.2.3.4:1\"}, {protocol: http, name: b, address: \"1.2.3.4:1\"}",
      ["address '1.2.3.4:1' is taken by another"]
    ),
    (
      "{protocol: http, address: \"0.0.0.0:1\"}, {protocol: http, name: b, address: \"1.2.3.4:1\"}",
      ["address '1.2.3.4:1' is taken by another"]
    ),
    ("{protocol: http, address: \"0.0.0.0:1\"}, {protocol: http, name: b, address: \"[::]:1\"}", []),
    (
      "{protocol: http, address: \"[::]:1\"}, {protocol: http, name: b, address: \"[2001:db8::1]:1\"}",
      ["address '[2001:db8::1]:1' is taken"]
    ),
    ("{protocol: http, address: \"127.0.0.1:0\"}, {protocol: http, name: b, address: \"127.0.0.1:0\"}", []),
    (
      "{protocol: http, address: \"127.0.0.1:9090\"}",
      ["address '127.0.0.1:9090' of a listener is also 'admin.address'"]
    ),
    (
      "{protocol: htp, address: \"127.0.0.1:1\"}",
      ["'htp' for 'protocol'; expected one of 'http', 'framed'; did you mean 'http'?"]
    ),
    ("", ["an empty list for 'listeners'; expected at least one item"]),
  ])
  func `listeners have names and addresses of their own`(items: String, messages: [String]) {
    let found = mistakes(topic + "listeners: [\(items)]")
    #expect(found.count == messages.count && zip(found, messages).allSatisfy { $0.contains($1) }, "\(found)")
  }

  @Test func `keys are asked for where there are some, and only there`() throws {
    #expect(try settings(topic + keyed).keysFile == "k")
    let listener = "listeners: [{protocol: http, address: \"127.0.0.1:1\", keys: required}]"
    #expect(mistakes(topic + listener)[0].contains("'keys: required' without 'keys.file'"))
    #expect(mistakes(topic + "keys: {file: k}")[0].contains("'keys.file' is never used"))
  }

  @Test func `the fronts of a build decide which protocols there are`() throws {
    let text = topic + "listeners: [{protocol: mqtt, address: \"127.0.0.1:1883\"}]"
    #expect(!mistakes(text).isEmpty)
    let read = try NodeSettings.read(text, file: "f", protocols: ["http", "mqtt"])
    #expect(read.listeners.map(\.protocolName) == ["mqtt"])
  }

  @Test(arguments: NodeSettings.keys.filter { ["count", "size", "duration"].contains($0.type) })
  func `a number is taken at both ends of its bound and refused beyond`(key: SettingsKey) throws {
    let ends = key.bound.replacing("a power of two from ", with: "").replacing(/, a multiple.*/, with: "")
    let parts = ends.split(separator: " to ").map(String.init)
    try #require(parts.count == 2, "\(key.bound)")
    for (part, step) in [(parts[0], -1), (parts[1], 1)] {
      #expect(own(key, part).isEmpty, "\(key.path) \(part): \(own(key, part))")
      let digits = part.prefix { $0.isNumber }
      let outside = "\(Int(digits)! + step)\(part.dropFirst(digits.count))"
      #expect(own(key, outside).count == 1, "\(key.path) \(outside)")
    }
  }

  /// The mistakes about a key's own value, apart from what it does not agree with.
  private func own(_ key: SettingsKey, _ value: String) -> [String] {
    let parts = key.path.split(separator: ".").map(String.init)
    var text = topic
    switch parts[0] {
    case "topics[]":
      let rest = parts.dropFirst()
      text =
        "topics: [{name: a, " + rest.dropLast().map { "\($0): {" }.joined() + "\(rest.last!): \(value)"
        + String(repeating: "}", count: rest.count) + "]"
    case "listeners[]":
      let rest = parts.dropFirst()
      text +=
        "listeners: [{protocol: http, address: \"127.0.0.1:1\", " + rest.dropLast().map { "\($0): {" }.joined()
        + "\(rest.last!): \(value)" + String(repeating: "}", count: rest.count) + "]"
    default:
      text +=
        parts.dropLast().map { "\($0): {" }.joined() + "\(parts.last!): \(value)"
        + String(repeating: "}", count: parts.count - 1)
    }
    return mistakes(text).filter { $0.contains(" for '\(parts.last!)'") }
  }
}
