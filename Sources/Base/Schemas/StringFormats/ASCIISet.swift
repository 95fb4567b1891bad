internal import Bytes

/// A set of ASCII characters that is asked in two instructions.
///
/// Bit *n* of `low` stands for the character *n*, of `high` for *n* + 64. The tests spell every set out.
struct ASCIISet {
  let low: UInt64
  let high: UInt64

  /// Whether a byte is one of the characters; bytes from 0x80 on never are.
  @inline(__always) func contains(_ byte: UInt8) -> Bool {
    let half = byte < 0x40 ? low : byte < 0x80 ? high : 0
    return (half &>> UInt64(byte & 0x3F)) & 1 != 0
  }

  /// HEXDIG in both cases.
  static var hexadecimal: Self { Self(low: 0x03FF_0000_0000_0000, high: 0x0000_007E_0000_007E) }
  /// Letters, digits and the hyphen (RFC 1123 section 2.1).
  static var host: Self { Self(low: 0x03FF_2000_0000_0000, high: 0x07FF_FFFE_07FF_FFFE) }
  /// What follows the first letter of a scheme (RFC 3986 section 3.1).
  static var scheme: Self { Self(low: 0x03FF_6800_0000_0000, high: 0x07FF_FFFE_07FF_FFFE) }
  /// unreserved and sub-delims, of which registered names consist (RFC 3986 section 3.2.2).
  static var registeredName: Self { Self(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
  /// `registeredName` and the colon (RFC 3986 section 3.2.1).
  static var userInformation: Self { Self(low: 0x2FFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
  /// pchar and the slash (RFC 3986 section 3.3).
  static var path: Self { Self(low: 0x2FFF_FFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
  /// `path` and the question mark, for queries and fragments (RFC 3986 sections 3.4 and 3.5).
  static var query: Self { Self(low: 0xAFFF_FFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
  /// What a template copies as it stands (RFC 6570 section 2.1, with the apostrophe that its verified erratum 6937
  /// gives back: it is a sub-delim, as allowed in a URI as its neighbours).
  static var templateLiteral: Self { Self(low: 0xAFFF_FFDA_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }
  /// varchar without its percent-encoding (RFC 6570 section 2.3).
  static var variable: Self { Self(low: 0x03FF_0000_0000_0000, high: 0x07FF_FFFE_87FF_FFFE) }
  /// atext (RFC 5322 section 3.2.3).
  static var atom: Self { Self(low: 0xA3FF_ACFA_0000_0000, high: 0x7FFF_FFFF_C7FF_FFFE) }
}

/// A character beyond ASCII or not, and where the next one starts.
struct Scalar {
  let value: UInt32
  let next: Int
}

extension RawSpan {
  /// Whether a byte is an ASCII digit; false at the end.
  @inline(__always) func isDigit(_ offset: Int) -> Bool { offset < byteCount && byte(offset) &- 0x30 < 10 }

  /// Whether a certain byte stands there; false at the end.
  @inline(__always) func has(_ wanted: UInt8, at offset: Int) -> Bool { offset < byteCount && byte(offset) == wanted }

  /// Where the digits end that start at `offset`: `offset` itself when there is none.
  @inline(__always) func digitsEnd(from offset: Int) -> Int {
    var at = offset
    while isDigit(at) { at &+= 1 }
    return at
  }

  /// Whether a percent sign and two hexadecimal digits stand there.
  @inline(__always) func isPercentEncoded(at offset: Int) -> Bool {
    offset &+ 2 < byteCount && byte(offset) == 0x25 && ASCIISet.hexadecimal.contains(byte(offset &+ 1))
      && ASCIISet.hexadecimal.contains(byte(offset &+ 2))
  }

  /// The character that starts at `offset`, in valid UTF-8.
  ///
  /// A character that the end cuts reads as U+FFFD, which no format has a use for.
  func scalar(at offset: Int) -> Scalar {
    let first = byte(offset)
    let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard offset &+ length <= byteCount else { return Scalar(value: 0xFFFD, next: byteCount) }
    guard length > 1 else { return Scalar(value: UInt32(first), next: offset &+ 1) }
    var value = UInt32(first) & (0x7F &>> UInt32(length))
    for index in 1..<length { value = value &<< 6 | UInt32(byte(offset &+ index) & 0x3F) }
    return Scalar(value: value, next: offset &+ length)
  }
}
