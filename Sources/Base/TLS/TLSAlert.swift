/// Why one side ends a connection, as the other is told.
///
/// Source: RFC 8446 §6, RFC 7301 §3.2.
public struct TLSAlert: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number on the wire.
  public let rawValue: UInt8
  /// The alert of that number, known or not.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Nothing more will be sent.
  public static let closeNotify = TLSAlert(rawValue: 0)
  /// A message that does not belong here.
  public static let unexpectedMessage = TLSAlert(rawValue: 10)
  /// A record that was not sealed with our keys.
  public static let badRecordMAC = TLSAlert(rawValue: 20)
  /// A record that is too long.
  public static let recordOverflow = TLSAlert(rawValue: 22)
  /// Nothing both sides can do.
  public static let handshakeFailure = TLSAlert(rawValue: 40)
  /// A field that is well-formed and wrong.
  public static let illegalParameter = TLSAlert(rawValue: 47)
  /// A certificate whose issuer we do not trust.
  public static let unknownAuthority = TLSAlert(rawValue: 48)
  /// A message that cannot be read.
  public static let decodeError = TLSAlert(rawValue: 50)
  /// A version we do not speak.
  public static let protocolVersion = TLSAlert(rawValue: 70)
  /// Our own fault.
  public static let internalError = TLSAlert(rawValue: 80)
  /// The user gave up; what follows says what comes of it.
  public static let userCanceled = TLSAlert(rawValue: 90)
  /// No certificate came, and one is needed.
  public static let certificateRequired = TLSAlert(rawValue: 116)
  /// None of the protocols offered is one of ours.
  public static let noApplicationProtocol = TLSAlert(rawValue: 120)

  /// Its name in the RFC, or its number.
  public var description: String { Self.names[rawValue] ?? "alert_\(rawValue)" }

  private static let names: [UInt8: String] = [
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
    42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
    46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
    51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 109: "missing_extension", 110: "unsupported_extension",
    112: "unrecognized_name", 113: "bad_certificate_status_response", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol",
  ]
}

/// Why a connection can't go on.
public struct TLSFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// Who ended it.
  public enum Origin: String, Sendable {
    /// We did: what the peer sent is not right, or not wanted.
    case us
    /// The peer did, and said so.
    case peer
  }
  /// Who ended it.
  public let origin: Origin
  /// What the other side is told, or told us; `nil` where nothing is said, as to a peer that does not speak TLS.
  public let alert: TLSAlert?
  /// What was wrong, for the log.
  ///
  /// Never holds a secret or more of the peer's bytes than a name.
  public let reason: String

  init(_ origin: Origin, _ alert: TLSAlert?, _ reason: String) {
    (self.origin, self.alert, self.reason) = (origin, alert, reason)
  }
  /// One line.
  public var description: String {
    let said = alert.map { " (\($0))" } ?? ""
    return origin == .us ? "\(reason)\(said)" : "the peer ended the connection\(said): \(reason)"
  }
}
