internal import Formats
internal import Host
internal import Settings

/// The running gateway, as a command that replays asks it: one request for each record.
struct ReplayCall {
  /// What the gateway said.
  struct Answer {
    let status: Int
    let body: [UInt8]
  }
  private let token: ReplayToken
  private let address: ListenerAddress

  /// Longer than the gateway itself waits for a shard.
  private static let patienceSeconds = 15
  private static let answerBytesMax = 64 << 10

  /// Finds the gateway that has the directory.
  ///
  /// Throws: that none has it, or that it can't be asked, and what to do.
  init(_ directory: LogDirectory, _ arguments: Arguments) throws(CommandFailure) {
    let path = directory.files.path
    guard directory.isLive else {
      throw .environment(
        HostFailure(
          cause: "No gateway runs on \(path).",
          remedy: "Start it with `sluice run`, then replay: events go through its line."
        )
      )
    }
    let bytes = try onHost { () throws(HostFailure) in try directory.files.read(ReplayToken.fileName) }
    guard let bytes, let token = ReplayToken(reading: String(decoding: bytes, as: UTF8.self)) else {
      throw .environment(
        HostFailure(
          cause: "There is no token in \(path)/\(ReplayToken.fileName).",
          remedy: "Wait until the gateway has started; one of an older version takes no replays."
        )
      )
    }
    self.token = token
    let wanted = arguments["--admin"] ?? token.address
    guard let listener = ListenAddress(wanted) else {
      throw arguments.mistake("--admin", "an address such as 127.0.0.1:9090")
    }
    // Who listens everywhere listens on loopback too.
    let loopback = listener.isIPv4 ? "127.0.0.1:\(listener.port)" : "[::1]:\(listener.port)"
    guard let address = ListenerAddress(listener.isWildcard ? loopback : listener.description) else {
      throw arguments.mistake("--admin", "an address such as 127.0.0.1:9090")
    }
    self.address = address
  }

  /// Has an event put on the line once more.
  func send(_ request: ReplayRequest) throws(CommandFailure) -> Answer {
    let body = request.bytes
    var head = "POST \(ReplayRequest.path) HTTP/1.1\r\nHost: \(address)\r\nAuthorization: \(token.authorization)\r\n"
    head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    let whole = Array(head.utf8) + body
    let received = try onHost { () throws(HostFailure) in
      let connection = try PlainConnection(address, patienceSeconds: Self.patienceSeconds)
      try connection.send(whole)
      return try connection.receiveAll(atMost: Self.answerBytesMax)
    }
    guard let end = AdminRequest.end(of: received),
      let status = Int(String(decoding: received.dropFirst(9).prefix(3), as: UTF8.self))
    else { return Answer(status: 0, body: []) }
    return Answer(status: status, body: Array(received[(end + 4)...]))
  }
}
