import Events
import Settings
import Testing

/// The settings of a text that is right.
func settings(_ text: String) throws -> NodeSettings { try NodeSettings.read(text, file: "sluice.yaml") }

/// The headlines of a text's mistakes, without the file's name.
func mistakes(_ text: String) -> [String] {
  do throws(SettingsMistakes) {
    _ = try NodeSettings.read(text, file: "f")
    return []
  } catch { return error.all.map { String($0.headline.dropFirst(2)) } }
}

/// A text that is right but for what the test adds.
let topic = "topics: [{name: events}]\n"

@Suite struct ReadingTests {
  @Test func `one topic is all that the defaults lack`() throws {
    let read = try settings("topics:\n  - name: events\n")
    var wanted = NodeSettings()
    wanted.topics = [TopicSettings(name: "events")]
    #expect(read == wanted)
    #expect(read.listeners.map(\.address.description) == ["127.0.0.1:8080"])
    #expect(read.adminAddress.description == "127.0.0.1:9090")
    #expect(read.dataDirectory == "./sluice-data")
  }

  @Test func `every key is read`() throws {
    let read = try settings(everyKey)
    #expect(read.dataDirectory == "/var/lib/sluice" && read.shards == 2 && read.lanes == 4 && read.steering == .nic)
    #expect(read.wait.policy == .latency && read.wait.spinNs == 50_000)
    #expect(read.listeners.count == 3)
    let (http, framed) = (read.listeners[0], read.listeners[2])
    #expect(http.name == "public" && http.protocolName == "http" && http.keys == .required && http.backlog == 512)
    #expect(http.address.isWildcard && !http.address.isIPv4 && http.address.port == 8080)
    #expect(framed.name == "framed" && framed.address.isIPv4 && framed.keys == .none)
    #expect(read.adminAddress.isLoopback && read.adminAddress.port == 9091)
    #expect(read.keysFile == "/etc/sluice/keys")
    let (orders, plain) = (read.topics[0], read.topics[1])
    #expect(orders.name == "orders" && orders.acknowledge == .received && orders.order == .key && orders.codec == .lz4)
    #expect(orders.eventBytesMax == 64 << 10 && orders.retentionAgeNs == 86_400_000_000_000)
    let schema = orders.schema
    #expect(schema.required == .version(3) && schema.accepted == .versions([1, 2]) && schema.invalid == .quarantine)
    #expect(schema.versionSource == .member("schema version") && schema.compatibility == .fullTransitive)
    #expect(schema.shadow == 4 && schema.shadowShare == 250 && orders.qualityFields == ["device", "temperature"])
    #expect(orders.qualityTime == "measured at")
    #expect(read.schemas.directory == "/etc/sluice/schemas" && read.schemas.formats == .annotate)
    #expect(read.schemas.depth == 32 && read.schemas.members == 500 && read.schemas.duplicateNames == .last)
    #expect(read.schemas.stringBytes == 4096 && read.schemas.numberBytes == 100)
    #expect(plain == TopicSettings(name: "plain"))
    #expect(read.log.segmentBytes == 64 << 20 && read.log.retentionBytes == 1 << 30)
    #expect(read.log.retentionAgeNs == 2 * 86_400_000_000_000 && read.log.writesInFlight == 2)
    #expect(read.log.commitBytesMax == 1 << 20 && read.log.sealAfterNs == 500_000_000)
    let quarantine = read.quarantine
    #expect(quarantine.segmentBytes == 1 << 20 && quarantine.retentionAgeNs == 3 * 86_400_000_000_000)
    #expect(quarantine.retentionBytes == 16 << 20)
    let limits = read.limits
    #expect(limits.connections == 10_000 && limits.connectionsPerSource == 100 && limits.receiveBuffers == 512)
    #expect(limits.receiveBufferBytes == 4096 && limits.headBytes == 8192 && limits.targetBytes == 1024)
    #expect(limits.headerFields == 50 && limits.bodyBytes == 4 << 20 && limits.compressedBytes == 524_288)
    #expect(limits.inflatedBytes == 2 << 20 && limits.inflationRatio == 50 && limits.answersPerConnection == 32)
    #expect(limits.headerTimeNs == 5_000_000_000 && limits.bodyTimeNs == 60_000_000_000)
    #expect(limits.idleTimeNs == 120_000_000_000 && limits.sendTimeNs == 20_000_000_000)
    #expect(limits.timeInFlightNs == 1_500_000_000 && limits.drainTimeNs == 10_000_000_000)
    #expect(limits.acceptsPerTurn == 16 && limits.largeMessages == 8 && limits.handshakesPerTurn == 2)
    #expect(read.telemetry.log == .json && read.telemetry.level == .debug)
  }

