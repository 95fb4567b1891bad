internal import COpenSSL

/// A certificate with its chain and its private key, checked against one another.
public struct Identity: Sendable {
  /// What kind of key it is.
  public enum KeyKind: String, Sendable {
    /// On a curve of NIST's.
    case ecdsa
    /// Two primes.
    case rsa
    /// Source: RFC 8410.
    case ed25519
  }
  /// The file of the certificates, as it was named to us.
  public let file: String
  /// What the certificate says.
  public let certificate: Certificate
  /// What kind of key it has.
  public let keyKind: KeyKind
  /// When the first certificate of the chain expires, in seconds since 1970.
  public let expiresSeconds: Int64
  /// Names for which it is shown: exact ones, or `*.` and the rest; the certificate's own unless set otherwise.
  public var names: [String]
  /// What is stapled, a response of the certificate's OCSP responder; `nil` for nothing.
  public private(set) var ocspResponse: [UInt8]?

  let chain: [[UInt8]]
  let key: SecretBytes

  /// Reads a certificate with its chain and the private key that belongs to it.
  ///
  /// - Parameters:
  ///   - certificates: PEM; the server's own first, then each followed by its issuer's; the root may be left out.
  ///   - certificateFile: what mistakes call it.
  ///   - key: PEM; PKCS#8, encrypted or not, or the older forms.
  ///   - keyFile: what mistakes call it.
  ///   - passphrase: opens the key if it is encrypted.
  ///   - utcSeconds: the time, in seconds since 1970.
  /// - Throws: what is wrong with which file.
  public init(
    certificates: [UInt8],
    certificateFile: String,
    key: [UInt8],
    keyFile: String,
    passphrase: [UInt8]? = nil,
    utcSeconds: Int64
  ) throws(TLSMistake) {
    let parsed = try Parsed(certificates: certificates, file: certificateFile)
    let leaf = unsafe parsed.certificates[0]
    let facts = unsafe parsed.certificates.map { unsafe Certificate($0) }
    try Self.check(facts, at: utcSeconds, file: certificateFile)
    for index in facts.indices.dropFirst()
    where unsafe X509_check_issued(parsed.certificates[index], parsed.certificates[index - 1]) != X509_V_OK {
      ERR_clear_error()
      throw TLSMistake(
        certificateFile,
        .brokenChain,
        "'\(facts[index].subject)' has not issued '\(facts[index - 1].subject)' before it",
        expected: "each certificate followed by its issuer's"
      )
    }
    let pair = try PrivateKey(pem: key, file: keyFile, passphrase: passphrase)
    guard unsafe X509_check_private_key(leaf, pair.pointer) == 1 else {
      ERR_clear_error()
      throw TLSMistake(
        keyFile,
        .keyMismatch,
        "the key does not belong to '\(facts[0].subject)' of \(certificateFile)",
        expected: "the key of that certificate"
      )
    }
    keyKind = try pair.kind(file: keyFile)
    self.key = try pair.der(file: keyFile)
    chain = unsafe parsed.certificates.map { unsafe Certificate.der($0) }
    file = certificateFile
    certificate = facts[0]
    expiresSeconds = facts.reduce(.max) { min($0, $1.notAfterSeconds) }
    names = certificate.hosts.map { $0.lowercased() }
  }

  private static func check(_ certificates: [Certificate], at utcSeconds: Int64, file: String) throws(TLSMistake) {
    for certificate in certificates {
      guard utcSeconds <= certificate.notAfterSeconds else {
        let ago = (utcSeconds - certificate.notAfterSeconds) / 86_400
        let found = "the certificate of '\(certificate.subject)' expired \(ago) days ago"
        throw TLSMistake(file, .expired, found, expected: "one that is valid")
      }
      guard utcSeconds >= certificate.notBeforeSeconds else {
        let ahead = (certificate.notBeforeSeconds - utcSeconds) / 86_400
        let found = "the certificate of '\(certificate.subject)' is not valid for \(ahead) days yet"
        throw TLSMistake(file, .notYetValid, found, expected: "one that is valid, or a clock that is right")
      }
    }
  }

