internal import Bytes

extension StringFormat {
  /// UUID of RFC 4122 section 3: 8-4-4-4-12 hexadecimal digits in any case, of any version and variant.
  ///
  /// Cost: four loads of eight digits.
  static func acceptsUUID(_ text: RawSpan) -> Bool {
    guard text.byteCount == 36, text.byte(8) == 0x2D, text.byte(13) == 0x2D, text.byte(18) == 0x2D,
      text.byte(23) == 0x2D
    else { return false }
    let second = UInt64(text.integer(UInt32.self, at: 9)) &<< 32 | UInt64(text.integer(UInt32.self, at: 14))
    let third = UInt64(text.integer(UInt32.self, at: 19)) &<< 32 | UInt64(text.integer(UInt32.self, at: 24))
    return areHexadecimal(text.integer(UInt64.self, at: 0)) && areHexadecimal(second) && areHexadecimal(third)
      && areHexadecimal(text.integer(UInt64.self, at: 28))
  }

  /// Whether all eight bytes are hexadecimal digits.
  ///
  /// With every byte below 0x80, adding 0x80 - *n* to each carries into no neighbour and leaves a byte's high bit
  /// saying whether it was *n* or more.
  @inline(__always) private static func areHexadecimal(_ bytes: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs = ones &* 0x80
    guard bytes & highs == 0 else { return false }
    let digits = (bytes &+ ones &* (0x80 - 0x30)) & ~(bytes &+ ones &* (0x80 - 0x3A))
    let lower = bytes | ones &* 0x20
    let letters = (lower &+ ones &* (0x80 - 0x61)) & ~(lower &+ ones &* (0x80 - 0x67))
    return (digits | letters) & highs == highs
  }
}
