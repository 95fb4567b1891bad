internal import COpenSSL

/// Whose certificates are trusted, and which of them have been revoked.
public struct Trust: Sendable {
  /// What the authorities' certificates say.
  public let authorities: [Certificate]
  /// How many lists of revoked certificates there are.
  public var revocationLists: Int { lists.count }

  let chain: [[UInt8]]
  private(set) var lists: [[UInt8]] = []
  let file: String
  /// Tells tickets that were made under another trust.
  private(set) var digest: [UInt8]

  /// Reads a bundle of authorities' certificates.
  ///
  /// - Parameters:
  ///   - authorities: PEM.
  ///   - file: what mistakes call it.
  /// - Throws: when it holds none or a damaged one.
  public init(authorities: [UInt8], file: String) throws(TLSMistake) {
    let parsed = try Parsed(certificates: authorities, file: file)
    self.authorities = unsafe parsed.certificates.map { unsafe Certificate($0) }
    chain = unsafe parsed.certificates.map { unsafe Certificate.der($0) }
    self.file = file
    digest = Self.digest(of: chain)
  }

  /// Adds lists of revoked certificates (CRLs); once there is one, every issuer needs a current one.
  ///
  /// - Parameters:
  ///   - lists: PEM.
  ///   - file: what mistakes call it.
  /// - Throws: when it holds none or a damaged one.
  public mutating func addRevocations(_ lists: [UInt8], file: String) throws(TLSMistake) {
    var found: [[UInt8]] = []
    var isDamaged = false
    unsafe reading(lists) { memory in
      while found.count < Self.listsMax, let next = unsafe PEM_read_bio_X509_CRL(memory, nil, nil, nil) {
        unsafe found.append(Self.der(next))
        unsafe X509_CRL_free(next)
      }
      isDamaged = found.count < Self.listsMax && !isAtEnd()
    }
    guard !isDamaged, !found.isEmpty else {
      throw TLSMistake(
        file,
        .unreadable,
        "no list of revoked certificates that can be read",
        expected: "PEM: '-----BEGIN X509 CRL-----'"
      )
    }
    self.lists += found
    digest = Self.digest(of: chain + self.lists)
  }

  static let listsMax = 1000

  /// A store with all of them, which the caller frees.
  func makeStore(in library: OpaquePointer?) throws(TLSMistake) -> OpaquePointer {
    guard let store = unsafe X509_STORE_new() else {
      throw TLSMistake(file, .setting, "no memory for the authorities", expected: "more memory")
    }
    do throws(TLSMistake) { unsafe try fill(store, in: library) } catch {
      unsafe X509_STORE_free(store)
      throw error
    }
    return unsafe store
  }
  private func fill(_ store: OpaquePointer, in library: OpaquePointer?) throws(TLSMistake) {
    let parsed = unsafe try Parsed(der: chain, in: library, file: file)
    for index in 0..<chain.count where unsafe X509_STORE_add_cert(store, parsed.certificates[index]) != 1 {
      throw TLSMistake(file, .unreadable, "an authority that cannot be used", expected: "certificates of authorities")
    }
    for bytes in lists {
      let list = unsafe bytes.withUnsafeBufferPointer { bytes in
        var position = bytes.baseAddress
        return unsafe d2i_X509_CRL(nil, &position, bytes.count)
      }
      defer { unsafe X509_CRL_free(list) }
      guard let list = unsafe list, unsafe X509_STORE_add_crl(store, list) == 1 else {
        ERR_clear_error()
        throw TLSMistake(file, .unreadable, "a list of revoked certificates that cannot be used", expected: "a CRL")
      }
    }
    if !lists.isEmpty { unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)) }
    ERR_clear_error()
  }

  private static func der(_ list: OpaquePointer) -> [UInt8] {
    let count = unsafe Int(i2d_X509_CRL(list, nil))
    guard count > 0 else { return [] }
    return unsafe Array(unsafeUninitializedCapacity: count) { target, initialized in
      var position = target.baseAddress
      initialized = unsafe max(Int(i2d_X509_CRL(list, &position)), 0)
    }
  }
  private static func digest(of parts: [[UInt8]]) -> [UInt8] {
    let bytes = Array(parts.joined())
    return unsafe Array(unsafeUninitializedCapacity: 32) { target, count in
      _ = unsafe SHA256(bytes, bytes.count, target.baseAddress)
      count = 32
    }
  }
}
