internal import Bytes
internal import COpenSSL
internal import CTLS

// What OpenSSL asks during a call. C functions can't capture, so each finds the call under way through its connection
// or its argument.
//
// SAFETY, of this file: a connection's call and its context outlive every call into OpenSSL, pointers that OpenSSL
// lends are used during the callback only, and one thread does all of it.

/// The call under way on a connection.
private func call(of ssl: OpaquePointer?) -> UnsafeMutablePointer<Call> {
  let call = unsafe ssl.flatMap { unsafe tls_call($0) }
  unsafe require(call != nil, "a connection has its call")
  return unsafe call!.assumingMemoryBound(to: Call.self)
}
extension UnsafeMutablePointer where Pointee == Call {
  /// Whose call it is.
  var context: TLSContext {
    guard let context = unsafe pointee.context else { broken("a call has its context") }
    return unsafe context.takeUnretainedValue()
  }
}

// MARK: what is noted

/// Hands a line of the key log to who asked for it.
func keyLogged(_ ssl: OpaquePointer?, _ line: UnsafePointer<CChar>?) {
  guard let line = unsafe line, let keyLog = unsafe call(of: ssl).context.settings.keyLog else { return }
  unsafe keyLog(String(cString: line))
}

/// Counts the records that are written under the key that we take over, and notes alerts.
func messageSeen(
  _ isWritten: Int32,
  _ version: Int32,
  _ kind: Int32,
  _ bytes: UnsafeRawPointer?,
  _ count: Int,
  _ ssl: OpaquePointer?,
  _ argument: UnsafeMutableRawPointer?
) {
  let call = unsafe call(of: ssl)
  switch kind {
  case SSL3_RT_HEADER where isWritten == 1:
    // The server's key is in use from its last message before the client's on, and the client's secret is known once
    // that has come.
    guard let secrets = unsafe call.pointee.secrets,
      unsafe secrets.pointee.hasReading || call.context.library.taken.pointee.client_bytes > 0
    else { return }
    unsafe secrets.pointee.recordsWritten += 1
  case SSL3_RT_ALERT:
    guard count == 2, let alert = unsafe bytes?.load(fromByteOffset: 1, as: UInt8.self) else { return }
    if isWritten == 1 { unsafe call.pointee.alertSent = alert } else { unsafe call.pointee.alertReceived = alert }
  default: return
  }
}

// MARK: what the server shows

func serverNameAsked(_ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?)
  -> Int32
{
  guard let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else { return SSL_TLSEXT_ERR_NOACK }
  let context = unsafe call(of: ssl).context
  guard let group = unsafe context.names.group(for: String(cString: name)) else { return SSL_TLSEXT_ERR_NOACK }
  if group > 0 { unsafe SSL_set_SSL_CTX(ssl, context.contexts[group]) }
  return SSL_TLSEXT_ERR_OK
}

/// Takes the first of our protocols that the client offers; none is a reason to refuse it.
func protocolsOffered(
  _ ssl: OpaquePointer?,
  _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ chosenCount: UnsafeMutablePointer<UInt8>?,
  _ offered: UnsafePointer<UInt8>?,
  _ offeredCount: UInt32,
  _: UnsafeMutableRawPointer?
) -> Int32 {
  guard let offered = unsafe offered, let chosen = unsafe chosen, let chosenCount = unsafe chosenCount else {
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }
  let end = Int(offeredCount)
  for name in unsafe call(of: ssl).context.protocols.names {
    var position = 0
    while position < end {
      let count = unsafe Int(offered[position])
      guard position + 1 + count <= end else { break }
      if unsafe name.utf8.elementsEqual(UnsafeBufferPointer(start: offered + position + 1, count: count)) {
        unsafe chosen.pointee = unsafe offered + position + 1
        unsafe chosenCount.pointee = UInt8(count)
        return SSL_TLSEXT_ERR_OK
      }
      position += 1 + count
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL
}

func statusAsked(_ ssl: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
  let shown = unsafe SSL_get_certificate(ssl)
  guard let stapled = unsafe call(of: ssl).context.stapled.first(where: { unsafe $0.certificate == shown }) else {
    return SSL_TLSEXT_ERR_NOACK
  }
  let copy = unsafe stapled.response.withUnsafeBytes { unsafe tls_duplicate($0.baseAddress, $0.count) }
  guard let copy = unsafe copy, let ssl = unsafe ssl else { return SSL_TLSEXT_ERR_NOACK }
  unsafe tls_staple(ssl, copy, stapled.response.count)
  return SSL_TLSEXT_ERR_OK
}

// MARK: what a client shows

/// Verifies a client's certificate, or remembers that it was verified a short time ago.
func clientCertificateShown(_ verification: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
  guard let verification = unsafe verification, let call = unsafe argument?.assumingMemoryBound(to: Call.self),
    let certificate = unsafe X509_STORE_CTX_get0_cert(verification)
  else { return 0 }
  let context = unsafe call.context
  let utcSeconds = unsafe call.pointee.utcSeconds
  let fingerprint = unsafe Certificate.fingerprint(certificate)
  if context.verified.contains(fingerprint, utcSeconds: utcSeconds) {
    context.counters.certificatesRemembered &+= 1
    unsafe X509_STORE_CTX_set_error(verification, X509_V_OK)
    return 1
  }
  unsafe X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(verification), Int(utcSeconds))
  guard unsafe X509_verify_cert(verification) == 1 else { return 0 }
  context.counters.certificatesVerified &+= 1
  let until = unsafe Certificate(certificate).notAfterSeconds
  context.verified.insert(fingerprint, utcSeconds: utcSeconds, notAfterSeconds: until)
  return 1
}

// MARK: a client's tickets

func sessionReceived(_ ssl: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
  let count = unsafe Int(i2d_SSL_SESSION(session, nil))
  guard count > 0 else { return 0 }
  unsafe call(of: ssl).pointee.freshSession = unsafe Array(unsafeUninitializedCapacity: count) { target, initialized in
    var position = target.baseAddress
    initialized = unsafe max(Int(i2d_SSL_SESSION(session, &position)), 0)
  }
  return 0
}
