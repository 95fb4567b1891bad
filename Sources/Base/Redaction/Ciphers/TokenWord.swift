internal import Bytes

/// The letters and digits of a value as a word of an alphabet.
///
///     value      AB-12 cd      separators stay where they are
///     word       A B 1 2 c d   of the alphabet of all 62
///
/// The alphabet follows from the value: digits alone; with upper case; with lower case; with both. It is exchanged
/// until the result has letters of each kind that the alphabet has, so that the token tells the same alphabet as its
/// value: an exchange that leaves a set is repeated until it is back in it, which is one-for-one on the set.
struct TokenWord {
  /// Which letters it has.
  struct Letters: OptionSet {
    let rawValue: UInt8
    static let upper = Letters(rawValue: 1)
    static let lower = Letters(rawValue: 2)
  }
  private var symbols: InlineArray<76, UInt8> = InlineArray(repeating: 0)
  private let count: Int
  private let letters: Letters

  /// The word of a value; `nil` when it has no or too many symbols.
  init?(_ text: RawSpan) {
    var (count, letters) = (0, Letters())
    for place in 0..<text.byteCount {
      let byte = text.byte(place)
      if byte.isAlphanumeric { count &+= 1 }
      if byte.isLetter { letters.insert(byte < 0x60 ? .upper : .lower) }
    }
    guard count > 1, count <= FF1.symbolsMax else { return nil }
    (self.count, self.letters) = (count, letters)
    var index = 0
    for place in 0..<text.byteCount where text.byte(place).isAlphanumeric {
      symbols[index] = symbol(text.byte(place))
      index &+= 1
    }
  }

  /// Symbols of its alphabet.
  var radix: UInt32 {
    switch letters {
    case []: 10
    case [.upper, .lower]: 62
    default: 36
    }
  }
  private func symbol(_ byte: UInt8) -> UInt8 {
    if byte.isDigit { return byte &- 0x30 }
    if byte < 0x60 { return byte &- 0x41 &+ 10 }
    return byte &- 0x61 &+ (letters.contains(.upper) ? 36 : 10)
  }
  private func byte(_ symbol: UInt8) -> UInt8 {
    if symbol < 10 { return symbol &+ 0x30 }
    if symbol >= 36 { return symbol &- 36 &+ 0x61 }
    return symbol &- 10 &+ (letters.contains(.upper) ? 0x41 : 0x61)
  }

  /// Exchanges it for its token, or a token for its word.
  ///
  /// - Returns: whether there are enough words and none is too long.
  mutating func exchange(isBack: Bool, tweak: RawSpan, _ cipher: borrowing BlockCipher) -> Bool {
    guard let exchange = FF1(radix: radix, count: count, tweak: tweak, cipher) else { return false }
    repeat { exchange.exchange(&symbols, isBack: isBack, cipher) } while !hasItsLetters
    return true
  }
  private var hasItsLetters: Bool {
    guard !letters.isEmpty else { return true }
    var found = Letters()
    for index in 0..<count where symbols[index] >= 10 {
      found.insert(symbols[index] >= 36 || !letters.contains(.upper) ? .lower : .upper)
    }
    return found == letters
  }

  /// Writes a value with its letters and digits exchanged for the word's.
  func write(over text: RawSpan, into out: inout Region) {
    out.write(atMost: text.byteCount) { writer in
      var index = 0
      for place in 0..<text.byteCount {
        let byte = text.byte(place)
        if byte.isAlphanumeric {
          writer.append(self.byte(symbols[index]))
          index &+= 1
        } else {
          writer.append(byte)
        }
      }
    }
  }
}
