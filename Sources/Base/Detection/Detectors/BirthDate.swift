internal import Bytes

/// Days of birth: dates that a word beside them or the name of their member tells to be one.
///
///     1984-03-17   17.03.1984   3/17/84   17 March 1984   March 17, 1984   1984年3月17日   19840317
///
/// A date alone is nothing: telemetry is full of them. In texts the year has four digits.
enum BirthDate: Detector {
  static var type: PersonalType { .birthDate }
  static var triggers: [Trigger] { [.value, .digits(4...4), .wide(14...17)] }
  static var words: [StaticString] {
    [
      "birth date", "birth day", "date of birth", "birth", "dob", "d o b", "born", "born on", "bday", "geburtsdatum",
      "geburtstag", "geboren", "geb", "date de naissance", "naissance", "datenaissance", "ne le", "nee le",
      "fecha de nacimiento", "fecha nacimiento", "nacimiento", "nacido", "nacida", "data di nascita", "data nascita",
      "nascita", "nato il", "nata il", "data de nascimento", "data nascimento", "nascimento", "nascido", "nascida",
      "geboortedatum", "geboorte", "data urodzenia", "urodzenia", "urodzony", "urodzona", "fodelsedatum", "fodelsedag",
      "fodd", "fodselsdato", "syntymaaika", "syntymapaiva", "syntynyt", "дата рождения", "生年月日", "誕生日", "出生日期",
      "出生年月日", "생년월일", "जन्म तिथि",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    if token.digits == 0 { return value(text, token) }
    guard token.digits == token.count else {
      guard let end = DateForm.ideographic(text, from: token.start), end == token.end,
        !DateForm.hasTime(text, behind: end)
      else { return nil }
      return Match(token.start..<end, alone: 5, inContext: 88)
    }
    guard DateForm.isYear(text, token.start), !text.byteOrZero(token.end).isWord,
      // The moment of an event, told at once by its form.
      !DateForm.hasTime(text, behind: token.start &+ 10),
      let range = DateForm.yearFirst(text, token.start) ?? DateForm.yearLast(text, token.start),
      !DateForm.hasTime(text, behind: range.upperBound)
    else { return nil }
    return Match(range, alone: 5, inContext: 85)
  }

  /// Matches a whole value that is a date, with or without a time of day behind it.
  private static func value(_ text: RawSpan, _ token: Token) -> Match? {
    let start = text.end(from: token.start) { $0.isBlank }
    guard start < token.end, token.count <= 48 else { return nil }
    let end = DateForm.end(text, from: start)
    guard end > start, end == token.end || DateForm.isTime(text, end..<token.end) else { return nil }
    return Match(start..<token.end, alone: 5, inContext: 92)
  }
}

/// The forms in which days are written.
private enum DateForm {
  /// Where the date ends that starts at a place, in any of the forms; the place itself when there is none.
  static func end(_ text: RawSpan, from start: Int) -> Int {
    let digits = text.end(from: start) { $0.isDigit } &- start
    if digits == 8, start &+ 8 == text.byteCount { return isPacked(text, start) ? start &+ 8 : start }
    if digits == 4, isYear(text, start) {
      return yearFirst(text, start)?.upperBound ?? ideographic(text, from: start) ?? start
    }
    // The year stands at the end, and the date goes back to the start.
    var place = start
    while place < text.byteCount, place &- start < 32 {
      let end = text.end(from: place) { $0.isDigit }
      if end &- place == 4, isYear(text, place), let range = yearLast(text, place), range.lowerBound == start {
        return end
      }
      place = max(end, place &+ 1)
    }
    return digits == 1 || digits == 2 ? shortYear(text, start) : start
  }

  /// Whether four digits are a year in which somebody who lives may be born.
  @inline(__always) static func isYear(_ text: RawSpan, _ place: Int) -> Bool {
    guard place &+ 4 <= text.byteCount else { return false }
    guard text.byte(place &+ 2).isDigit, text.byte(place &+ 3).isDigit else { return false }
    let (first, second) = (text.byte(place), text.byte(place &+ 1))
    if first == UInt8(ascii: "1") { return second == UInt8(ascii: "9") }
    return first == UInt8(ascii: "2") && second == UInt8(ascii: "0") && text.byte(place &+ 2) < UInt8(ascii: "3")
  }

  /// `1984-03-17`, `1984/3/17`, `1984.03.17`.
  static func yearFirst(_ text: RawSpan, _ start: Int) -> Range<Int>? {
    let mark = text.byteOrZero(start &+ 4)
    guard isMark(mark), isStart(text, start) else { return nil }
    let monthEnd = text.end(from: start &+ 5) { $0.isDigit }
    guard text.byteOrZero(monthEnd) == mark else { return nil }
    let end = text.end(from: monthEnd &+ 1) { $0.isDigit }
    guard isDay(text, monthEnd &+ 1..<end, ofMonth: start &+ 5..<monthEnd), isEnd(text, end) else { return nil }
    return start..<end
  }

