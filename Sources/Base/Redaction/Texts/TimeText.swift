internal import Bytes

/// A date, or a date and a time, as text.
///
/// Source: RFC 3339 §5.6; a date alone is its `full-date`.
struct TimeText: ~Escapable {
  /// What stays of it.
  enum Unit: Int32 {
    case hour
    case day
    case month
    case year

    /// The unit of a word of the settings.
    init?(word: String) {
      switch word {
      case "hour": self = .hour
      case "day": self = .day
      case "month": self = .month
      case "year": self = .year
      default: return nil
      }
    }
  }
  private let text: RawSpan
  /// Where its zone starts; the end where it has no time.
  private let zone: Int
  private var hasTime: Bool { text.byteCount > 10 }

  /// A time, or `nil` when the text is none.
  @_lifetime(copy text)
  init?(_ text: RawSpan) {
    guard text.byteCount >= 10, Self.hasShape("0000-00-00", text, 0), Self.isDate(text) else { return nil }
    self.text = text
    guard text.byteCount > 10 else {
      zone = 10
      return
    }
    let mark = text.byte(10) | 0x20
    guard text.byteCount >= 20, mark == UInt8(ascii: "t") || mark == 0x20, Self.hasShape("00:00:00", text, 11),
      Self.two(text, 11) < 24, Self.two(text, 14) < 60, Self.two(text, 17) <= 60
    else { return nil }
    var place = 19
    if text.byte(place) == UInt8(ascii: ".") {
      place += 1
      let first = place
      while place < text.byteCount, text.byte(place).isDigit { place += 1 }
      guard place > first else { return nil }
    }
    guard Self.isZone(text, place) else { return nil }
    zone = place
  }
  private static func isDate(_ text: RawSpan) -> Bool {
    (1...12).contains(two(text, 5)) && (1...31).contains(two(text, 8))
  }
  private static func isZone(_ text: RawSpan, _ place: Int) -> Bool {
    switch text.byteCount - place {
    case 1: text.byte(place) | 0x20 == UInt8(ascii: "z")
    case 6:
      (text.byte(place) == UInt8(ascii: "+") || text.byte(place) == UInt8(ascii: "-"))
        && hasShape("00:00", text, place + 1) && two(text, place + 1) < 24 && two(text, place + 4) < 60
    default: false
    }
  }
  /// Whether digits stand where the shape has zeros, and all else as it is.
  private static func hasShape(_ shape: StaticString, _ text: RawSpan, _ start: Int) -> Bool {
    guard start + shape.utf8CodeUnitCount <= text.byteCount else { return false }
    for place in 0..<shape.utf8CodeUnitCount {
      // SAFETY: the place is within the shape's bytes.
      let wanted = unsafe shape.utf8Start[place]
      let byte = text.byte(start + place)
      guard wanted == UInt8(ascii: "0") ? byte.isDigit : byte == wanted else { return false }
    }
    return true
  }
  private static func two(_ text: RawSpan, _ place: Int) -> UInt8 {
    (text.byte(place) - 0x30) * 10 + text.byte(place + 1) - 0x30
  }

  /// Writes it with zeros for what is finer than the unit; its zone stays.
  func write(to unit: Unit, into out: inout Region) {
    let (text, zone, hasTime) = (text, zone, hasTime)
    out.write(atMost: text.byteCount) { writer in
      switch unit {
      case .hour, .day: writer.append(text.extracting(0..<10))
      case .month:
        writer.append(text.extracting(0..<8))
        writer.append("01")
      case .year:
        writer.append(text.extracting(0..<5))
        writer.append("01-01")
      }
      guard hasTime else { return }
      if unit == .hour {
        writer.append(text.extracting(10..<14))
        writer.append("00:00")
      } else {
        writer.append(text.byte(10))
        writer.append("00:00:00")
      }
      writer.append(text.extracting(zone..<text.byteCount))
    }
  }
}
