/// What a client proves itself with.
public enum SASLCredentials: Sendable {
  /// A name and a password that are told as they are, so only over TLS. Source: RFC 4616.
  case plain(user: String, password: [UInt8])
  /// A name and a password that never leaves the machine. Source: RFC 5802.
  case scram(SCRAMHash, user: String, password: [UInt8])
  /// A token that somebody else has signed. Source: RFC 7628; KIP-255.
  case oauthBearer(token: [UInt8], extensions: [(String, String)] = [])

  /// The mechanism's name.
  public var mechanism: String {
    switch self {
    case .plain: "PLAIN"
    case .scram(let hash, _, _): hash.mechanism
    case .oauthBearer: "OAUTHBEARER"
    }
  }
}

/// A client's side of a mechanism: what to say until it is known to the broker.
public struct SASLClient: Sendable {
  private enum Mechanism {
    case plain([UInt8])
    case scram(SCRAMClient)
    case oauthBearer([UInt8])
  }
  private var mechanism: Mechanism
  private var hasBegun = false
  /// Whether all has been said, and the broker has proved itself where the mechanism asks for that.
  public private(set) var isDone = false

  /// One with some credentials; `nonce` is printable, without commas, and never used before.
  public init(_ credentials: SASLCredentials, nonce: String) {
    switch credentials {
    case .plain(let user, let password): mechanism = .plain([0] + Array(user.utf8) + [0] + password)
    case .scram(let hash, let user, let password):
      mechanism = .scram(SCRAMClient(hash, user: user, password: password, nonce: nonce))
    case .oauthBearer(let token, let extensions):
      let more = extensions.map { "\u{1}\($0.0)=\($0.1)" }.joined()
      mechanism = .oauthBearer(Array("n,,\u{1}auth=Bearer ".utf8) + token + Array("\(more)\u{1}\u{1}".utf8))
    }
  }

  /// What to say next.
  ///
  /// - Parameter challenge: what the broker said; empty before the first message.
  /// - Returns: the message; `nil` when nothing more is to be said, and `isDone` holds.
  /// - Throws: why the broker is not to be trusted, or what it says against the client.
  public mutating func next(_ challenge: [UInt8]) throws(SASLFault) -> [UInt8]? {
    switch mechanism {
    case .scram(var client):
      let message = try client.next(challenge)
      mechanism = .scram(client)
      isDone = client.isDone
      return message
    case .plain(let message): return try say(message, challenge)
    case .oauthBearer(let message): return try say(message, challenge)
    }
  }
  private mutating func say(_ message: [UInt8], _ challenge: [UInt8]) throws(SASLFault) -> [UInt8]? {
    if !hasBegun {
      hasBegun = true
      return message
    }
    // Of OAUTHBEARER, what is wrong with the token. Source: RFC 7628 §3.2.2.
    guard challenge.isEmpty else { throw .refused(String(decoding: challenge, as: UTF8.self)) }
    isDone = true
    return nil
  }
}
