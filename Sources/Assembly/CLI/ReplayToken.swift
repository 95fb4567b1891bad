internal import Host

/// What opens the gateway to `sluice quarantine replay`: whoever may read the data directory may replay what it holds.
///
///     sluice-replay-token 1
///     0af7651916cd43dd8448eb211c80319c 127.0.0.1:9090
///
/// Drawn at every start of a gateway, which keeps it in its data directory with mode 600; behind it stands where its
/// admin listener listens.
struct ReplayToken {
  /// 128 bits, as 32 hexadecimal digits.
  let secret: String
  /// The admin listener's address.
  let address: String

  /// The file's name in the data directory.
  static let fileName = "replay-token"
  private static let title = "sluice-replay-token 1"

  /// Draws one.
  init(drawnFor address: ListenerAddress) {
    var generator = SystemRandomNumberGenerator()
    let digits = [generator.next(), generator.next()].map { (word: UInt64) in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    (secret, self.address) = (digits.joined(), address.description)
  }
  /// Reads the file; `nil` when it is none.
  init?(reading text: String) {
    let lines = text.split(separator: "\n")
    guard lines.count == 2, lines[0] == Self.title else { return nil }
    let words = lines[1].split(separator: " ")
    guard words.count == 2, words[0].utf8.count == 32 else { return nil }
    (secret, address) = (String(words[0]), String(words[1]))
  }

  /// The file's contents.
  var text: String { "\(Self.title)\n\(secret) \(address)\n" }
  /// The value of the field that carries it.
  var authorization: String { "Bearer \(secret)" }

  /// Whether a request carries it.
  ///
  /// Cost: the same wherever the first difference is.
  func opens(_ authorization: String) -> Bool {
    let (given, wanted) = (Array(authorization.utf8), Array(self.authorization.utf8))
    guard given.count == wanted.count else { return false }
    var difference: UInt8 = 0
    for (left, right) in zip(given, wanted) { difference |= left ^ right }
    return difference == 0
  }
}
