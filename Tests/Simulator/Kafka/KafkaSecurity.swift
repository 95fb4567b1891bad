internal import Kafka

/// Who may use a cluster.
public struct KafkaSecurity: Sendable {
  /// Passwords by the users' names, for PLAIN and SCRAM.
  public var passwords: [String: String]
  /// Users' names by their tokens, for OAUTHBEARER.
  public var tokens: [String: String]
  /// How long somebody may stay before they prove themselves again, in milliseconds; 0 for ever:
  /// `connections.max.reauth.ms`.
  public var sessionMs: Int64 = 0
  /// The mechanisms that are taken.
  public var mechanisms: [String]

  /// All mechanisms that there are passwords and tokens for.
  public init(passwords: [String: String] = [:], tokens: [String: String] = [:]) {
    (self.passwords, self.tokens) = (passwords, tokens)
    mechanisms = passwords.isEmpty ? [] : ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    if !tokens.isEmpty { mechanisms.append("OAUTHBEARER") }
  }
}

/// How far a connection has come in proving who is behind it.
enum Login: Sendable {
  /// Nobody asks.
  case none
  /// A first request may come: ApiVersions or SaslHandshake.
  case initial
  /// ApiVersions was answered.
  case handshake
  /// A mechanism's messages are exchanged.
  case exchange(SASLExchange)
  /// Done.
  case done(Visitor)

  var isPending: Bool {
    switch self {
    case .none, .done: false
    case .initial, .handshake, .exchange: true
    }
  }
}

/// Somebody who has proved who they are.
struct Visitor: Sendable {
  var user: String
  var mechanism: String
  var expiresAtMs: Int64?
  /// When they last began to prove it again.
  var renewedAtMs: Int64?
}

/// A broker's side of a mechanism.
struct SASLExchange: Sendable {
  enum Outcome {
    case challenge([UInt8])
    case done([UInt8], user: String)
    /// With what the client is told.
    case failed(String)
  }
  private enum Server {
    case plain, oauthBearer
    case scram(SCRAMServer)
  }
  let mechanism: String
  /// Whether tokens come without headers, as after version 0 of SaslHandshake.
  let isRaw: Bool
  /// Who it was, of somebody who proves it again.
  let previous: Visitor?
  private let security: KafkaSecurity
  private var server: Server
  private var tokenFault: String?

  init(_ mechanism: String, _ security: KafkaSecurity, isRaw: Bool, previous: Visitor?, nonce: String) {
    (self.mechanism, self.security, self.isRaw, self.previous) = (mechanism, security, isRaw, previous)
    server = mechanism == "PLAIN" ? .plain : .oauthBearer
    guard let hash = SCRAMHash.allCases.first(where: { $0.mechanism == mechanism }) else { return }
    let passwords = security.passwords
    server = .scram(
      SCRAMServer(hash, nonce: nonce) { user in
        passwords[user].map { SCRAMKeys(hash, password: Array($0.utf8), salt: Array("salt of \(user)".utf8)) }
      }
    )
  }

  /// Takes a message of the client.
  mutating func next(_ message: [UInt8]) -> Outcome {
    switch server {
    case .plain: return plain(message)
    case .oauthBearer: return oauthBearer(message)
    case .scram(var scram):
      defer { server = .scram(scram) }
      do throws(SASLFault) {
        let answer = try scram.next(message)
        return scram.isDone ? finish(answer, user: scram.user) : .challenge(answer)
      } catch { return .failed(invalidCredentials) }
    }
  }
  private var invalidCredentials: String {
    let what = previous == nil ? "authentication" : "re-authentication"
    return "Authentication failed during \(what) due to invalid credentials with SASL mechanism \(mechanism)"
  }
  private func finish(_ answer: [UInt8], user: String) -> Outcome {
    guard let previous, previous.user != user else { return .done(answer, user: user) }
    return .failed("Cannot change principals during re-authentication from User.\(previous.user): User.\(user)")
  }

  /// Source: RFC 4616; `PlainSaslServer`.
  private func plain(_ message: [UInt8]) -> Outcome {
    let parts = message.split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty else {
      return .failed("Invalid SASL/PLAIN response: expected 3 tokens, got \(parts.count)")
    }
    guard security.passwords[parts[1]] == parts[2] else {
      return .failed("Authentication failed: Invalid username or password")
    }
    guard parts[0].isEmpty || parts[0] == parts[1] else {
      return .failed("Authentication failed: Client requested an authorization id that is different from username")
    }
    return finish([], user: parts[1])
  }

  /// Source: RFC 7628 §3.1; `OAuthBearerSaslServer`.
  private mutating func oauthBearer(_ message: [UInt8]) -> Outcome {
    if let tokenFault, message == [1] { return .failed(tokenFault) }
    let parts = message.split(separator: 1, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard parts.count >= 4, parts[0].hasPrefix("n,"), parts[0].hasSuffix(","), parts.suffix(2) == ["", ""],
      let auth = parts.dropFirst().first(where: { $0.hasPrefix("auth=") })
    else { return .failed(invalidCredentials) }
    let words = auth.dropFirst(5).split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else { return .failed(invalidCredentials) }
    if let user = security.tokens[String(words[1])] { return finish([], user: user) }
    let fault = #"{"status":"invalid_token"}"#
    tokenFault = fault
    return .challenge(Array(fault.utf8))
  }
}