  @Test func `no value of the full file is its key's default`() throws {
    let read = try settings(everyKey)
    let difference = read.difference(from: NodeSettings())
    let changed = Set((difference.live + difference.restartOnly).map(\.key))
    // Each of them has another one in its place.
    let exempt: Set = ["wait.minimum_wait", "redaction.keys.file"]
    for key in NodeSettings.keys where !key.path.contains("[]") && !exempt.contains(key.path) {
      #expect(changed.contains(key.path), "\(key.path)")
    }
  }

  @Test(arguments: [
    ("0", 0), ("4096", 4096), ("64KiB", 65_536), ("64 KiB", 65_536), ("1MiB", 1 << 20), ("2 kB", 2000),
    ("1_024 B", 1024), ("1 MB", 1_000_000),
  ])
  func `a size is a number with or without a unit`(text: String, bytes: Int) throws {
    if bytes < 1 {
      #expect(!mistakes("topics: [{name: a, event_bytes_max: \(text)}]").isEmpty)
    } else if bytes <= 256 << 10 {
      #expect(try settings("topics: [{name: a, event_bytes_max: \(text)}]").topics[0].eventBytesMax == bytes)
    } else {
      #expect(
        try settings(topic + "limits: {inflated_bytes: 9GiB}".replacing("9GiB", with: "\(max(bytes, 1 << 20))"))
          .limits.inflatedBytes == max(bytes, 1 << 20)
      )
    }
  }

  @Test(arguments: [
    ("100ms", 100_000_000), ("10s", 10_000_000_000), ("2m", 120_000_000_000), ("1h", 3_600_000_000_000),
    ("1d", 86_400_000_000_000), ("250000us", 250_000_000), ("100000000ns", 100_000_000), ("10 s", 10_000_000_000),
  ])
  func `a duration is a number with a unit`(text: String, ns: Int64) throws {
    #expect(try settings(topic + "limits: {idle_time: \(text)}").limits.idleTimeNs == ns)
  }

  @Test func `a bare number is no duration`() {
    #expect(mistakes(topic + "log: {seal_after: 0}").first?.contains("seal_after") == true)
    #expect(mistakes(topic + "log: {seal_after: 5}").count == 1)
  }

  @Test func `the wait policy may be written as a word`() throws {
    #expect(try settings(topic + "wait: economy").wait.policy == .economy)
    #expect(try settings(topic + "wait: {policy: economy, minimum_wait: 100us}").wait.minimumWaitNs == 100_000)
    #expect(
      mistakes(topic + "wait: fast") == [
        "2:7: 'fast' for 'wait'; expected one of 'balanced', 'latency', 'economy'"
      ]
    )
  }

  @Test func `no retention by age is a choice`() throws {
    #expect(try settings(topic + "log: {retention: {age: none}}").log.retentionAgeNs == nil)
    #expect(try settings(topic + "shards: auto\nlanes: auto\nkeys: {file: none}").shards == nil)
  }

  @Test func `a section without contents changes nothing`() throws {
    #expect(try settings(topic + "limits:\nlog:\n  retention:\n").limits == LimitSettings())
  }

  @Test func `a byte order mark is skipped`() throws {
    let read = try NodeSettings.read([0xEF, 0xBB, 0xBF] + Array(topic.utf8), file: "f")
    #expect(read.topics.count == 1)
  }

  @Test func `a topic of the settings becomes a topic of the line`() {
    var topic = TopicSettings(name: "a")
    (topic.acknowledge, topic.order, topic.codec, topic.eventBytesMax) = (.received, .key, .lz4, 7)
    let made = topic.topic(id: TopicID(rawValue: 3))
    #expect(made.id.rawValue == 3 && made.name == "a" && made.acknowledge == .received && made.order == .key)
    #expect(made.codec == .lz4 && made.eventBytesMax == 7)
  }
}

