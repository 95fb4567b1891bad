internal import Bytes

/// Private keys of cryptocurrencies in the form in which wallets import them.
///
///     5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ     32 bytes
///     KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617    32 bytes, and 1 for compressed public keys
///     xprv9s21ZrQH143K...                                     a key that others are derived from
///
/// Source: Bitcoin's "Wallet import format", BIP 32.
enum WalletKey: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.mixed(51...52), .mixed(63...111)] }
  static var words: [StaticString] { ["wif", "private key", "wallet key", "xprv", "seed"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let part = token.start..<token.end
    let isKey: Bool
    switch (token.count, text.byte(token.start)) {
    case (51, UInt8(ascii: "5")): isKey = holds(text, part, version: 0x80, bytes: 37)
    case (51, UInt8(ascii: "9")): isKey = holds(text, part, version: 0xEF, bytes: 37)
    case (51, UInt8(ascii: "6")): isKey = holds(text, part, version: 0xB0, bytes: 37)
    case (52, UInt8(ascii: "K")), (52, UInt8(ascii: "L")): isKey = holds(text, part, version: 0x80, bytes: 38)
    case (52, UInt8(ascii: "c")): isKey = holds(text, part, version: 0xEF, bytes: 38)
    case (52, UInt8(ascii: "T")): isKey = holds(text, part, version: 0xB0, bytes: 38)
    case (111, _): isKey = isExtended(text, part)
    default: isKey = false
    }
    return isKey ? Match(part, alone: 99, inContext: 99) : nil
  }

  private static func holds(_ text: RawSpan, _ part: Range<Int>, version: UInt8, bytes: Int) -> Bool {
    guard let decoded = Base58(text, part, bytes: bytes), decoded.payload[0] == version else { return false }
    return bytes == 37 || decoded.payload[33] == 1
  }
  /// Whether it is a private key with all that is derived from it, for Bitcoin, its test or its later addresses.
  private static func isExtended(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    switch text.byte(part.lowerBound) {
    case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "y"), UInt8(ascii: "z"): break
    default: return false
    }
    return text.has("prv", at: part.lowerBound &+ 1) && Base58(text, part, bytes: Base58.bytesMax) != nil
  }
}
