import Bytes
import Foundation
import TLS

/// The TLS of a tiny server: one session a connection, one certificate for `localhost` and 127.0.0.1.
final class TinyTLS {
  private final class Box {
    var session: TLSSession
    var pending: [UInt8] = []
    init(_ session: consuming TLSSession) { self.session = session }
  }
  /// What received bytes came to.
  struct Received {
    var plaintext: [UInt8] = []
    var output: [UInt8] = []
    var isOver = false
  }
  private let context: TLSContext
  private var boxes: [Int32: Box] = [:]
  private var region = Region(id: RegionID(rawValue: 0), byteCount: 1 << 20)
  /// Connections that ended as TLS wants it.
  private(set) var farewells = 0
  var counters: TLSCounters { context.counters }

  init() throws {
    var settings = TLSSettings()
    settings.applicationProtocols = ["http/1.1"]
    settings.identities = [
      try Identity(
        certificates: Array(Self.certificate.utf8),
        certificateFile: "tiny",
        key: Array(Self.key.utf8),
        keyFile: "tiny",
        utcSeconds: Int64(time(nil))
      )
    ]
    context = try TLSContext(server: settings)
  }

  func open(_ descriptor: Int32, _ bytes: [UInt8]) -> Received {
    let box = boxes[descriptor] ?? Box(TLSSession(accepting: context))
    boxes[descriptor] = box
    box.pending += bytes
    var received = Received()
    if !box.session.isEstablished { shakeHands(box, &received) }
    while box.session.isEstablished, !received.isOver {
      var position = 0
      let count = box.pending.count
      let opened = box.pending.withUnsafeMutableBytes { bytes in
        var span = MutableRawSpan(_unsafeBytes: bytes)
        return box.session.open(&span, at: &position, in: context)
      }
      if case .data(let range) = opened { received.plaintext += box.pending[range] }
      box.pending.removeFirst(position)
      switch opened {
      case .data: continue
      case .closed: farewells += 1
      case .failed: break
      case .hungry: if position == 0 || position == count { return received } else { continue }
      }
      region.count = 0
      box.session.close(into: &region, in: context)
      received.output += taken()
      received.isOver = true
    }
    return received
  }
  private func shakeHands(_ box: Box, _ received: inout Received) {
    region.count = 0
    let step = box.pending.withUnsafeBytes {
      box.session.handshake(RawSpan(_unsafeBytes: $0), into: &region, utcSeconds: Int64(time(nil)))
    }
    box.pending.removeFirst(step.consumed)
    received.output = taken()
    if case .failed = step.outcome { received.isOver = true }
  }
  func seal(_ descriptor: Int32, _ bytes: [UInt8]) -> [UInt8] {
    let box = boxes[descriptor]!
    region.count = 0
    box.session.begin(&region, in: context)
    bytes.withUnsafeBytes { region.append(RawSpan(_unsafeBytes: $0)) }
    box.session.seal(&region, in: context)
    return taken()
  }
  func forget(_ descriptor: Int32) {
    boxes[descriptor]?.session.forget(in: context)
    boxes[descriptor] = nil
  }
  private func taken() -> [UInt8] { Array(region.memory[0..<region.count]) }

  /// ECDSA on P-256, for localhost and 127.0.0.1, valid for a hundred years; it vouches for itself.
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBmjCCAUGgAwIBAgIUG2hauRf3Gi+AFhO7CgMAF0Uwkl8wCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDE1MjU1MFoYDzIxMjYxMDI3
    MTUyNTUwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAATWfDeAV8pMZKYxdYvg4HIfN/NDx/U4MnkSYxNtd0A8S7sf9+W0eH3i
    ymZIzNSPC1Ao6U7ojAUq3qyPrPSHYqezo28wbTAdBgNVHQ4EFgQUqJDhfHp/sS1e
    5QmOG4Mu40bRwS0wHwYDVR0jBBgwFoAUqJDhfHp/sS1e5QmOG4Mu40bRwS0wDwYD
    VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
    zj0EAwIDRwAwRAIgUE+suaZonEc5nCGoI2OIW8Oq4BTTtllECDwAxyYkGf4CIDh1
    ckwncnSBjwbZ2j0Zy4Fs9dtkwruokW/PbJI524SX
    -----END CERTIFICATE-----
    """
  // It protects nothing: it is known to everybody who reads this.
  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqdK6v6h7XMrXO8c9
    Xv6grvcWzcExKO9NF0IH8vEx286hRANCAATWfDeAV8pMZKYxdYvg4HIfN/NDx/U4
    MnkSYxNtd0A8S7sf9+W0eH3iymZIzNSPC1Ao6U7ojAUq3qyPrPSHYqez
    -----END PRIVATE KEY-----
    """
}
