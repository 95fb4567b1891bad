internal import Bytes
internal import COpenSSL

// Session tickets: what OpenSSL asks when it seals one or opens one.
//
//     name of the key │ initialisation vector │ AES-256-CBC of the session │ HMAC-SHA-256 of all before
//
// Source: RFC 5077 §4, RFC 8446 §4.6.1.
//
// SAFETY, of this file: as in Callbacks.swift.

/// Sets up the cipher and the MAC of a ticket.
///
/// - Returns: 1 to go on, 2 to go on and replace the ticket, 0 for a key we do not have, -1 for a fault.
func ticketKeyWanted(
  _ ssl: OpaquePointer?,
  _ name: UnsafeMutablePointer<UInt8>?,
  _ vector: UnsafeMutablePointer<UInt8>?,
  _ cipher: OpaquePointer?,
  _ mac: OpaquePointer?,
  _ isSealing: Int32
) -> Int32 {
  guard let ssl = unsafe ssl, let name = unsafe name, let vector = unsafe vector,
    let call = unsafe tls_call(ssl)?.assumingMemoryBound(to: Call.self)
  else { return -1 }
  let context = unsafe call.context
  let keys = context.ticketKeys
  if isSealing == 1 {
    guard unsafe RAND_bytes_ex(context.library.pointer, vector, 16, 0) == 1 else { return -1 }
    for index in 0..<TicketKey.nameBytes { unsafe name[index] = keys.current.name[index] }
    return unsafe setUp(cipher, mac, keys.current, vector, context, isSealing: true) ? 1 : -1
  }
  guard let key = unsafe keys.key(named: name) else {
    unsafe call.pointee.ticket = .unknownKey
    return 0
  }
  unsafe call.pointee.isTicketKeyKnown = true
  guard unsafe setUp(cipher, mac, key, vector, context, isSealing: false) else { return -1 }
  if key.name != keys.current.name {
    context.counters.ticketsRenewed &+= 1
    return 2
  }
  // A ticket of TLS 1.3 is used once, so that nobody can tell by it that two connections are one client's.
  // Source: RFC 8446 §C.4.
  return unsafe SSL_version(ssl) == Int32(TLSVersion.tls13.rawValue) ? 2 : 1
}

private func setUp(
  _ cipher: OpaquePointer?,
  _ mac: OpaquePointer?,
  _ key: TicketKey,
  _ vector: UnsafeMutablePointer<UInt8>,
  _ context: TLSContext,
  isSealing: Bool
) -> Bool {
  let isCipherReady = unsafe key.encryption.withBytes { bytes in
    unsafe EVP_CipherInit_ex(
      cipher,
      context.ticketCipher,
      nil,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
      vector,
      isSealing ? 1 : 0
    )
  }
  guard isCipherReady == 1 else { return false }
  return unsafe key.authentication.withBytes { bytes in
    unsafe tls_mac_set(mac, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) == 1
  }
}

/// Stamps a ticket that is about to be sealed with our time, and with the time of the full handshake behind it.
func ticketIssued(_ ssl: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
  guard let call = unsafe argument?.assumingMemoryBound(to: Call.self), let session = unsafe SSL_get_session(ssl) else {
    return 0
  }
  let utcSeconds = unsafe call.pointee.utcSeconds
  unsafe SSL_SESSION_set_time(session, Int(utcSeconds))
  guard unsafe call.context.settings.clientCertificates.trust != nil, unsafe fullHandshakeSeconds(session) == nil else {
    return 1
  }
  return unsafe withUnsafeBytes(of: utcSeconds.littleEndian) {
    unsafe SSL_SESSION_set1_ticket_appdata(session, $0.baseAddress, $0.count)
  }
}

/// When the client showed its certificate, as its ticket says.
private func fullHandshakeSeconds(_ session: OpaquePointer) -> Int64? {
  var data: UnsafeMutableRawPointer?
  var count = 0
  guard unsafe SSL_SESSION_get0_ticket_appdata(session, &data, &count) == 1, count == 8, let data = unsafe data else {
    return nil
  }
  return unsafe Int64(littleEndian: data.loadUnaligned(as: Int64.self))
}

/// Says whether a ticket may be used.
///
/// A client that showed a certificate must do so again once the lifetime of a ticket is over, however often its ticket
/// was replaced: else one that was revoked could go on for ever.
func ticketOpened(
  _ ssl: OpaquePointer?,
  _ session: OpaquePointer?,
  _ name: UnsafePointer<UInt8>?,
  _ nameCount: Int,
  _ status: SSL_TICKET_STATUS,
  _ argument: UnsafeMutableRawPointer?
) -> SSL_TICKET_RETURN {
  let ignore = SSL_TICKET_RETURN(SSL_TICKET_RETURN_IGNORE_RENEW)
  guard let call = unsafe argument?.assumingMemoryBound(to: Call.self) else { return ignore }
  guard status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW, let session = unsafe session else {
    if status == SSL_TICKET_NO_DECRYPT {
      unsafe call.pointee.ticket = unsafe call.pointee.isTicketKeyKnown ? .tampered : .unknownKey
    }
    return ignore
  }
  let lifetime = unsafe Int64(call.context.settings.ticketLifetimeSeconds)
  let oldest = unsafe call.pointee.utcSeconds - lifetime
  let hasToShow = unsafe call.context.settings.clientCertificates.trust != nil
  guard unsafe Int64(SSL_SESSION_get_time(session)) >= oldest,
    unsafe !hasToShow || fullHandshakeSeconds(session) ?? .min >= oldest
  else {
    unsafe call.pointee.ticket = .expired
    return ignore
  }
  unsafe call.pointee.ticket = .accepted
  return SSL_TICKET_RETURN(status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE)
}
