internal import Bytes

extension RawSpan {
  /// Whether it is UTF-8 text that an attribute may hold: no control characters, surrogates or noncharacters.
  ///
  /// Source: CloudEvents 1.0.2, "Type System"; RFC 3629 §3.
  var isAttributeText: Bool {
    var at = 0
    while at < byteCount {
      let first = byte(at)
      guard first >= 0x80 else {
        guard first >= 0x20, first != 0x7F else { return false }
        at += 1
        continue
      }
      let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
      guard first >= 0xC2, first <= 0xF4, at + count <= byteCount else { return false }
      var point = UInt32(first) & 0x7F >> UInt32(count)
      for place in at + 1..<at + count {
        guard byte(place) & 0xC0 == 0x80 else { return false }
        point = point << 6 | UInt32(byte(place) & 0x3F)
      }
      guard point >= (count == 4 ? 0x10000 : count == 3 ? 0x800 : 0xA0), point <= 0x10FFFF, point >> 11 != 0x1B,
        point & 0xFFFE != 0xFFFE, !(0xFDD0...0xFDEF).contains(point)
      else { return false }
      at += count
    }
    return true
  }

  /// Whether two names are the same but for the case of their letters; they hold nothing that is no letter or digit.
  func isSameName(as other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    for place in 0..<byteCount { guard byte(place) | 0x20 == other.byte(place) | 0x20 else { return false } }
    return true
  }
}
