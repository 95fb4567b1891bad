/// What is wrong with a certificate, a key or another file of the operator's.
public struct TLSMistake: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of mistake.
  public enum Kind: Sendable, Equatable {
    /// The file holds nothing of the kind that is wanted.
    case unreadable
    /// The key is encrypted and no passphrase was given.
    case passphraseMissing
    /// The passphrase does not open the key.
    case passphraseWrong
    /// The key is not the certificate's.
    case keyMismatch
    /// The certificate is not valid any more.
    case expired
    /// The certificate is not valid yet.
    case notYetValid
    /// The kind of key is one that TLS 1.3 does not use, or too short to be safe.
    case unsuitableKey
    /// The certificates do not follow one another.
    case brokenChain
    /// The response is not about the certificate, or out of date.
    case staleResponse
    /// A value of the settings that the library does not accept.
    case setting
  }
  /// The file, as it was named to us.
  public let file: String
  /// What kind of mistake it is.
  public let kind: Kind
  /// What is wrong, without secrets.
  public let found: String
  /// What would have been right.
  public let expected: String

  init(_ file: String, _ kind: Kind, _ found: String, expected: String) {
    (self.file, self.kind, self.found, self.expected) = (file, kind, found, expected)
  }
  /// As a compiler would print it.
  public var description: String { "\(file): \(found); expected \(expected)" }
}
