import Bytes
import COpenSSL
import TLS

/// The engine with what a shard does for it: bytes are gathered, records opened, answers sealed.
final class Served {
  var session: TLSSession
  let context: TLSContext
  let utcSeconds: Int64
  private(set) var details: TLSDetails?
  private(set) var failure: TLSFailure?
  private(set) var isClosed = false
  /// Plaintext that arrived.
  private(set) var received: [UInt8] = []
  /// What is to be sent.
  private var out: [UInt8] = []
  private var pending: [UInt8] = []
  private var region: Region
  /// Bytes of a region that handshakes write to.
  let regionBytes: Int

  init(_ context: TLSContext, utcSeconds: Int64 = Authority.now, regionBytes: Int = 16 << 10) {
    (self.context, self.utcSeconds, self.regionBytes) = (context, utcSeconds, regionBytes)
    session = TLSSession(accepting: context)
    region = Region(id: RegionID(rawValue: 0), byteCount: 64 << 10)
  }
  /// The other role.
  init(connecting context: TLSContext, to host: String, resuming ticket: [UInt8]? = nil) {
    (self.context, utcSeconds, regionBytes) = (context, Authority.now, 16 << 10)
    session = TLSSession(connecting: context, to: host, resuming: ticket)
    region = Region(id: RegionID(rawValue: 0), byteCount: 64 << 10)
  }
  deinit { session.forget(in: context) }

  func output() -> [UInt8] {
    defer { out = [] }
    return out
  }
  private func take() {
    for index in 0..<region.count { out.append(region.bytes.byte(index)) }
    region.count = 0
  }

  /// What arrived, as it came off the wire.
  func input(_ bytes: [UInt8]) {
    pending += bytes
    while details == nil, failure == nil {
      region.limitRoom(to: regionBytes)
      let lent = pending
      let step = session.handshake(lent.span.bytes, into: &region, utcSeconds: utcSeconds)
      region.releaseRoom()
      pending.removeFirst(step.consumed)
      take()
      switch step.outcome {
      case .hungry:
        precondition(pending.isEmpty, "a handshake takes what it gets")
        return
      case .full: continue
      case .established(let details): self.details = details
      case .failed(let failure): self.failure = failure
      }
    }
    while failure == nil, !isClosed {
      var position = 0
      let opened: TLSSession.Opened
      do {
        var lent = pending.mutableSpan
        var raw = lent.mutableBytes
        opened = session.open(&raw, at: &position, in: context)
      }
      switch opened {
      case .data(let range):
        precondition(!range.isEmpty && range.upperBound <= position, "plaintext lies in its record")
        received += pending[range]
      case .hungry(let count):
        precondition(count > pending.count - position && count <= TLSSession.recordBytesMax, "more is needed")
        pending.removeFirst(position)
        if session.isOwing { write([]) }
        return
      case .closed: isClosed = true
      case .failed(let failure):
        self.failure = failure
        session.close(into: &region, in: context)
        take()
      }
      pending.removeFirst(position)
    }
  }
  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    repeat {
      session.begin(&region, in: context)
      let piece = Array(rest.prefix(region.room))
      region.append(piece.span.bytes)
      session.seal(&region, in: context)
      take()
      rest = rest.dropFirst(piece.count)
    } while !rest.isEmpty
  }
  func close() {
    session.close(into: &region, in: context)
    take()
  }
}

/// Carries bytes both ways until both sides are silent.
func exchange(_ client: Client, _ server: Served, pieces: Int = .max) {
  client.handshake()
  while true {
    let (toServer, toClient) = (client.output(), server.output())
    if toServer.isEmpty && toClient.isEmpty { return }
    for start in stride(from: 0, to: toServer.count, by: min(pieces, max(toServer.count, 1))) {
      server.input(Array(toServer[start..<min(start + min(pieces, toServer.count), toServer.count)]))
    }
    client.input(toClient)
    if !client.isConnected { client.handshake() }
  }
}

/// Settings of a server called `device.test`.
func serverSettings(_ authority: Authority, _ kinds: [Authority.Key] = [.p256]) throws -> TLSSettings {
  var settings = TLSSettings()
  settings.identities = try kinds.map { try identity(authority.issue("device.test", $0, hosts: ["device.test"])) }
  return settings
}
func identity(_ issued: Authority.Issued, chain: [UInt8] = []) throws -> Identity {
  try Identity(
    certificates: issued.pem + chain,
    certificateFile: "server.pem",
    key: issued.keyPEM,
    keyFile: "server.key",
    utcSeconds: Authority.now
  )
}

/// Whether both are the same, without printing them if not.
func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
