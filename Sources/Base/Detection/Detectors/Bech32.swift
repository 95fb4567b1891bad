internal import Bytes

/// Addresses of a prefix, `1`, and characters of five bits, the last six of which are a check.
///
///     bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq
///
/// Source: BIP 173, BIP 350.
enum Bech32 {
  /// Whether a part of a text is an address with a right check, in one case throughout.
  static func isAddress(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    let prefix = prefixCount(text, part.lowerBound)
    let data = part.lowerBound &+ prefix &+ 1..<part.upperBound
    guard prefix > 0, data.count >= 14 else { return false }
    var check: UInt32 = 1
    for place in part.lowerBound..<part.lowerBound &+ prefix { check = step(check, (text.byte(place) | 0x20) &>> 5) }
    check = step(check, 0)
    for place in part.lowerBound..<part.lowerBound &+ prefix { check = step(check, text.byte(place) & 0x1F) }
    let forbidden: UInt8 = text.byte(part.lowerBound).isUppercase ? 0x20 : 0
    for place in data {
      let byte = text.byte(place)
      let value = byte >= 0x30 && byte < 0x7B ? values[Int(byte &- 0x30)] : 255
      guard value < 32, !byte.isLetter || byte & 0x20 != forbidden else { return false }
      check = step(check, value)
    }
    guard isForWitness(text, part.lowerBound) else { return check == 1 }
    let version = values[Int(text.byte(data.lowerBound) &- 0x30)]
    // A program has 2 to 40 bytes, that of version 0 has 20 or 32.
    let programBits = (data.count &- 7) &* 5
    let isKnown = version == 0 ? programBits / 8 == 20 || programBits / 8 == 32 : version <= 16
    return isKnown && programBits / 8 <= 40 && check == (version == 0 ? 1 : 0x2BC8_30A3)
  }

  /// How many letters the prefix has that is known and stands at a place with `1` behind it; zero when there is none.
  static func prefixCount(_ text: RawSpan, _ place: Int) -> Int {
    switch text.byteOrZero(place) | 0x20 {
    case UInt8(ascii: "b"): text.has("bc1", at: place) ? 2 : text.has("bcrt1", at: place) ? 4 : bnb(text, place)
    case UInt8(ascii: "t"): text.has("tb1", at: place) ? 2 : text.has("tltc1", at: place) ? 4 : 0
    case UInt8(ascii: "l"): text.has("ltc1", at: place) ? 3 : 0
    case UInt8(ascii: "a"): text.has("addr1", at: place) ? 4 : 0
    case UInt8(ascii: "s"): text.has("stake1", at: place) ? 5 : 0
    case UInt8(ascii: "c"): text.has("cosmos1", at: place) ? 6 : 0
    default: 0
    }
  }
  private static func bnb(_ text: RawSpan, _ place: Int) -> Int { text.has("bnb1", at: place) ? 3 : 0 }
  /// Whether what follows is a version and a program, as with Bitcoin and Litecoin.
  private static func isForWitness(_ text: RawSpan, _ place: Int) -> Bool {
    switch text.byte(place) | 0x20 {
    case UInt8(ascii: "b"): text.byte(place &+ 1) | 0x20 == UInt8(ascii: "c")
    case UInt8(ascii: "t"), UInt8(ascii: "l"): true
    default: false
    }
  }

  /// The check after five more bits: the remainder of a division in a field of 32 elements.
  @inline(__always) private static func step(_ check: UInt32, _ value: UInt8) -> UInt32 {
    let top = check &>> 25
    var next = (check & 0x1FF_FFFF) &<< 5 ^ UInt32(value)
    if top & 1 != 0 { next ^= 0x3B6A_57B2 }
    if top & 2 != 0 { next ^= 0x2650_8E6D }
    if top & 4 != 0 { next ^= 0x1EA1_19FA }
    if top & 8 != 0 { next ^= 0x3D42_33DD }
    if top & 16 != 0 { next ^= 0x2A14_62B3 }
    return next
  }

  /// The values of `qpzry9x8gf2tvdw0s3jn54khce6mua7l` in either case, from `0` to `z`.
  private static let values: InlineArray<75, UInt8> = [
    15, 255, 10, 17, 21, 20, 26, 30, 7, 5, 255, 255, 255, 255, 255, 255, 255, 29, 255, 24,
    13, 25, 9, 8, 23, 255, 18, 22, 31, 27, 19, 255, 1, 0, 3, 16, 11, 28, 12, 14,
    6, 4, 2, 255, 255, 255, 255, 255, 255, 29, 255, 24, 13, 25, 9, 8, 23, 255, 18, 22,
    31, 27, 19, 255, 1, 0, 3, 16, 11, 28, 12, 14, 6, 4, 2,
  ]
}
