internal import Bytes

/// Bytes written in base58 with a check of four bytes behind them.
///
///     1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa     version 0, 20 bytes, check
///
/// Source: Bitcoin's base58.h for the alphabet, and its "Base58Check encoding".
struct Base58 {
  /// Which digit each letter stands for.
  enum Alphabet {
    case bitcoin, ripple
  }

  /// What is decoded, from the version on, without the check.
  private(set) var payload = InlineArray<80, UInt8>(repeating: 0)
  /// How many bytes that has.
  let count: Int

  /// How many bytes a key that others are derived from has, with its check: the longest there is.
  static var bytesMax: Int { 82 }

  /// Decodes a part of a text to a number of bytes, the check included.
  ///
  /// `nil` when it has another length or letters of another alphabet, or when the check is wrong.
  /// Cost: a multiplication for five letters and four bytes; the check only where the length is right.
  init?(_ text: RawSpan, _ part: Range<Int>, bytes: Int, _ alphabet: Alphabet = .bitcoin) {
    require(bytes > 4 && bytes <= Self.bytesMax, "a length that is asked for can be held")
    var (number, used) = (InlineArray<21, UInt32>(repeating: 0), 0)
    var place = part.lowerBound
    while place < part.upperBound {
      var (digits, factor): (UInt64, UInt64) = (0, 1)
      let end = min(part.upperBound, place &+ 5)
      while place < end {
        let digit = alphabet.digit(of: text.byte(place))
        guard digit < 58 else { return nil }
        (digits, factor, place) = (digits &* 58 &+ UInt64(digit), factor &* 58, place &+ 1)
      }
      for limb in 0..<used {
        digits &+= UInt64(number[limb]) &* factor
        number[limb] = UInt32(truncatingIfNeeded: digits)
        digits &>>= 32
      }
      if digits != 0 {
        guard used < 21 else { return nil }
        number[used] = UInt32(truncatingIfNeeded: digits)
        used &+= 1
      }
    }
    count = bytes &- 4
    let zero = alphabet.digit(of: text.byte(part.lowerBound)) == 0
    guard Self.width(of: number, used) &+ (zero ? Self.zeros(text, part) : 0) == bytes else { return nil }
    for index in 0..<count { payload[index] = Self.byte(of: number, bytes &- 1 &- index) }
    var check: UInt32 = 0
    for index in count..<bytes { check = check &<< 8 | UInt32(Self.byte(of: number, bytes &- 1 &- index)) }
    guard DoubleSHA256.check(payload, count: count) == check else { return nil }
  }

  /// How many bytes a number takes.
  private static func width(of number: InlineArray<21, UInt32>, _ used: Int) -> Int {
    used == 0 ? 0 : used &* 4 &- number[used &- 1].leadingZeroBitCount &>> 3
  }
  /// How many bytes of zero stand in front: each is written as a letter of its own.
  private static func zeros(_ text: RawSpan, _ part: Range<Int>) -> Int {
    let zero = text.byte(part.lowerBound)
    var place = part.lowerBound
    while place < part.upperBound, text.byte(place) == zero { place &+= 1 }
    return place &- part.lowerBound
  }
  /// A byte of a number, from its end.
  private static func byte(of number: InlineArray<21, UInt32>, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: number[index &>> 2] &>> UInt32(truncatingIfNeeded: (index & 3) &* 8))
  }
}

extension Base58.Alphabet {
  /// The digit that a letter stands for; 58 or more when it stands for none.
  @inline(__always) fileprivate func digit(of letter: UInt8) -> UInt8 {
    let place = Int(letter &- 0x31)
    guard place < 74 else { return 255 }
    return self == .bitcoin ? Self.bitcoinDigits[place] : Self.rippleDigits[place]
  }

  /// The digits of `123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz`, from `1` to `z`.
  private static let bitcoinDigits: InlineArray<74, UInt8> = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 9, 10, 11, 12,
    13, 14, 15, 16, 255, 17, 18, 19, 20, 21, 255, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31, 32, 255, 255, 255, 255, 255, 255, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 255,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
  ]
  /// The digits of `rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz`, from `1` to `z`.
  private static let rippleDigits: InlineArray<74, UInt8> = [
    50, 33, 7, 21, 41, 40, 27, 45, 8, 255, 255, 255, 255, 255, 255, 255, 54, 10, 38, 12,
    14, 47, 15, 16, 255, 17, 18, 19, 20, 13, 255, 22, 23, 24, 25, 26, 11, 28, 29, 30,
    31, 32, 255, 255, 255, 255, 255, 255, 5, 34, 35, 36, 37, 6, 39, 3, 49, 42, 43, 255,
    44, 4, 46, 1, 48, 0, 2, 51, 52, 53, 9, 55, 56, 57,
  ]
}
