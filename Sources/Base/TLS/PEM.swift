internal import COpenSSL

/// Certificates and other things as OpenSSL holds them, freed together.
@safe struct Parsed: ~Copyable {
  private(set) var certificates: [OpaquePointer] = unsafe []

  /// Reads all certificates of a PEM text.
  ///
  /// Throws: when there is none, or one of them is damaged.
  init(certificates pem: [UInt8], file: String) throws(TLSMistake) {
    var found: [OpaquePointer] = unsafe []
    var isDamaged = false
    unsafe reading(pem) { memory in
      // An empty passphrase keeps OpenSSL from asking for one at the terminal.
      unsafe "".withCString { none in
        let passphrase = unsafe UnsafeMutableRawPointer(mutating: none)
        while unsafe found.count < Self.certificatesMax,
          let next = unsafe PEM_read_bio_X509(memory, nil, nil, passphrase)
        {
          unsafe found.append(next)
        }
      }
      isDamaged = unsafe found.count < Self.certificatesMax && !isAtEnd()
    }
    unsafe certificates = unsafe found
    let expected = "certificates in PEM, from '-----BEGIN CERTIFICATE-----' on"
    guard !isDamaged else {
      throw TLSMistake(file, .unreadable, unsafe "certificate \(found.count + 1) cannot be read", expected: expected)
    }
    guard unsafe !found.isEmpty else {
      throw TLSMistake(file, .unreadable, "no certificate", expected: expected)
    }
  }
  /// Reads certificates that were written by us.
  init(der certificates: [[UInt8]], in library: OpaquePointer?, file: String) throws(TLSMistake) {
    for bytes in certificates {
      var certificate = unsafe X509_new_ex(library, nil)
      let isRead = unsafe bytes.withUnsafeBufferPointer { bytes in
        var position = bytes.baseAddress
        return unsafe d2i_X509(&certificate, &position, bytes.count) != nil
      }
      guard isRead, let certificate = unsafe certificate else {
        ERR_clear_error()
        throw TLSMistake(file, .unreadable, "a certificate cannot be read again", expected: "one of X.509")
      }
      unsafe self.certificates.append(certificate)
    }
  }
  deinit {
    // SAFETY: every one of them is ours, and who keeps one has taken a reference.
    unsafe certificates.forEach { unsafe X509_free($0) }
  }

  /// No bundle of authorities is larger.
  static let certificatesMax = 10_000
}

/// Lends bytes as a stream that OpenSSL reads.
func reading(_ bytes: [UInt8], _ body: (OpaquePointer) -> Void) {
  unsafe bytes.withUnsafeBytes { bytes in
    // SAFETY: the stream reads the bytes in place and is freed before they are.
    guard bytes.count <= Int(Int32.max), bytes.count > 0,
      let memory = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
    else { return }
    ERR_clear_error()
    unsafe body(memory)
    unsafe BIO_free(memory)
    ERR_clear_error()
  }
}

/// Whether the last read of PEM failed because there is nothing more, rather than because it is damaged.
func isAtEnd() -> Bool {
  let error = ERR_peek_last_error()
  // Source: ERR_GET_LIB, ERR_GET_REASON of openssl/err.h.
  return error == 0 || (error >> 23 & 0xFF == UInt(ERR_LIB_PEM) && error & 0x7FFFFF == UInt(PEM_R_NO_START_LINE))
}

/// Bytes that are wiped when nobody needs them any more.
@safe final class SecretBytes: Sendable {
  // SAFETY: written by `init` alone, and freed by `deinit` when nobody refers to them.
  private nonisolated(unsafe) let start: UnsafeMutableRawPointer
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    count = bytes.count
    unsafe start = unsafe tls_allocate(max(count, 1))
    if let source = bytes.baseAddress { unsafe start.copyMemory(from: source, byteCount: count) }
  }
  deinit { unsafe tls_free_secret(start, max(count, 1)) }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }
}
