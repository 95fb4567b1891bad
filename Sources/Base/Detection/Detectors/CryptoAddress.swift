internal import Bytes

/// Addresses of cryptocurrencies that carry a check.
///
///     1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa      base58: Bitcoin, Litecoin, Dogecoin, Dash, Tron, Zcash, Ripple
///     bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq          bech32: Bitcoin, Litecoin, Cardano, Cosmos, Binance
///     0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed          Ethereum, whose check is the case of the letters
///
/// Source: BIP 13, BIP 173, BIP 350, EIP-55; the versions are those that each currency's own software defines.
enum CryptoAddress: Detector {
  static var type: PersonalType { .crypto }
  static var triggers: [Trigger] { [.mixed(25...111), .letters(25...36)] }
  static var words: [StaticString] {
    [
      "bitcoin", "btc", "xbt", "wallet", "wallet address", "crypto", "cryptocurrency", "ethereum", "eth", "erc20",
      "litecoin", "ltc", "dogecoin", "doge", "tron", "trx", "trc20", "usdt", "usdc", "ripple", "xrp", "deposit address",
      "withdrawal address", "blockchain", "monedero", "portefeuille", "wallet adresse", "krypto", "carteira", "portfel",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    var (start, end) = (token.start, token.end)
    // Scripts that set no blanks may touch it.
    if text.byte(start) >= 0x80 { start = text.end(from: start) { $0 >= 0x80 } }
    while end > start, text.byte(end &- 1) >= 0x80 { end &-= 1 }
    let count = end &- start
    guard count >= 25, count <= 111 else { return nil }
    let first = text.byte(start)
    if first == UInt8(ascii: "0") { return count == 42 ? ethereum(text, start..<end) : nil }
    let hasPrefix = Bech32.prefixCount(text, start) > 0
    guard hasPrefix ? Bech32.isAddress(text, start..<end) : isBase58(text, start..<end, first) else { return nil }
    return Match(start..<end, alone: 98, inContext: 99)
  }

  /// Whether it is an address in base58: its first letter and its length tell which versions it may have.
  private static func isBase58(_ text: RawSpan, _ part: Range<Int>, _ first: UInt8) -> Bool {
    switch first {
    case UInt8(ascii: "1"): return holds(text, part, version: 0x00)
    case UInt8(ascii: "r"): return holds(text, part, version: 0x00, .ripple)
    case UInt8(ascii: "x"): return text.has("xpub", at: part.lowerBound) && isPublicKey(text, part)
    case UInt8(ascii: "t"): return isZcash(text, part)
    default: break
    }
    guard part.count >= 33, part.count <= 35 else { return false }
    switch first {
    case UInt8(ascii: "3"): return holds(text, part, version: 0x05)
    case UInt8(ascii: "m"), UInt8(ascii: "n"): return holds(text, part, version: 0x6F)
    case UInt8(ascii: "2"): return holds(text, part, version: 0xC4)
    case UInt8(ascii: "L"): return holds(text, part, version: 0x30)
    case UInt8(ascii: "M"): return holds(text, part, version: 0x32)
    case UInt8(ascii: "D"): return holds(text, part, version: 0x1E)
    case UInt8(ascii: "A"), UInt8(ascii: "9"): return holds(text, part, version: 0x16)
    case UInt8(ascii: "X"): return holds(text, part, version: 0x4C)
    case UInt8(ascii: "7"): return holds(text, part, version: 0x10)
    case UInt8(ascii: "T"): return holds(text, part, version: 0x41)
    default: return false
    }
  }

  /// Whether it is a version and a hash of 20 bytes.
  private static func holds(
    _ text: RawSpan,
    _ part: Range<Int>,
    version: UInt8,
    _ alphabet: Base58.Alphabet = .bitcoin
  ) -> Bool {
    guard part.count <= 36, let decoded = Base58(text, part, bytes: 25, alphabet) else { return false }
    return decoded.payload[0] == version
  }
  /// Whether it is a version of two bytes and a hash of 20.
  private static func isZcash(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    guard part.count == 35, let decoded = Base58(text, part, bytes: 26) else { return false }
    return decoded.payload[0] == 0x1C && (decoded.payload[1] == 0xB8 || decoded.payload[1] == 0xBD)
  }
  /// Whether it is a key that tells all addresses of a wallet.
  ///
  /// Source: BIP 32.
  private static func isPublicKey(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    part.count == 111 && Base58(text, part, bytes: 82) != nil
  }

  /// Matches `0x` and 40 hexadecimal digits.
  ///
  /// Where letters of both cases are among them, the cases must be those of the hash.
  private static func ethereum(_ text: RawSpan, _ part: Range<Int>) -> Match? {
    guard text.byte(part.lowerBound &+ 1) == UInt8(ascii: "x") else { return nil }
    var (message, capitals) = (InlineArray<40, UInt8>(repeating: 0), UInt64(0))
    var (letters, first, differs) = (0, text.byte(part.lowerBound &+ 2), false)
    for index in 0..<40 {
      let byte = text.byte(part.lowerBound &+ 2 &+ index)
      guard byte.isHexadecimal else { return nil }
      message[index] = byte | 0x20
      if byte != first { differs = true }
      if byte.isLetter { letters &+= 1 }
      if byte.isUppercase { capitals |= 1 &<< UInt64(truncatingIfNeeded: index) }
      first = byte
    }
    guard differs else { return nil }
    guard capitals != 0, capitals.nonzeroBitCount < letters else { return Match(part, alone: 60, inContext: 95) }
    let digest = Keccak256.digest(of: message)
    for index in 0..<40 {
      let byte = digest[index &>> 4] &>> UInt64(truncatingIfNeeded: (index &>> 1 & 7) &* 8)
      let nibble = index & 1 == 0 ? byte &>> 4 & 15 : byte & 15
      let isCapital = capitals &>> UInt64(truncatingIfNeeded: index) & 1 != 0
      guard !message[index].isLetter || isCapital == (nibble >= 8) else { return nil }
    }
    return Match(part, alone: 97, inContext: 99)
  }
}
