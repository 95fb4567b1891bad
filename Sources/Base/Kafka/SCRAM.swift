internal import COpenSSL

/// A hash that SCRAM is used with.
public enum SCRAMHash: Sendable, CaseIterable {
  case sha256, sha512

  /// The mechanism's name.
  public var mechanism: String {
    switch self {
    case .sha256: "SCRAM-SHA-256"
    case .sha512: "SCRAM-SHA-512"
    }
  }
  private var digest: OpaquePointer {
    switch self {
    case .sha256: unsafe EVP_sha256()
    case .sha512: unsafe EVP_sha512()
    }
  }
  private var byteCount: Int {
    switch self {
    case .sha256: 32
    case .sha512: 64
    }
  }

  func hash(_ text: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: byteCount)
    let isDone = unsafe EVP_Digest(text, text.count, &result, nil, digest, nil)
    precondition(isDone == 1, "a digest of memory is made")
    return result
  }
  func authenticate(_ text: [UInt8], with key: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: byteCount)
    let code = unsafe HMAC(digest, key, Int32(key.count), text, text.count, &result, nil)
    precondition(unsafe code != nil, "a code of memory is made")
    return result
  }
  func salted(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: byteCount)
    let isDone = unsafe password.withUnsafeBytes { password in
      unsafe PKCS5_PBKDF2_HMAC(
        password.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(password.count),
        salt,
        Int32(salt.count),
        Int32(iterations),
        digest,
        Int32(byteCount),
        &result
      )
    }
    precondition(isDone == 1, "a password is stretched")
    return result
  }
}

/// Why nobody could be authenticated.
public enum SASLFault: Error, Hashable, Sendable {
  /// A message that the mechanism does not have; what was wrong with it.
  case malformed(String)
  /// The broker does not know the password, or is not the one that it says it is.
  case wrongServer
  /// The broker asks for fewer rounds than anyone should take, or for more.
  case iterations(Int)
  /// The broker refused, and says why.
  case refused(String)
}

/// A client's side of SCRAM: it proves that it knows a password, and has the server prove the same.
///
///     → n,,n=user,r=nonce
///     ← r=nonce+,s=salt,i=4096
///     → c=biws,r=nonce+,p=proof
///     ← v=signature
///
/// Source: RFC 5802, RFC 7677; KIP-84.
public struct SCRAMClient: Sendable {
  private enum Step { case first, proof, signature, done }
  private let hash: SCRAMHash
  private let password: [UInt8]
  private let nonce: String
  private let firstBare: String
  private var serverSignature: [UInt8] = []
  private var step = Step.first

  /// Rounds that are neither too few to protect a password nor so many that a broker could keep a core busy.
  static var iterations: ClosedRange<Int> { 4096...200_000 }

  /// One for a user.
  ///
  /// - Parameters:
  ///   - hash: the mechanism's.
  ///   - user: the name, without preparation: brokers compare bytes.
  ///   - password: its bytes.
  ///   - nonce: printable, without commas, and never used before.
  public init(_ hash: SCRAMHash, user: String, password: [UInt8], nonce: String) {
    (self.hash, self.password, self.nonce) = (hash, password, nonce)
    let name = user.replacing("=", with: "=3D").replacing(",", with: "=2C")
    firstBare = "n=\(name),r=\(nonce)"
  }
  /// Whether the server has proved itself.
  public var isDone: Bool { step == .done }

  /// What to send next.
  ///
  /// - Parameter challenge: what the server said; empty before the first message.
  /// - Returns: the message; `nil` when nothing more is to be said.
  /// - Throws: why the server is not to be trusted.
  public mutating func next(_ challenge: [UInt8]) throws(SASLFault) -> [UInt8]? {
    switch step {
    case .first:
      step = .proof
      return Array("n,,\(firstBare)".utf8)
    case .proof:
      let message = try prove(String(decoding: challenge, as: UTF8.self))
      step = .signature
      return message
    case .signature:
      let fields = try SCRAMFields(String(decoding: challenge, as: UTF8.self))
      if let reason = fields["e"] { throw .refused(reason) }
      guard let text = fields["v"], let signature = Base64.decode(text) else { throw .malformed("no signature") }
      guard isSame(signature, serverSignature) else { throw .wrongServer }
      step = .done
      return nil
    case .done: throw .malformed("a message behind the last one")
    }
  }

  private mutating func prove(_ challenge: String) throws(SASLFault) -> [UInt8] {
    let fields = try SCRAMFields(challenge)
    if let reason = fields["e"] { throw .refused(reason) }
    guard let joined = fields["r"], let saltText = fields["s"], let salt = Base64.decode(saltText),
      let iterations = fields["i"].flatMap({ Int($0) })
    else { throw .malformed("no nonce, salt or number of iterations") }
    guard joined.hasPrefix(nonce), joined.utf8.count > nonce.utf8.count else { throw .malformed("a nonce of another") }
    guard Self.iterations.contains(iterations) else { throw .iterations(iterations) }
    let final = "c=biws,r=\(joined)"
    let text = Array("\(firstBare),\(challenge),\(final)".utf8)
    let keys = SCRAMKeys(hash, password: password, salt: salt, iterations: iterations)
    serverSignature = hash.authenticate(text, with: keys.server)
    let signature = hash.authenticate(text, with: keys.stored)
    let proof = zip(keys.client, signature).map { $0 ^ $1 }
    return Array("\(final),p=\(Base64.encode(proof))".utf8)
  }
}

