internal import Bytes

/// Eight letters for 48 bits, in base64url.
///
/// All at once: the six bits of each letter are spread to a byte of their own, and what tells them from their ASCII is
/// added. Source: RFC 4648 §5.
@inline(__always) private func letters(of bits: UInt64) -> UInt64 {
  let halves = (bits & 0xFFFF_FF00_0000) &<< 8 | bits & 0xFF_FFFF
  let quarters = (halves & 0x00FF_F000_00FF_F000) &<< 4 | halves & 0x0000_0FFF_0000_0FFF
  let sixes = (quarters & 0x0FC0_0FC0_0FC0_0FC0) &<< 2 | quarters & 0x003F_003F_003F_003F
  let ones: UInt64 = 0x0101_0101_0101_0101
  @inline(__always) func atLeast(_ bound: UInt64) -> UInt64 { (sixes &+ ones &* (128 &- bound)) &>> 7 & ones }
  var text = sixes &+ ones &* 65 &+ atLeast(26) &* 6
  text = text &- atLeast(52) &* 75 &- atLeast(62) &* 13
  return text &+ atLeast(63) &* 49
}

/// How many letters so many bytes take.
func base64Letters(for count: Int) -> Int { (count * 4 + 2) / 3 }

extension Writer {
  /// Writes 128 bits as 22 letters.
  @_lifetime(self: copy self)
  mutating func append(base64URL bits: UInt128) {
    let high = UInt64(truncatingIfNeeded: bits &>> 64)
    let low = UInt64(truncatingIfNeeded: bits)
    append(letters(of: high &>> 16))
    append(letters(of: (high & 0xFFFF) &<< 32 | low &>> 32))
    let last = letters(of: (low & 0xFFFF_FFFF) &<< 16)
    append(UInt32(truncatingIfNeeded: last &>> 32))
    append(UInt16(truncatingIfNeeded: last &>> 16))
  }
  /// Writes bytes as letters without padding.
  @_lifetime(self: copy self)
  mutating func append(base64URL bytes: RawSpan) {
    var place = 0
    while place &+ 8 <= bytes.byteCount {
      append(letters(of: bytes.integer(UInt64.self, at: place) &>> 16))
      place &+= 6
    }
    while place < bytes.byteCount {
      let count = min(bytes.byteCount &- place, 6)
      var bits: UInt64 = 0
      for index in 0..<6 { bits = bits &<< 8 | (index < count ? UInt64(bytes.byte(place &+ index)) : 0) }
      var text = letters(of: bits)
      for _ in 0..<base64Letters(for: count) {
        append(UInt8(truncatingIfNeeded: text &>> 56))
        text &<<= 8
      }
      place &+= count
    }
  }
  /// Writes 128 bits as 32 hexadecimal digits.
  @_lifetime(self: copy self)
  mutating func append(hexadecimal bits: UInt128) {
    var rest = bits
    for _ in 0..<4 {
      append(digits(of: UInt32(truncatingIfNeeded: rest &>> 96)))
      rest &<<= 32
    }
  }
}

/// Eight hexadecimal digits for 32 bits, all at once.
@inline(__always) private func digits(of bits: UInt32) -> UInt64 {
  let word = UInt64(bits)
  let halves = (word &<< 16 | word) & 0x0000_FFFF_0000_FFFF
  let quarters = (halves &<< 8 | halves) & 0x00FF_00FF_00FF_00FF
  let fours = (quarters &<< 4 | quarters) & 0x0F0F_0F0F_0F0F_0F0F
  let ones: UInt64 = 0x0101_0101_0101_0101
  let isLetter = (fours &+ ones &* 118) &>> 7 & ones
  return fours &+ ones &* 48 &+ isLetter &* 39
}

/// Reads base64url without padding into bytes, or `nil` when it is none, or not the one way to write them.
func bytes(ofBase64URL text: RawSpan) -> [UInt8]? {
  guard text.byteCount % 4 != 1 else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.byteCount * 3 / 4)
  var (bits, count) = (UInt32(0), 0)
  for place in 0..<text.byteCount {
    let value: UInt8
    switch text.byte(place) {
    case let letter where letter >= UInt8(ascii: "A") && letter <= UInt8(ascii: "Z"): value = letter - 65
    case let letter where letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z"): value = letter - 71
    case let digit where digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9"): value = digit + 4
    case UInt8(ascii: "-"): value = 62
    case UInt8(ascii: "_"): value = 63
    default: return nil
    }
    (bits, count) = (bits << 6 | UInt32(value), count + 6)
    guard count >= 8 else { continue }
    count -= 8
    bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    bits &= (1 << UInt32(count)) - 1
  }
  return bits == 0 ? bytes : nil
}

extension UInt8 {
  /// Whether it is an ASCII digit.
  @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
  /// Whether it is an ASCII letter.
  @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
  /// Whether it is an ASCII letter or digit.
  @inline(__always) var isAlphanumeric: Bool { isDigit || isLetter }
  /// In lower case, if it is an ASCII letter.
  @inline(__always) var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
  /// In upper case, if it is an ASCII letter.
  @inline(__always) var uppercased: UInt8 { self &- 0x61 < 26 ? self & 0xDF : self }
  /// Whether it is a blank, a tab or a line's end.
  @inline(__always) var isBlank: Bool { self == 0x20 || self &- 0x09 < 5 }
}