/// Every key once, each with a value that is not its default.
let everyKey = """
  data: /var/lib/sluice
  shards: 2
  lanes: 4
  steering: nic
  wait: {policy: latency, spin: 50us}
  listeners:
    - {name: public, protocol: http, address: "[::]:8080", keys: required, backlog: 512}
    - name: secure
      protocol: http
      address: 0.0.0.0:8443
      proxy_protocol: {from: [10.0.0.0/8, "2001:db8::/32", 192.0.2.1], required: true}
      tls:
        certificates:
          - certificate: ec.pem
            key: ec.key
            passphrase_file: ec.pass
            ocsp: ec.der
            names: [example.com, "*.Example.COM"]
            default: true
          - {certificate: rsa.pem, key: rsa.key, passphrase_env: RSA_PASS}
        minimum_version: 1.2
        ciphers: [TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256]
        groups: secp384r1
        client_certificates:
          mode: optional
          authorities: clients.pem
          revocations: [one.crl, two.crl]
          principal: san_uri
        tickets: {count: 2, lifetime: 1h, keys: tickets, rotate_every: never}
        psk_without_dhe: true
        handshake_timeout: 5s
    - {protocol: framed, address: 0.0.0.0:8081}
  admin: {address: "[::1]:9091"}
  keys: {file: /etc/sluice/keys}
  schemas:
    directory: /etc/sluice/schemas
    formats: annotate
    depth: 32
    members: 500
    string_bytes: 4 KiB
    number_bytes: 100
    duplicate_names: last
  topics:
    - name: orders
      acknowledge: received
      order: key
      codec: lz4
      event_bytes_max: 64 KiB
      retention: {age: 1d}
      schema:
        require: 3
        accept: [1, 2]
        version_from: member schema version
        invalid: quarantine
        compatibility: full-transitive
        shadow: {version: 4, share: 2.5%}
      quality: {fields: [device, temperature], time: measured at}
    - name: plain
  log:
    segment_bytes: 64 MiB
    retention: {bytes: 1 GiB, age: 2d}
    writes_in_flight: 2
    commit_bytes_max: 1 MiB
    seal_after: 500ms
  quarantine:
    segment_bytes: 1 MiB
    retention: {bytes: 16 MiB, age: 3d}
  limits:
    connections: 10_000
    connections_per_source: 100
    receive_buffers: 512
    receive_buffer_bytes: 4 KiB
    head_bytes: 8 KiB
    target_bytes: 1 KiB
    header_fields: 50
    body_bytes: 4 MiB
    compressed_bytes: 512 KiB
    inflated_bytes: 2 MiB
    inflation_ratio: 50
    answers_per_connection: 32
    header_time: 5s
    body_time: 1m
    idle_time: 2m
    send_time: 20s
    time_in_flight: 1500ms
    drain_time: 10s
    accepts_per_turn: 16
    handshakes_per_turn: 2
    large_messages: 8
  redaction: {keys: {command: [/usr/bin/keys, --node, a], refresh: 1m, stale: 2h, timeout: 5s}}
  telemetry: {log: json, level: debug}

  """
