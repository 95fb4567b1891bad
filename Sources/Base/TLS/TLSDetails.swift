internal import COpenSSL

/// What is known about a connection once its handshake is over; nothing of it is secret.
public struct TLSDetails: Sendable, CustomStringConvertible {
  /// The version both agreed on.
  public let version: TLSVersion
  /// The cipher suite, by its name in the RFC.
  public let suite: String
  /// The group of the key exchange; `nil` when a ticket resumed without one.
  public let group: String?
  /// Whether it goes on from a ticket.
  public let isResumed: Bool
  /// What became of the client's ticket.
  public let ticket: TicketVerdict
  /// The name the client asked for.
  public let serverName: String?
  /// The protocol both agreed on.
  public let applicationProtocol: String?
  /// The peer's certificate, which was verified, in this handshake or in the one behind the ticket.
  public let peer: Certificate?

  init(_ ssl: OpaquePointer, _ context: TLSContext, ticket: TicketVerdict) {
    version = unsafe TLSVersion(rawValue: UInt16(truncatingIfNeeded: SSL_version(ssl))) ?? .tls12
    suite = unsafe SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)).map { unsafe String(cString: $0) } ?? "unknown"
    isResumed = unsafe SSL_session_reused(ssl) == 1
    self.ticket = ticket
    serverName = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { unsafe String(cString: $0) }
    group = unsafe Self.group(ssl)
    var start: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &start, &count)
    // SAFETY: OpenSSL lends the name while the connection lives.
    applicationProtocol = unsafe start.map {
      unsafe String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self)
    }
    let certificate = unsafe SSL_get0_peer_certificate(ssl)
    peer = unsafe SSL_get_verify_result(ssl) == Int(X509_V_OK) ? certificate.map { unsafe Certificate($0) } : nil
  }

  private static func group(_ ssl: OpaquePointer) -> String? {
    let number = unsafe tls_group(ssl)
    guard number != 0 else { return nil }
    switch number {
    case NID_X25519: return KeyExchangeGroup.x25519.rawValue
    case NID_X9_62_prime256v1: return KeyExchangeGroup.p256.rawValue
    case NID_secp384r1: return KeyExchangeGroup.p384.rawValue
    default: return "group \(number)"
    }
  }

  /// One line for the log.
  public var description: String {
    var text = "\(version) \(suite)"
    if let group { text += " \(group)" }
    if isResumed { text += " resumed" }
    if let serverName { text += " for \(serverName)" }
    if let applicationProtocol { text += " speaks \(applicationProtocol)" }
    if let peer { text += " peer \(peer.subject)" }
    return text
  }
}