  /// `17.03.1984`, `3/17/1984`, `17 March 1984`, `17. März 1984`, `March 17th, 1984`, given where the year is.
  static func yearLast(_ text: RawSpan, _ year: Int) -> Range<Int>? {
    guard isEnd(text, year &+ 4) else { return nil }
    let mark = text.byteOrZero(year &- 1)
    if isMark(mark) {
      let second = text.start(before: year &- 1, most: 3) { $0.isDigit }
      if second < year &- 1, text.byteOrZero(second &- 1) == mark {
        let first = text.start(before: second &- 1, most: 3) { $0.isDigit }
        let (one, two) = (first..<second &- 1, second..<year &- 1)
        guard isStart(text, first), isDay(text, one, ofMonth: two) || isDay(text, two, ofMonth: one) else { return nil }
        return first..<year &+ 4
      }
    }
    guard let start = named(text, before: year), isStart(text, start) else { return nil }
    return start..<year &+ 4
  }

  /// Where a day and a month's name start that stand before a year, in either order.
  private static func named(_ text: RawSpan, before year: Int) -> Int? {
    let end = passGap(text, before: year)
    guard end < year else { return nil }
    if let day = day(text, before: end) {
      let monthEnd = passGap(text, before: day)
      let month = text.start(before: monthEnd, most: 24) { $0.isWord }
      return MonthName.isOne(text, month..<monthEnd) ? month : nil
    }
    let month = text.start(before: end, most: 24) { $0.isWord }
    guard MonthName.isOne(text, month..<end) else { return nil }
    return day(text, before: passGap(text, before: month))
  }
  /// Where a day starts that ends before a place, such as `17` or `17th`.
  private static func day(_ text: RawSpan, before end: Int) -> Int? {
    let suffix = text.start(before: end, most: 3) { $0.isLetter }
    let start = text.start(before: suffix, most: 3) { $0.isDigit }
    guard suffix == end || end &- suffix == 2, isDay(number: start..<suffix, text) else { return nil }
    return start
  }
  /// Where the part of a date ends before a place, blanks and marks and a small word between them aside.
  private static func passGap(_ text: RawSpan, before place: Int) -> Int {
    let end = text.start(before: place, most: 3, while: isGap)
    guard end < place, text.byteOrZero(end &- 3) == UInt8(ascii: " ") else { return end }
    guard text.has("de", at: end &- 2) || text.has("of", at: end &- 2) else { return end }
    return text.start(before: end &- 2, most: 3, while: isGap)
  }

  /// `1984年3月17日`, with the Chinese and Japanese or the Korean signs.
  static func ideographic(_ text: RawSpan, from start: Int) -> Int? {
    guard isYear(text, start), let month = behind("年", "년", text, start &+ 4) else { return nil }
    let monthEnd = text.end(from: month) { $0.isDigit }
    guard let day = behind("月", "월", text, monthEnd) else { return nil }
    let dayEnd = text.end(from: day) { $0.isDigit }
    guard isDay(text, day..<dayEnd, ofMonth: month..<monthEnd) else { return nil }
    return behind("日", "일", text, dayEnd)
  }
  private static func behind(_ sign: StaticString, _ other: StaticString, _ text: RawSpan, _ place: Int) -> Int? {
    text.has(sign, at: place) || text.has(other, at: place) ? place &+ 3 : nil
  }

  /// `19840317`, or `17031984`.
  private static func isPacked(_ text: RawSpan, _ start: Int) -> Bool {
    if isYear(text, start) { return isDay(text, start &+ 6..<start &+ 8, ofMonth: start &+ 4..<start &+ 6) }
    let (one, two) = (start..<start &+ 2, start &+ 2..<start &+ 4)
    return isYear(text, start &+ 4) && (isDay(text, one, ofMonth: two) || isDay(text, two, ofMonth: one))
  }

  /// Where `17.03.84` ends; the start when there is none.
  private static func shortYear(_ text: RawSpan, _ start: Int) -> Int {
    let firstEnd = text.end(from: start) { $0.isDigit }
    let mark = text.byteOrZero(firstEnd)
    let secondEnd = text.end(from: firstEnd &+ 1) { $0.isDigit }
    guard isMark(mark), text.byteOrZero(secondEnd) == mark else { return start }
    let end = text.end(from: secondEnd &+ 1) { $0.isDigit }
    let (one, two) = (start..<firstEnd, firstEnd &+ 1..<secondEnd)
    let isDate = end &- secondEnd == 3 && (isDay(text, one, ofMonth: two) || isDay(text, two, ofMonth: one))
    return isDate ? end : start
  }

  /// Whether a time of day other than midnight follows.
  @inline(__always) static func hasTime(_ text: RawSpan, behind place: Int) -> Bool {
    guard place &+ 6 <= text.byteCount, text.byte(place &+ 3) == UInt8(ascii: ":") else { return false }
    let (hour, minute) = (text.integer(UInt16.self, at: place &+ 1), text.integer(UInt16.self, at: place &+ 4))
    // Two digits each, in ASCII.
    let midnight: UInt16 = 0x3030
    return hour & 0xF0F0 == midnight && minute & 0xF0F0 == midnight && (hour != midnight || minute != midnight)
  }

