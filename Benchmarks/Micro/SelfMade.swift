internal import COpenSSL

/// A certificate that vouches for itself, and its key; both in PEM.
struct SelfMade {
  let certificate: [UInt8]
  let key: [UInt8]

  /// Makes one on P-256 for `name`, valid for a day.
  // SAFETY, of all that follows: OpenSSL's objects are ours, and each pointer is used while they live.
  init(_ name: String) {
    let maker = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
    var pair: OpaquePointer?
    precondition(unsafe EVP_PKEY_keygen_init(maker) == 1 && EVP_PKEY_CTX_set_group_name(maker, "P-256") == 1)
    precondition(unsafe EVP_PKEY_generate(maker, &pair) == 1)
    let made = unsafe X509_new()
    unsafe X509_set_version(made, 2)
    unsafe ASN1_INTEGER_set(X509_get_serialNumber(made), 1)
    unsafe X509_gmtime_adj(X509_getm_notBefore(made), -3600)
    unsafe X509_gmtime_adj(X509_getm_notAfter(made), 86_400)
    unsafe X509_set_pubkey(made, pair)
    let subject = unsafe X509_get_subject_name(made)
    unsafe X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0)
    unsafe X509_set_issuer_name(made, subject)
    precondition(unsafe X509_sign(made, pair, EVP_sha256()) > 0)
    certificate = unsafe Self.text { unsafe PEM_write_bio_X509($0, made) }
    key = unsafe Self.text { unsafe PEM_write_bio_PKCS8PrivateKey($0, pair, nil, nil, 0, nil, nil) }
    unsafe X509_free(made)
    unsafe EVP_PKEY_free(pair)
    unsafe EVP_PKEY_CTX_free(maker)
  }

  private static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
    let memory = unsafe BIO_new(BIO_s_mem())
    precondition(unsafe write(memory) == 1)
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { bytes, count in
      count = unsafe Int(BIO_read(memory, bytes.baseAddress, 4096))
    }
    unsafe BIO_free(memory)
    return bytes
  }
}
