internal import Bytes

/// Values that look drawn by a machine, in a member whose name tells of a secret.
///
/// The name may go on as in `token_type` or `secret_name`, so the value has to convince: 16 bytes at least, no blanks,
/// letters and digits, and the entropy that `SecretStrength` asks for. UUIDs, times and numbers are none, nor is what a
/// name such as `commit`, `etag` or `trace` holds, since none of them is a word here.
enum SecretValue: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] {
    [
      "secret", "token", "api key", "x api key", "access key", "secret key", "private key", "signing key",
      "encryption key", "auth key", "master key", "webhook key", "client secret", "credential", "credentials", "jwt",
      "authorization", "session key",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let part = token.start..<token.end
    guard part.count >= 16, !SecretPassword.hasBlank(text, part), SecretStrength(text, part) == .random else {
      return nil
    }
    return Match(part, alone: 85, inContext: 88)
  }
}

/// Values in a member whose name tells of a password.
///
/// People choose them, so that nothing but placeholders, and words that say what became of a password, are left out. A
/// word of letters alone counts with less confidence.
enum SecretPassword: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] {
    [
      "password", "passwd", "pwd", "passphrase", "passcode", "pass word", "passwort", "kennwort", "contrasena",
      "mot de passe", "senha", "wachtwoord", "haslo", "losenord", "salasana",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let part = token.start..<token.end
    guard part.count >= 4, part.count <= 256, !hasBlank(text, part) else { return nil }
    switch SecretStrength(text, part) {
    case .none: return nil
    case .weak: return part.count >= 6 ? Match(part, alone: 45, inContext: 55) : nil
    case .chosen: return Match(part, alone: 80, inContext: 90)
    case .random: return Match(part, alone: 92, inContext: 95)
    }
  }

  /// Whether there is a blank in a part.
  static func hasBlank(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    for place in part where text.byte(place).isBlank { return true }
    return false
  }
}