  /// Whether a part is a time of day behind a date: `T00:00:00Z`, ` 00:00`.
  static func isTime(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    let first = text.byte(part.lowerBound)
    guard part.count >= 6, part.count <= 30, first | 0x20 == UInt8(ascii: "t") || first == UInt8(ascii: " "),
      text.byte(part.lowerBound &+ 1).isDigit, text.byte(part.lowerBound &+ 3) == UInt8(ascii: ":")
    else { return false }
    for place in part.lowerBound &+ 1..<part.upperBound {
      let byte = text.byte(place)
      let isMark = byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
      let isSign = isMark || byte == UInt8(ascii: "-") || byte | 0x20 == UInt8(ascii: "z")
      guard byte.isDigit || isSign else { return false }
    }
    return true
  }

  private static func isDay(_ text: RawSpan, _ day: Range<Int>, ofMonth month: Range<Int>) -> Bool {
    guard isDay(number: day, text), month.count == 1 || month.count == 2 else { return false }
    let number = number(text, month.lowerBound, month.count)
    return number >= 1 && number <= 12
  }
  private static func isDay(number day: Range<Int>, _ text: RawSpan) -> Bool {
    guard day.count == 1 || day.count == 2 else { return false }
    let number = number(text, day.lowerBound, day.count)
    return number >= 1 && number <= 31
  }
  /// A number of some bytes that are digits; too large when they are none.
  private static func number(_ text: RawSpan, _ place: Int, _ count: Int) -> Int {
    var number = 0
    for offset in place..<place &+ count {
      let byte = text.byteOrZero(offset)
      guard byte.isDigit else { return 10_000 }
      number = number &* 10 &+ Int(byte &- 0x30)
    }
    return number
  }
  private static func isMark(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".")
  }
  /// Whether a byte may part the day, the month's name and the year.
  private static func isGap(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: ",") || isMark(byte)
  }
  private static func isStart(_ text: RawSpan, _ place: Int) -> Bool {
    let before = text.byteOrZero(place &- 1)
    return !before.isAlphanumeric && (!isMark(before) || !text.byteOrZero(place &- 2).isDigit)
  }
  private static func isEnd(_ text: RawSpan, _ place: Int) -> Bool {
    let behind = text.byteOrZero(place)
    guard behind | 0x20 != UInt8(ascii: "t") || !text.byteOrZero(place &+ 1).isDigit else { return true }
    return !behind.isWord && (!isMark(behind) || !text.byteOrZero(place &+ 1).isDigit)
  }
}

/// The names of months.
private enum MonthName {
  /// Whether a word is one, by its first three letters: in English, German, French, Spanish, Italian, Portuguese,
  /// Dutch, Polish, Swedish and Finnish.
  static func isOne(_ text: RawSpan, _ word: Range<Int>) -> Bool {
    guard word.count >= 3, word.count <= 14 else { return false }
    var (place, letters) = (word.lowerBound, UInt32(0))
    for _ in 0..<3 where place < word.upperBound {
      letters = letters &<< 8 | UInt32(Letter.folded(text, &place, to: word.upperBound).first)
    }
    for index in 0..<starts.count where starts[index] == letters { return true }
    return false
  }

  /// Three letters each, as a number with the last letter in its lowest byte.
  private static let starts: InlineArray<55, UInt32> = [
    0x0061_6272, 0x0061_676F, 0x0061_6F75, 0x0061_7072, 0x0061_7567, 0x0061_7672,  // abr ago aou apr aug avr
    0x0063_7A65, 0x0064_6563, 0x0064_657A, 0x0064_6963, 0x0065_6C6F, 0x0065_6E65,  // cze dec dez dic elo ene
    0x0066_6562, 0x0066_6576, 0x0067_656E, 0x0067_6975, 0x0067_7275, 0x0068_6569,  // feb fev gen giu gru hei
    0x0068_656C, 0x0068_7568, 0x006A_616E, 0x006A_6F75, 0x006A_7569, 0x006A_756C,  // hel huh jan jou jui jul
    0x006A_756E, 0x006B_6573, 0x006B_7769, 0x006C_6970, 0x006C_6973, 0x006C_6F6B,  // jun kes kwi lip lis lok
    0x006C_7567, 0x006C_7574, 0x006D_6161, 0x006D_6165, 0x006D_6167, 0x006D_6169,  // lug lut maa mae mag mai
    0x006D_616A, 0x006D_6172, 0x006D_6179, 0x006D_6569, 0x006D_7274, 0x006E_6F76,  // maj mar may mei mrt nov
    0x006F_6374, 0x006F_6B74, 0x006F_7474, 0x006F_7574, 0x0070_617A, 0x0073_6570,  // oct okt ott out paz sep
    0x0073_6574, 0x0073_6965, 0x0073_7479, 0x0073_7979, 0x0074_616D, 0x0074_6F75,  // set sie sty syy tam tou
    0x0077_727A,  // wrz
  ]
}
