internal import Bytes

/// Machine readable zones of passports, visas and identity cards.
///
///     P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
///     L898902C36UTO7408122F1204159ZE184226B<<<<<10
///
/// Two lines of 44 (TD3) or of 36 characters (TD2), or three of 30 (TD1). Between two is a line break, a blank or
/// nothing. Of a pair either line is found alone too. Source: ICAO Doc 9303, parts 3 to 7.
enum PassportMRZ: Detector {
  static var type: PersonalType { .passportMRZ }
  static var triggers: [Trigger] { [.byte(MachineLine.filler), .mixed(44...44)] }
  static var words: [StaticString] {
    ["mrz", "passport", "machine readable zone", "reisepass", "passeport", "pasaporte", "passaporto", "passaporte"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    // Only the first filler of a line is looked at.
    var start = token.start
    while start > 0, MachineLine.isCharacter(text.byte(start &- 1)) {
      guard text.byte(start &- 1) != MachineLine.filler, token.start &- start < 44 else { return nil }
      start &-= 1
    }
    guard token.count > 0 || start < token.start, start == 0 || !text.byte(start &- 1).isLetter,
      let line = MachineLine(text, at: start)
    else { return nil }
    let match = line.count == 30 ? card(text, from: line) : pair(text, from: line)
    guard let match, match.end == text.byteCount || !text.byte(match.end).isLetter else { return nil }
    return match
  }

  /// Matches a line with names and the line with data behind it, or one of them.
  private static func pair(_ text: RawSpan, from line: MachineLine) -> Match? {
    if let confidence = line.data(of: text) { return Match(line.range, alone: confidence, inContext: 99) }
    guard line.isDocument(in: text), line.hasNames(in: text, from: 5) else { return nil }
    guard let second = line.next(in: text), second.data(of: text) != nil else {
      return Match(line.range, alone: 85, inContext: 97)
    }
    return Match(line.start..<second.end, alone: 99, inContext: 99)
  }

  /// Matches three lines: the number, the data, the names.
  private static func card(_ text: RawSpan, from line: MachineLine) -> Match? {
    guard line.isDocument(in: text), let second = line.next(in: text), let third = second.next(in: text),
      third.hasNames(in: text, from: 0), second.isBirthAndExpiry(in: text, from: 0),
      line.holds(in: text, 5..<14) || text.byte(line.start &+ 14) == MachineLine.filler
    else { return nil }
    return Match(line.start..<third.end, alone: 99, inContext: 99)
  }
}

/// One line of such a zone: 30, 36 or 44 of the letters A to Z, digits and `<`.
private struct MachineLine {
  let start: Int
  let count: Int

  var end: Int { start &+ count }
  var range: Range<Int> { start..<end }

  static let filler = UInt8(ascii: "<")

  @inline(__always) static func isCharacter(_ byte: UInt8) -> Bool {
    byte.isUppercase || byte.isDigit || byte == filler
  }

  /// Measures the line that starts at a place; `nil` when it has none of the lengths.
  init?(_ text: RawSpan, at start: Int) {
    var end = start
    while end < text.byteCount, end &- start <= 90, MachineLine.isCharacter(text.byte(end)) { end &+= 1 }
    switch end &- start {
    case 44, 88: count = 44
    case 36, 72: count = 36
    // Three lines in one run, or the last two of them.
    case 30, 60, 90: count = 30
    default: return nil
    }
    self.start = start
  }

  /// The line behind it that is as long.
  func next(in text: RawSpan) -> MachineLine? {
    var place = end
    if text.byteOrZero(place) == UInt8(ascii: "\r") { place &+= 1 }
    if text.byteOrZero(place) == UInt8(ascii: "\n") || text.byteOrZero(place) == UInt8(ascii: " ") { place &+= 1 }
    guard let line = MachineLine(text, at: place), line.count == count else { return nil }
    return line
  }

  /// Whether it starts with a kind of document and the state that issued it.
  func isDocument(in text: RawSpan) -> Bool {
    switch text.byte(start) {
    case UInt8(ascii: "P"), UInt8(ascii: "V"), UInt8(ascii: "I"), UInt8(ascii: "A"), UInt8(ascii: "C"): break
    default: return false
    }
    for place in start &+ 1..<start &+ 5 where text.byte(place).isDigit { return false }
    return text.byte(start &+ 2).isUppercase
  }

  /// Whether all from a place on is letters in one or several names, and what is left is filled.
  func hasNames(in text: RawSpan, from offset: Int) -> Bool {
    guard text.byte(start &+ offset).isUppercase else { return false }
    var hasGap = false
    for place in start &+ offset..<end {
      let byte = text.byte(place)
      guard !byte.isDigit else { return false }
      if byte == MachineLine.filler, text.byte(place &- 1) == MachineLine.filler { hasGap = true }
    }
    return hasGap
  }

  /// How sure it is that this is the second line of a pair; `nil` when a check digit does not hold.
  func data(of text: RawSpan) -> UInt8? {
    guard holds(in: text, 0..<9), isBirthAndExpiry(in: text, from: 13), !text.byte(start &+ 10).isDigit,
      text.byte(start).isDigit || text.byte(start).isUppercase
    else { return nil }
    // Visas do not have the last digit, which checks all the others.
    var sum = weigh(text, 0..<10, from: 0)
    sum &+= weigh(text, 13..<20, from: 10)
    sum &+= weigh(text, 21..<count &- 1, from: 17)
    return UInt8(sum % 10) == text.byte(end &- 1) &- 0x30 ? 99 : 85
  }

  /// Whether there are a birth date, a sex and an expiry date with their check digits.
  func isBirthAndExpiry(in text: RawSpan, from offset: Int) -> Bool {
    guard holds(in: text, offset..<offset &+ 6), holds(in: text, offset &+ 8..<offset &+ 14),
      isDate(in: text, at: offset), isDate(in: text, at: offset &+ 8)
    else { return false }
    switch text.byte(start &+ offset &+ 7) {
    case UInt8(ascii: "M"), UInt8(ascii: "F"), UInt8(ascii: "X"), MachineLine.filler: return true
    default: return false
    }
  }

  /// Whether six characters are a day, of which parts may be unknown.
  private func isDate(in text: RawSpan, at offset: Int) -> Bool {
    var value = 0
    for place in start &+ offset..<start &+ offset &+ 6 {
      let byte = text.byte(place)
      if byte == MachineLine.filler { return true }
      guard byte.isDigit else { return false }
      value = value &* 10 &+ Int(byte &- 0x30)
    }
    return CalendarDay.exists(month: value / 100 % 100, day: value % 100)
  }

  /// Whether the character behind some others is their check digit.
  func holds(in text: RawSpan, _ range: Range<Int>) -> Bool {
    let check = text.byte(start &+ range.upperBound)
    return check.isDigit && weigh(text, range, from: 0) % 10 == Int(check &- 0x30)
  }

  /// The sum of characters with the weights 7, 3 and 1, the first of which has the given turn.
  ///
  /// Source: ICAO Doc 9303 part 3, 4.9.
  private func weigh(_ text: RawSpan, _ range: Range<Int>, from turn: Int) -> Int {
    let weights: InlineArray<3, Int> = [7, 3, 1]
    var (sum, turn) = (0, turn)
    for offset in range {
      let byte = text.byte(start &+ offset)
      let value = byte.isDigit ? Int(byte &- 0x30) : byte.isUppercase ? Int(byte &- 0x41) &+ 10 : 0
      sum &+= value &* weights[turn % 3]
      turn &+= 1
    }
    return sum
  }
}