  /// Takes a response of the certificate's OCSP responder, to be stapled.
  ///
  /// - Parameters:
  ///   - response: DER.
  ///   - file: what mistakes call it.
  ///   - utcSeconds: the time, in seconds since 1970.
  /// - Throws: when it is no successful response about this certificate, or out of date.
  public mutating func staple(_ response: [UInt8], file: String, utcSeconds: Int64) throws(TLSMistake) {
    try OCSP.check(response, about: chain, file: file, utcSeconds: utcSeconds)
    ocspResponse = response
  }
}

/// A private key as OpenSSL holds it.
@safe struct PrivateKey: ~Copyable {
  let pointer: OpaquePointer

  /// Reads a key of a PEM text.
  init(pem: [UInt8], file: String, passphrase: [UInt8]?) throws(TLSMistake) {
    let isEncrypted = Self.contains(pem, "ENCRYPTED")
    if isEncrypted, passphrase == nil {
      throw TLSMistake(file, .passphraseMissing, "the key is encrypted", expected: "a passphrase beside it")
    }
    var secret = (passphrase ?? []) + [0]
    var found: OpaquePointer?
    unsafe reading(pem) { memory in
      unsafe secret.withUnsafeMutableBytes {
        unsafe found = unsafe PEM_read_bio_PrivateKey(memory, nil, nil, $0.baseAddress)
      }
    }
    unsafe secret.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    guard let found = unsafe found else {
      if isEncrypted {
        throw TLSMistake(file, .passphraseWrong, "the passphrase does not open the key", expected: "the right one")
      }
      throw TLSMistake(file, .unreadable, "no private key", expected: "one in PEM: '-----BEGIN PRIVATE KEY-----'")
    }
    unsafe pointer = unsafe found
  }
  /// Reads a key that was written by us.
  init(_ key: SecretBytes, in library: OpaquePointer?, file: String) throws(TLSMistake) {
    let found = unsafe key.withBytes { bytes in
      var position = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return unsafe d2i_AutoPrivateKey_ex(nil, &position, bytes.count, library, nil)
    }
    guard let found = unsafe found else {
      ERR_clear_error()
      throw TLSMistake(file, .unreadable, "the private key cannot be read again", expected: "one that OpenSSL knows")
    }
    unsafe pointer = unsafe found
  }
  // SAFETY: ours since `init`; who keeps it has taken a reference.
  deinit { unsafe EVP_PKEY_free(pointer) }

  /// What kind of key it is.
  ///
  /// Throws: when it is one that no client would accept.
  func kind(file: String) throws(TLSMistake) -> Identity.KeyKind {
    let bits = unsafe EVP_PKEY_get_bits(pointer)
    let expected = "a key on P-256 or P-384, RSA of 2048 bits or more, or Ed25519"
    switch unsafe EVP_PKEY_get_base_id(pointer) {
    case EVP_PKEY_EC where bits == 256 || bits == 384 || bits == 521: return .ecdsa
    case EVP_PKEY_ED25519: return .ed25519
    case EVP_PKEY_RSA where bits >= 2048: return .rsa
    case EVP_PKEY_RSA: throw TLSMistake(file, .unsuitableKey, "an RSA key of \(bits) bits", expected: expected)
    default: throw TLSMistake(file, .unsuitableKey, "a kind of key that TLS does not use", expected: expected)
    }
  }
  /// Its bytes, decrypted.
  func der(file: String) throws(TLSMistake) -> SecretBytes {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = unsafe i2d_PrivateKey(pointer, &bytes)
    guard count > 0, let bytes = unsafe bytes else {
      ERR_clear_error()
      throw TLSMistake(file, .unsuitableKey, "a key that cannot be written down", expected: "one in a file")
    }
    defer { unsafe tls_free_secret(bytes, Int(count)) }
    return unsafe SecretBytes(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
  }

  private static func contains(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    let wanted = text.withUTF8Buffer { unsafe Array($0) }
    guard bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { start in
      bytes[start..<(start + wanted.count)].elementsEqual(wanted)
    }
  }
}
