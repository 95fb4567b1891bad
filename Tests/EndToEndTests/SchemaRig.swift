import Glibc

/// A gateway whose topics have schemas.
struct SchemaRig {
  let folder = TemporaryFolder()
  var configuration = Configuration()

  /// Topics that refuse, that set aside, that are told the version in the five bytes of registries, and a free one.
  static let topics = """
      - {name: free, event_bytes_max: 64 KiB}
      - {name: strict, event_bytes_max: 64 KiB, schema: {require: 2, accept: all}}
      - {name: aside, event_bytes_max: 64 KiB, schema: {require: latest, invalid: quarantine}}
      - {name: wired, event_bytes_max: 64 KiB, schema: {require: 2, accept: all, version_from: wire}}
    """

  /// A topic that sets aside the events that `Numbering` spoils.
  static let sifted = "sifted"

  init(topics: String = SchemaRig.topics, shards: Int = 1) {
    configuration.topics = topics
    configuration.shards = shards
    configuration.extra = "schemas: {directory: \(folder.path)/schemas}"
    let members = #""id": {"type": "string"}, "celsius": {"type": "number", "minimum": -50, "maximum": 60}"#
    for topic in ["strict", "wired"] {
      write(#"{"type": "object", "required": ["id"], "properties": {\#(members)}}"#, as: "\(topic)/1.json")
      write(#"{"type": "object", "required": ["id", "celsius"], "properties": {\#(members)}}"#, as: "\(topic)/2.json")
    }
    let closed = #""additionalProperties": false"#
    write(#"{"type": "object", "required": ["id"], \#(closed), "properties": {\#(members)}}"#, as: "aside/7.json")
    let producers = #""id": {"type": "string"}, "padding": {"type": "string"}"#
    write(#"{"type": "object", \#(closed), "properties": {\#(producers)}}"#, as: "\(SchemaRig.sifted)/1.json")
    write(#"{"wired": {"1": 17, "2": 23}}"#, as: "ids.json")
  }

  /// Writes a file of the registry's folder, whole before it has its name.
  func write(_ text: String, as name: String) {
    _ = mkdir("\(folder.path)/schemas", 0o700)
    if let slash = name.range(of: "/") { _ = mkdir("\(folder.path)/schemas/\(name[..<slash.lowerBound])", 0o700) }
    let file = folder.write(text, as: "schema-to-be")
    precondition(rename(file, "\(folder.path)/schemas/\(name)") == 0, "a test's folder can be changed")
  }

  func start() throws -> Gateway { try Gateway.start(configuration, in: folder) }

  /// Everything that is known to be set aside, a line of JSON each.
  func quarantined() -> [String] {
    let output = "\(folder.path)/quarantined"
    let words = [Gateway.program, "quarantine", "list", "--json", "--data", "\(folder.path)/data"]
    guard runTool(words, output: output, errors: output) == 0 else { return ["failed: \(contents(of: output))"] }
    return contents(of: output).split(separator: "\n").map { String($0) }
  }
}

/// One request that brings events, and how it is sent.
struct EventRequest {
  var body: [UInt8]
  var topic: String
  var type = "application/json"
  var fields: [String] = []
  /// Whether the body comes in chunks of so many bytes.
  var chunkBytes: Int?

  init(_ body: String, to topic: String, _ type: String = "application/json", _ fields: [String] = []) {
    self.init(Array(body.utf8), to: topic, type, fields)
  }
  init(_ body: [UInt8], to topic: String, _ type: String = "application/json", _ fields: [String] = []) {
    (self.body, self.topic, self.type, self.fields) = (body, topic, type, fields)
  }

  /// Its head, and its body.
  var parts: (head: [UInt8], body: [UInt8]) {
    var head = "POST /v1/events/\(topic) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\n"
    for field in fields { head += field + "\r\n" }
    guard let chunkBytes else { return (Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8), body) }
    var chunks: [UInt8] = []
    for start in stride(from: 0, to: body.count, by: chunkBytes) {
      let piece = body[start..<min(start + chunkBytes, body.count)]
      chunks += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
    }
    return (Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8), chunks + Array("0\r\n\r\n".utf8))
  }

  /// Sends it on a connection that stays.
  func send(on socket: Socket) -> HTTPAnswer {
    socket.send(parts.head + parts.body)
    return socket.readAnswer() ?? HTTPAnswer(status: 0)
  }
  /// Sends it on a connection of its own.
  func send(to gateway: Gateway) -> HTTPAnswer {
    guard let socket = Socket(port: gateway.port("web")) else { return HTTPAnswer(status: 0) }
    return send(on: socket)
  }
}