/// A server's side of SCRAM.
public struct SCRAMServer: Sendable {
  private let hash: SCRAMHash
  private let nonce: String
  private let keysOf: @Sendable (String) -> SCRAMKeys?
  private var keys: SCRAMKeys?
  private var text = ""
  private var joined = ""
  /// Who the client says it is, once it has said so.
  public private(set) var user = ""
  /// Whether the client has proved that.
  public private(set) var isDone = false

  /// One for one client.
  ///
  /// - Parameters:
  ///   - hash: the mechanism's.
  ///   - nonce: printable, without commas, and never used before.
  ///   - keysOf: what is kept of a user; `nil` for one that is not known.
  public init(_ hash: SCRAMHash, nonce: String, keysOf: @escaping @Sendable (String) -> SCRAMKeys?) {
    (self.hash, self.nonce, self.keysOf) = (hash, nonce, keysOf)
  }

  /// What to answer.
  ///
  /// Throws: why the client is refused.
  public mutating func next(_ message: [UInt8]) throws(SASLFault) -> [UInt8] {
    let message = String(decoding: message, as: UTF8.self)
    return Array((text.isEmpty ? try challenge(message) : try conclude(message)).utf8)
  }
  private mutating func challenge(_ message: String) throws(SASLFault) -> String {
    // No channel is bound, and nobody acts for another.
    guard message.hasPrefix("n,,") else { throw .malformed("a channel that is bound, or another identity") }
    let bare = String(message.dropFirst(3))
    let fields = try SCRAMFields(bare)
    guard let name = fields["n"], let clientNonce = fields["r"], !clientNonce.isEmpty else {
      throw .malformed("no name or nonce")
    }
    user = name.replacing("=2C", with: ",").replacing("=3D", with: "=")
    guard let keys = keysOf(user) else { throw .refused("unknown-user") }
    self.keys = keys
    joined = clientNonce + nonce
    let challenge = "r=\(joined),s=\(Base64.encode(keys.salt)),i=\(keys.iterations)"
    text = "\(bare),\(challenge)"
    return challenge
  }
  private mutating func conclude(_ message: String) throws(SASLFault) -> String {
    let fields = try SCRAMFields(message)
    // librdkafka puts its nonce before the joined one once more, and Apache Kafka takes that.
    guard !isDone, let keys, fields["c"] == "biws", fields["r"]?.hasSuffix(joined) == true, let proofText = fields["p"],
      let proof = Base64.decode(proofText), let comma = message.lastIndex(of: ",")
    else { throw .malformed("no proof for this challenge") }
    let signed = Array("\(text),\(message[..<comma])".utf8)
    let signature = hash.authenticate(signed, with: keys.stored)
    guard proof.count == signature.count, isSame(hash.hash(zip(proof, signature).map { $0 ^ $1 }), keys.stored) else {
      throw .refused("invalid-proof")
    }
    isDone = true
    return "v=\(Base64.encode(hash.authenticate(signed, with: keys.server)))"
  }
}

/// What is made of a password: a server keeps all of it but the client's key.
public struct SCRAMKeys: Sendable {
  let salt: [UInt8]
  let iterations: Int
  let client: [UInt8]
  let stored: [UInt8]
  let server: [UInt8]

  /// Those of a password.
  ///
  /// Cost: milliseconds, on purpose.
  public init(_ hash: SCRAMHash, password: [UInt8], salt: [UInt8], iterations: Int = 4096) {
    (self.salt, self.iterations) = (salt, iterations)
    let salted = hash.salted(password, salt: salt, iterations: iterations)
    client = hash.authenticate(Array("Client Key".utf8), with: salted)
    stored = hash.hash(client)
    server = hash.authenticate(Array("Server Key".utf8), with: salted)
  }
}

/// The attributes of a message: a letter, an equals sign and a value each, with commas between.
private struct SCRAMFields {
  private var values: [Substring: String] = [:]
  init(_ text: String) throws(SASLFault) {
    for field in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard field.dropFirst().first == "=" else { throw .malformed("a field without a name") }
      values[field.prefix(1)] = String(field.dropFirst(2))
    }
  }
  subscript(name: Substring) -> String? { values[name] }
}

/// Whether two secrets are the same, in a time that does not depend on where they differ.
private func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return unsafe CRYPTO_memcmp(left, right, left.count) == 0
}

/// Source: RFC 4648 §4.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text.prefix(Int(count)), as: UTF8.self)
  }
  static func decode(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    guard bytes.count % 4 == 0, !bytes.isEmpty else { return nil }
    var decoded = [UInt8](repeating: 0, count: bytes.count / 4 * 3)
    guard unsafe EVP_DecodeBlock(&decoded, bytes, Int32(bytes.count)) >= 0 else { return nil }
    let padding = bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
    return decoded.dropLast(padding)
  }
}
