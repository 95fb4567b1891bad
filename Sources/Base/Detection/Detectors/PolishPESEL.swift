internal import Bytes

/// Numbers of the Polish register of persons: date of birth, a serial number with the sex, and a check digit.
///
/// The century is in the month: 80 more for the 19th, none for the 20th, 20, 40 and 60 more for the 21st to 23rd.
/// Source: Ustawa o ewidencji ludności (2010) art. 15.
enum PolishPESEL: Detector {
  static var type: PersonalType { .plPESEL }
  static var triggers: [Trigger] { [.digits(11...11)] }
  static var words: [StaticString] {
    ["pesel", "nr pesel", "numer pesel", "ewidencyjny", "numer ewidencyjny", "personal identification number"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = GroupedNumber(text, plain: token),
      number.sum(weights: [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0, isBirthDate(number),
      number.isWhole(in: text)
    else { return nil }
    return Match(number.range, alone: 40, inContext: 98)
  }

  private static func isBirthDate(_ number: GroupedNumber) -> Bool {
    let month = number.value(2..<4)
    let century = month / 20 == 4 ? 18 : 19 &+ month / 20
    return CalendarDay.exists(
      year: century &* 100 &+ number.value(0..<2),
      month: month % 20,
      day: number.value(4..<6)
    )
  }
}
