internal import Bytes

extension StringFormat {
  /// duration of RFC 3339 appendix A: `P3DT12H`.
  ///
  /// Each unit leads only to the next smaller one: `P1Y2D` skips the months and is refused, as is `PT1H2S`. Weeks
  /// stand alone. There are no fractions and no signs. Letters may be lower case, as in every ABNF.
  static func acceptsDuration(_ text: RawSpan) -> Bool {
    let count = text.byteCount
    guard count >= 3, text.byte(0) | 0x20 == 0x70 else { return false }
    if text.byte(count &- 1) | 0x20 == 0x77 {
      let end = text.digitsEnd(from: 1)
      return end > 1 && end == count &- 1
    }
    // y, m, d
    guard let date = elementsEnd(of: text, from: 1, units: (0x79, 0x6D, 0x64)) else { return false }
    if date == count { return true }
    // h, m, s
    guard text.byte(date) | 0x20 == 0x74, let time = elementsEnd(of: text, from: date &+ 1, units: (0x68, 0x6D, 0x73))
    else { return false }
    return time == count && time > date &+ 1
  }

  /// Where a row of numbers with units ends: where no digit follows; nil when a unit is missing or out of its turn.
  private static func elementsEnd(of text: RawSpan, from start: Int, units: (UInt8, UInt8, UInt8)) -> Int? {
    var at = start
    var due: Int?
    while text.isDigit(at) {
      at = text.digitsEnd(from: at)
      guard at < text.byteCount else { return nil }
      let unit = text.byte(at) | 0x20
      let place: Int
      switch unit {
      case units.0: place = 0
      case units.1: place = 1
      case units.2: place = 2
      default: return nil
      }
      guard due == nil || due == place else { return nil }
      due = place + 1
      at &+= 1
    }
    return at
  }
}
