internal import Bytes

/// Fiscal codes of persons in Italy: name, date, sex and place of birth, and a letter that checks them.
///
///     MRTMTT91D08F205J
///     sssnnnyymddpppsc   surname, name, year, month, day (women's with 40 more), place, check
///
/// Where two persons would have the same, letters stand for digits from the right (omocodia).
/// Source: Decreto ministeriale 23 dicembre 1976.
enum ItalianFiscalCode: Detector {
  static var type: PersonalType { .itFiscalCode }
  static var triggers: [Trigger] { [.mixed(16...16), .letters(16...16), .followed(by: " ", .letters(3...3))] }
  static var words: [StaticString] {
    ["codice fiscale", "cod fisc", "cod fiscale", "cf", "fiscal code"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard token.count == 16 || text.byteOrZero(token.start &+ 7) == UInt8(ascii: " "),
      let code = FiscalCode(text, at: token.start), code.isPlausible
    else { return nil }
    let range = token.start..<code.end
    guard text.isWhole(range) else { return nil }
    guard code.holdsCheck else { return Match(range, alone: 25, inContext: 75) }
    return Match(range, alone: text.byte(token.start).isUppercase ? 95 : 85, inContext: 99)
  }
}

/// The 16 characters of a code in upper case, with digits where letters stand for them.
private struct FiscalCode {
  private var characters = InlineArray<16, UInt8>(repeating: 0)
  private var sum = 0
  private(set) var end: Int

  /// Reads a code with or without blanks between surname, name, birth and place.
  init?(_ text: RawSpan, at start: Int) {
    end = start
    let isGrouped = text.byteOrZero(start &+ 3) == UInt8(ascii: " ")
    for index in 0..<16 {
      if isGrouped, index == 3 || index == 6 || index == 11 {
        guard text.byteOrZero(end) == UInt8(ascii: " ") else { return nil }
        end &+= 1
      }
      let byte = text.byteOrZero(end).uppercased
      sum &+= FiscalCode.weight(byte, isOdd: index % 2 == 0, isLast: index == 15)
      switch index {
      case 6, 7, 9, 10, 12, 13, 14:
        guard let digit = byte.isDigit ? byte &- 0x30 : FiscalCode.digit(for: byte) else { return nil }
        characters[index] = digit
      default:
        guard byte.isUppercase else { return nil }
        characters[index] = byte
      }
      end &+= 1
    }
  }

  /// Whether there are such names, such a month and such a day.
  var isPlausible: Bool {
    let month: Int
    switch characters[8] {
    case 0x41...0x45: month = Int(characters[8] &- 0x40)  // A to E
    case 0x48: month = 6  // H
    case 0x4C, 0x4D: month = Int(characters[8] &- 0x4C) &+ 7  // L, M
    case 0x50: month = 9  // P
    case 0x52...0x54: month = Int(characters[8] &- 0x52) &+ 10  // R to T
    default: return false
    }
    let day = Int(characters[9]) &* 10 &+ Int(characters[10])
    return CalendarDay.exists(month: month, day: day > 40 ? day &- 40 : day) && isName(0) && isName(3)
  }

  /// Whether three letters are consonants, then vowels, then X in place of what is missing.
  private func isName(_ start: Int) -> Bool {
    var hasVowel = false
    for index in start..<start &+ 3 {
      switch characters[index] {
      case 0x41, 0x45, 0x49, 0x4F, 0x55: hasVowel = true
      case 0x58: break
      default: if hasVowel { return false }
      }
    }
    return true
  }

  /// Whether the last letter is the one that the others sum up to.
  var holdsCheck: Bool { sum % 26 == Int(characters[15]) &- 0x41 }

  /// The digit that a letter stands for.
  private static func digit(for letter: UInt8) -> UInt8? {
    switch letter {
    case 0x4C...0x4E: letter &- 0x4C  // L to N
    case 0x50...0x56: letter &- 0x50 &+ 3  // P to V
    default: nil
    }
  }

  /// What a character adds to the sum: at even places its rank, at odd ones what the decree says.
  private static func weight(_ byte: UInt8, isOdd: Bool, isLast: Bool) -> Int {
    guard !isLast, byte.isDigit || byte.isUppercase else { return 0 }
    let rank = Int(byte.isDigit ? byte &- 0x30 : byte &- 0x41)
    return isOdd ? Int(odd[rank]) : rank
  }
  private static let odd: InlineArray<26, UInt8> = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
  ]
}
