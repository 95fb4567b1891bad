internal import Bytes

/// Numbers of the French register of persons: sex, year, month, place and order of birth, and a key by mod 97.
///
///     2 99 11 2A 750 883 43
///     s yy mm dd ccc ooo kk
///
/// Source: INSEE, décret n° 82-103, and the key's formula of the social security: for Corsica 2A counts as 19, 2B as
/// 18.
enum FrenchNIR: Detector {
  static var type: PersonalType { .frNIR }
  static var triggers: [Trigger] {
    [.groups(1...1, digits: 6), .digits(13...13), .digits(15...15), .mixed(13...13), .mixed(15...15)]
      + Separators.unbroken(digits: 15, separators: 6)
  }
  static var words: [StaticString] {
    [
      "nir", "insee", "securite sociale", "secu", "numero de secu", "num secu", "no secu", "numero secu", "nss",
      "carte vitale", "vitale", "assure", "numero de securite sociale", "immatriculation",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let sex = text.byte(token.start)
    guard sex >= UInt8(ascii: "1"), sex <= UInt8(ascii: "8"), sex &- 0x35 > 1 else { return nil }
    guard let number = NIRText(text, at: token), number.isPlausible, number.holdsKey,
      text.isWhole(token.start..<number.end, with: number.separator)
    else { return nil }
    return Match(token.start..<number.end, alone: number.separator.isEmpty ? 75 : 95, inContext: 99)
  }
}

/// The 15 places of such a number.
private struct NIRText {
  private var value: UInt64 = 0
  private(set) var end: Int
  private(set) var separator: Separators = []

  /// Reads 15 characters with separators where its parts meet, or only before the key.
  init?(_ text: RawSpan, at token: Token) {
    end = token.start
    var previous: UInt8 = 0
    for index in 0..<15 {
      switch index {
      case 1, 3, 5, 7, 10, 13:
        let (kind, width) = text.separator(at: end)
        if !kind.isEmpty {
          guard kind == .blank || kind == .hyphen || kind == .dot, kind == separator || separator.isEmpty,
            index == 1 || index == 13 || !separator.isEmpty
          else { return nil }
          (separator, end) = (kind, end &+ width)
        } else if !separator.isEmpty {
          return nil
        }
      default: break
      }
      let byte = text.byteOrZero(end)
      if byte.isDigit {
        value = value &* 10 &+ UInt64(byte &- 0x30)
      } else {
        let letter = byte.uppercased
        guard index == 6, previous == UInt8(ascii: "2"), letter == UInt8(ascii: "A") || letter == UInt8(ascii: "B")
        else { return nil }
        // 2A counts as 19, 2B as 18.
        value = value &- 1
        value = value &* 10 &+ (letter == UInt8(ascii: "A") ? 9 : 8)
      }
      (previous, end) = (byte, end &+ 1)
    }
  }

  /// Whether there are such a month, place and order.
  ///
  /// Months from 20 on stand for documents without one.
  var isPlausible: Bool {
    let (month, department) = (value / 10_000_000_000 % 100, value / 100_000_000 % 100)
    let (commune, order) = (value / 100_000 % 1000, value / 100 % 1000)
    let isMonth = (1...12).contains(month) || (20...42).contains(month) || month >= 50
    return isMonth && department > 0 && commune > 0 && order > 0
  }

  /// Whether the last two digits are 97 less the remainder of the others.
  var holdsKey: Bool { 97 &- value / 100 % 97 == value % 100 }
}
