internal import COpenSSL
internal import Glibc

/// What a certificate says, as far as we read it.
public struct Certificate: Sendable, Equatable {
  /// A name the certificate is for beside its subject.
  public enum AlternativeName: Sendable, Equatable {
    /// A host.
    case dns(String)
    /// An address of mail.
    case email(String)
    /// A URI, as SPIFFE uses.
    case uri(String)
    /// An IP address, in 4 or 16 bytes.
    case address([UInt8])
  }
  /// The subject's distinguished name.
  ///
  /// Source: RFC 2253.
  public let subject: String
  /// The last common name of the subject, if it has one.
  public let commonName: String?
  /// The names beside it.
  ///
  /// Bound: 64; further ones are left out.
  public let alternativeNames: [AlternativeName]
  /// The first second at which it is valid, in seconds since 1970.
  public let notBeforeSeconds: Int64
  /// The last.
  public let notAfterSeconds: Int64
  /// The SHA-256 of the whole certificate, in hexadecimal digits.
  public let fingerprint: String

  static let alternativeNamesMax = 64

  /// The hosts among the names; of a certificate without any, the common name.
  public var hosts: [String] {
    let hosts = alternativeNames.compactMap { name -> String? in
      if case .dns(let host) = name { host } else { nil }
    }
    return hosts.isEmpty && alternativeNames.isEmpty ? commonName.map { [$0] } ?? [] : hosts
  }

  /// Reads a certificate that OpenSSL has parsed.
  // SAFETY: of this and what it calls: the certificate outlives the call, and every pointer into it ends with the call.
  init(_ certificate: OpaquePointer) {
    subject = unsafe Self.text(X509_get_subject_name(certificate))
    commonName = unsafe Self.commonName(X509_get_subject_name(certificate))
    alternativeNames = unsafe Self.alternativeNames(certificate)
    notBeforeSeconds = unsafe Self.seconds(X509_get0_notBefore(certificate))
    notAfterSeconds = unsafe Self.seconds(X509_get0_notAfter(certificate))
    fingerprint = unsafe Self.fingerprint(certificate).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// The SHA-256 of the whole certificate.
  static func fingerprint(_ certificate: OpaquePointer) -> [UInt8] {
    let bytes = unsafe Self.der(certificate)
    return unsafe Array(unsafeUninitializedCapacity: 32) { target, count in
      _ = unsafe SHA256(bytes, bytes.count, target.baseAddress)
      count = 32
    }
  }
  /// The whole certificate as it is signed; empty when it can't be written.
  static func der(_ certificate: OpaquePointer) -> [UInt8] {
    let count = unsafe Int(i2d_X509(certificate, nil))
    guard count > 0 else { return [] }
    return unsafe Array(unsafeUninitializedCapacity: count) { target, initialized in
      var position = target.baseAddress
      initialized = unsafe max(Int(i2d_X509(certificate, &position)), 0)
    }
  }

  private static func text(_ name: OpaquePointer?) -> String {
    guard let name = unsafe name, let memory = unsafe BIO_new(BIO_s_mem()) else { return "" }
    defer { unsafe BIO_free(memory) }
    // RFC 2253 without turning what is not ASCII into escapes.
    let flags = UInt(tls_name_format)
    guard unsafe X509_NAME_print_ex(memory, name, 0, flags) >= 0 else { return "" }
    return unsafe contents(of: memory)
  }
  private static func commonName(_ name: OpaquePointer?) -> String? {
    var last: Int32 = -1
    var found: Int32 = -1
    repeat {
      found = last
      last = unsafe X509_NAME_get_index_by_NID(name, NID_commonName, last)
    } while last >= 0
    guard found >= 0, let entry = unsafe X509_NAME_get_entry(name, found) else { return nil }
    return unsafe utf8(X509_NAME_ENTRY_get_data(entry))
  }
  /// Bound: 4 KiB.
  private static func contents(of memory: OpaquePointer) -> String {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { target, count in
      count = unsafe max(Int(BIO_read(memory, target.baseAddress, 4096)), 0)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
  private static func utf8(_ string: UnsafePointer<ASN1_STRING>?) -> String? {
    var text: UnsafeMutablePointer<UInt8>?
    let count = unsafe ASN1_STRING_to_UTF8(&text, string)
    guard count >= 0, let text = unsafe text else { return nil }
    defer { unsafe tls_free(text) }
    return unsafe String(decoding: UnsafeBufferPointer(start: text, count: Int(count)), as: UTF8.self)
  }

  private static func alternativeNames(_ certificate: OpaquePointer) -> [AlternativeName] {
    guard let raw = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(raw)
    defer { unsafe GENERAL_NAMES_free(names) }
    var found: [AlternativeName] = []
    for index in unsafe 0..<min(OPENSSL_sk_num(names), Int32(alternativeNamesMax)) {
      guard let name = unsafe OPENSSL_sk_value(names, index) else { continue }
      var kind: Int32 = 0
      guard let value = unsafe GENERAL_NAME_get0_value(name.assumingMemoryBound(to: GENERAL_NAME.self), &kind) else {
        continue
      }
      let string = unsafe value.assumingMemoryBound(to: ASN1_STRING.self)
      guard kind == GEN_DNS || kind == GEN_EMAIL || kind == GEN_URI || kind == GEN_IPADD,
        let start = unsafe ASN1_STRING_get0_data(string)
      else { continue }
      let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
      guard kind == GEN_IPADD || !bytes.contains(0) else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      switch kind {
      case GEN_DNS: found.append(.dns(text))
      case GEN_EMAIL: found.append(.email(text))
      case GEN_URI: found.append(.uri(text))
      default: found.append(.address(bytes))
      }
    }
    return found
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var parts = unsafe tm()
    guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
    return unsafe Int64(timegm(&parts))
  }
}
