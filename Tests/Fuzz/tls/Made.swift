import COpenSSL
import TLS

/// A certificate that vouches for itself, and its key; both in PEM.
func makeIdentity() -> Identity {
  let maker = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
  var pair: OpaquePointer?
  precondition(EVP_PKEY_keygen_init(maker) == 1 && EVP_PKEY_CTX_set_group_name(maker, "P-256") == 1)
  precondition(EVP_PKEY_generate(maker, &pair) == 1)
  let made = X509_new()
  X509_set_version(made, 2)
  X509_gmtime_adj(X509_getm_notBefore(made), -3600)
  X509_gmtime_adj(X509_getm_notAfter(made), 86_400)
  X509_set_pubkey(made, pair)
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, "fuzz.test", -1, -1, 0)
  X509_set_issuer_name(made, X509_get_subject_name(made))
  precondition(X509_sign(made, pair, EVP_sha256()) > 0)
  defer {
    X509_free(made)
    EVP_PKEY_free(pair)
    EVP_PKEY_CTX_free(maker)
  }
  do throws(TLSMistake) {
    return try Identity(
      certificates: text { PEM_write_bio_X509($0, made) },
      certificateFile: "made",
      key: text { PEM_write_bio_PKCS8PrivateKey($0, pair, nil, nil, 0, nil, nil) },
      keyFile: "made",
      utcSeconds: now
    )
  } catch { fatalError("\(error)") }
}
private func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
  let memory = BIO_new(BIO_s_mem())
  defer { BIO_free(memory) }
  precondition(write(memory) == 1)
  return [UInt8](unsafeUninitializedCapacity: 4096) { bytes, count in
    count = Int(BIO_read(memory, bytes.baseAddress, 4096))
  }
}

/// Seals whatever the input says, as a client could that has the keys.
///
/// Source: RFC 8448 §3, the client's application traffic secret with its key and nonces.
struct Sealer {
  static let secret = bytes("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
  private let cipher = EVP_CIPHER_CTX_new()
  private var sequence: UInt64 = 0

  init() {
    let key = Self.bytes("17422dda596ed5d9acd890e3c63f5051")
    precondition(EVP_CipherInit_ex(cipher, EVP_aes_128_gcm(), nil, key, nil, 1) == 1)
  }
  func free() { EVP_CIPHER_CTX_free(cipher) }

  mutating func seal(_ inner: [UInt8]) -> [UInt8] {
    var nonce = Self.bytes("5b78923dee08579033e523d9")
    for index in 0..<8 { nonce[11 - index] ^= UInt8(truncatingIfNeeded: sequence >> UInt64(8 * index)) }
    sequence += 1
    let length = inner.count + 16
    var record = [23, 3, 3, UInt8(length >> 8), UInt8(length & 0xFF)] + inner + [UInt8](repeating: 0, count: 16)
    record.withUnsafeMutableBufferPointer { bytes in
      let start = bytes.baseAddress!
      precondition(tls_aead_seal(cipher, nonce, start, start + 5, Int32(inner.count)) == 1)
    }
    return record
  }
  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)!
    }
  }
}
