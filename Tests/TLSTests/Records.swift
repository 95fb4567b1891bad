import Bytes
import COpenSSL

@testable import TLS

/// Both ends of an established connection, and records of any kind sealed with the client's key.
final class Records {
  let context: TLSContext
  let suite: CipherSuite
  var server: TLSSession
  /// Opens what the server sends.
  var client: TLSSession
  private let library = Library()
  private let cipher = EVP_CIPHER_CTX_new()
  private let keys = UnsafeMutablePointer<TrafficKeys>.allocate(capacity: 1)
  var region = Region(id: RegionID(rawValue: 0), byteCount: 64 << 10)

  init(_ suite: CipherSuite = .aes128GCM, _ context: TLSContext) {
    (self.suite, self.context) = (suite, context)
    let (near, far) = ([UInt8](1...UInt8(suite.hashBytes)), [UInt8](101...UInt8(100 + suite.hashBytes)))
    server = TLSSession(established: context, suite: suite, reading: near, writing: far)
    client = TLSSession(established: context, suite: suite, reading: far, writing: near)
    keys.initialize(to: TrafficKeys())
    for index in near.indices { keys.pointee.secret[index] = near[index] }
    setUp { KeySchedule.derive(&keys.pointee, for: suite, number: 1) }
  }
  deinit {
    EVP_CIPHER_CTX_free(cipher)
    keys.deallocate()
  }
  /// The client goes on with its next key.
  func updateKeys() { setUp { KeySchedule.update(&keys.pointee, for: suite, number: 1) } }
  private func setUp(_ derive: () -> Void) {
    derive()
    let algorithm = library.cipher(
      suite == .aes128GCM ? "AES-128-GCM" : suite == .aes256GCM ? "AES-256-GCM" : "ChaCha20-Poly1305"
    )
    withUnsafeBytes(of: &keys.pointee.key) {
      _ = EVP_CipherInit_ex(cipher, algorithm, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, 1)
    }
    EVP_CIPHER_free(algorithm)
  }

  /// Seals a record as a client would that may send anything.
  func seal(_ content: [UInt8], kind: UInt8?, padding: Int = 0, outer: UInt8 = 23, version: UInt8 = 3) -> [UInt8] {
    let inner = content + (kind.map { [$0] } ?? []) + [UInt8](repeating: 0, count: padding)
    let length = inner.count + 16
    var record =
      [outer, 3, version, UInt8(length >> 8), UInt8(length & 0xFF)] + inner + [UInt8](repeating: 0, count: 16)
    var nonce = Nonce(keys.pointee)
    record.withUnsafeMutableBytes { bytes in
      let start = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
      withUnsafeBytes(of: &nonce) {
        precondition(
          tls_aead_seal(
            cipher,
            $0.baseAddress!.assumingMemoryBound(to: UInt8.self),
            start,
            start + 5,
            Int32(inner.count)
          ) == 1
        )
      }
    }
    keys.pointee.sequence += 1
    return record
  }

  /// What the server makes of bytes: the plaintext, and how it ended.
  func open(_ bytes: [UInt8]) -> (plaintext: [UInt8], end: TLSSession.Opened, rest: Int) {
    var bytes = bytes
    var (position, plaintext): (Int, [UInt8]) = (0, [])
    while true {
      let opened: TLSSession.Opened
      do {
        var lent = bytes.mutableSpan
        var raw = lent.mutableBytes
        opened = server.open(&raw, at: &position, in: context)
      }
      guard case .data(let range) = opened else { return (plaintext, opened, bytes.count - position) }
      plaintext += bytes[range]
    }
  }
  /// What the server says last, as its client sees it.
  func farewell() -> TLSSession.Opened {
    server.close(into: &region, in: context)
    return clientOpens().end
  }
  /// Everything that is in the region, opened by the client.
  func clientOpens() -> (plaintext: [UInt8], end: TLSSession.Opened) {
    defer { region.count = 0 }
    var (position, plaintext): (Int, [UInt8]) = (0, [])
    while true {
      let opened = client.open(&region, at: &position, in: context)
      guard case .data(let range) = opened else { return (plaintext, opened) }
      for index in range { plaintext.append(region.bytes.byte(index)) }
    }
  }
  // Of a noncopyable value, which the macros of tests can't look into.
  var isOwing: Bool { server.isOwing }
  var isEstablished: Bool { server.isEstablished }
  var sent: Int { region.count }

  func serverSends(_ bytes: [UInt8]) {
    server.begin(&region, in: context)
    region.append(bytes.span.bytes)
    server.seal(&region, in: context)
  }
}

extension TLSSession.Opened {
  /// Which alert a failure is about.
  var alert: TLSAlert? { if case .failed(let failure) = self { failure.alert } else { nil } }
  var isClosed: Bool { if case .closed = self { true } else { false } }
  var isHungry: Bool { if case .hungry = self { true } else { false } }
}
