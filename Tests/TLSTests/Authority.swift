import COpenSSL
import Glibc

/// Makes keys, certificates, lists of revoked ones and OCSP responses, as an operator's authority would.
final class Authority {
  enum Key: CaseIterable {
    case p256, p384, rsa, smallRSA, ed25519, ed448
  }
  /// A certificate with its key.
  final class Issued {
    let certificate: OpaquePointer
    let key: OpaquePointer
    init(_ certificate: OpaquePointer, _ key: OpaquePointer) { (self.certificate, self.key) = (certificate, key) }
    deinit {
      X509_free(certificate)
      EVP_PKEY_free(key)
    }
    var pem: [UInt8] { Authority.text { PEM_write_bio_X509($0, certificate) } }
    var keyPEM: [UInt8] { Authority.text { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) } }
    func keyPEM(passphrase: String) -> [UInt8] {
      Authority.text {
        PEM_write_bio_PKCS8PrivateKey($0, key, EVP_aes_256_cbc(), passphrase, Int32(passphrase.utf8.count), nil, nil)
      }
    }
  }

  static let now = Int64(time(nil))
  let root: Issued
  private var serial = 1

  init(_ name: String = "Root") {
    let key = Self.makeKey(.p256)
    root = Self.issue(
      name,
      key,
      by: nil,
      serial: 1,
      extensions: [(NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign")],
      from: -86_400,
      through: 864_000
    )
  }

  func issue(
    _ name: String,
    _ kind: Key = .p256,
    hosts: [String] = [],
    alternatives: [String] = [],
    isAuthority: Bool = false,
    from: Int = -3600,
    through: Int = 86_400 * 30,
    by issuer: Issued? = nil
  ) -> Issued {
    serial += 1
    var extensions: [(Int32, String)] = [(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "CA:FALSE")]
    let names = hosts.map { "DNS:\($0)" } + alternatives
    if !names.isEmpty { extensions.append((NID_subject_alt_name, names.joined(separator: ","))) }
    if isAuthority { extensions.append((NID_key_usage, "critical,keyCertSign,cRLSign")) }
    return Self.issue(
      name,
      Self.makeKey(kind),
      by: issuer ?? root,
      serial: serial,
      extensions: extensions,
      from: from,
      through: through
    )
  }

  static func makeKey(_ kind: Key) -> OpaquePointer {
    let algorithm =
      switch kind {
      case .p256, .p384: "EC"
      case .rsa, .smallRSA: "RSA"
      case .ed25519: "ED25519"
      case .ed448: "ED448"
      }
    let context = EVP_PKEY_CTX_new_from_name(nil, algorithm, nil)
    defer { EVP_PKEY_CTX_free(context) }
    precondition(EVP_PKEY_keygen_init(context) == 1)
    switch kind {
    case .p256: precondition(EVP_PKEY_CTX_set_group_name(context, "P-256") == 1)
    case .p384: precondition(EVP_PKEY_CTX_set_group_name(context, "P-384") == 1)
    case .rsa: precondition(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1)
    case .smallRSA: precondition(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 1024) == 1)
    case .ed25519, .ed448: break
    }
    var key: OpaquePointer?
    precondition(EVP_PKEY_generate(context, &key) == 1)
    return key!
  }

  private static func issue(
    _ name: String,
    _ key: OpaquePointer,
    by issuer: Issued?,
    serial: Int,
    extensions: [(Int32, String)],
    from: Int,
    through: Int
  ) -> Issued {
    let certificate = X509_new()!
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial)
    X509_gmtime_adj(X509_getm_notBefore(certificate), from)
    X509_gmtime_adj(X509_getm_notAfter(certificate), through)
    X509_set_pubkey(certificate, key)
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, -1, -1, 0)
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
    for (kind, value) in extensions {
      let made = X509V3_EXT_conf_nid(nil, nil, kind, value)
      precondition(made != nil, value)
      X509_add_ext(certificate, made, -1)
      X509_EXTENSION_free(made)
    }
    let signer = issuer?.key ?? key
    let isEdwards = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519
    precondition(X509_sign(certificate, signer, isEdwards ? nil : EVP_sha256()) > 0)
    return Issued(certificate, key)
  }

  /// A list of revoked certificates of the root's.
  func revoking(_ revoked: [Issued]) -> [UInt8] {
    let list = X509_CRL_new()!
    defer { X509_CRL_free(list) }
    X509_CRL_set_version(list, 1)
    X509_CRL_set_issuer_name(list, X509_get_subject_name(root.certificate))
    let time = ASN1_TIME_new()
    X509_gmtime_adj(time, -60)
    X509_CRL_set1_lastUpdate(list, time)
    for one in revoked {
      let entry = X509_REVOKED_new()
      X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one.certificate))
      X509_REVOKED_set_revocationDate(entry, time)
      X509_CRL_add0_revoked(list, entry)
    }
    X509_gmtime_adj(time, 86_400)
    X509_CRL_set1_nextUpdate(list, time)
    ASN1_TIME_free(time)
    precondition(X509_CRL_sign(list, root.key, EVP_sha256()) > 0)
    return Self.text { PEM_write_bio_X509_CRL($0, list) }
  }

  /// What the authority's OCSP responder says about a certificate.
  func response(about one: Issued, isGood: Bool = true, through: Int = 86_400) -> [UInt8] {
    let basic = OCSP_BASICRESP_new()
    defer { OCSP_BASICRESP_free(basic) }
    let id = OCSP_cert_to_id(nil, one.certificate, root.certificate)
    defer { OCSP_CERTID_free(id) }
    let (this, next) = (X509_gmtime_adj(nil, min(-60, through - 60)), X509_gmtime_adj(nil, through))
    defer {
      ASN1_TIME_free(this)
      ASN1_TIME_free(next)
    }
    let status = isGood ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED
    OCSP_basic_add1_status(basic, id, status, 0, isGood ? nil : this, this, next)
    precondition(OCSP_basic_sign(basic, root.certificate, root.key, EVP_sha256(), nil, 0) == 1)
    let response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
    defer { OCSP_RESPONSE_free(response) }
    let count = i2d_OCSP_RESPONSE(response, nil)
    return [UInt8](unsafeUninitializedCapacity: Int(count)) { bytes, initialized in
      var position = bytes.baseAddress
      initialized = Int(i2d_OCSP_RESPONSE(response, &position))
    }
  }

  static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
    let memory = BIO_new(BIO_s_mem())
    defer { BIO_free(memory) }
    precondition(write(memory) == 1)
    return drain(memory)
  }
  static func drain(_ memory: OpaquePointer?) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let piece = [UInt8](unsafeUninitializedCapacity: 16_384) { bytes, count in
        count = Int(max(BIO_read(memory, bytes.baseAddress, 16_384), 0))
      }
      if piece.isEmpty { return all }
      all += piece
    }
  }
}
