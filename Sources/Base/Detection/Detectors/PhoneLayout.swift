internal import Bytes

/// How sure a national number is, by how it is laid out.
///
/// A layout that only telephone numbers have is surer than one that parts and orders have as well.
struct PhoneLayout {
  let alone: UInt8
  let inContext: UInt8

  private init(_ alone: UInt8, _ inContext: UInt8) { (self.alone, self.inContext) = (alone, inContext) }

  /// Weighs a number; `nil` when it is none.
  init?(_ number: PhoneDigits) {
    guard number.count >= 7, number.count <= 13, !number.isRepeated(from: 0), !PhoneLayout.isDate(number),
      let found = number.hasParentheses
        ? PhoneLayout.parenthesised(number)
        : number.groupCount == 1
          ? PhoneLayout.bare(number) : number[0] == 0 ? PhoneLayout.trunk(number) : PhoneLayout.grouped(number)
    else { return nil }
    self = found
  }

  /// Whether it starts with a date.
  private static func isDate(_ number: PhoneDigits) -> Bool {
    guard number.groupCount >= 3, number.separators != .blank else { return false }
    let (first, second, third) = (number.groups[0], number.groups[1], number.groups[2])
    return (first == 4 && second == 2 && third == 2) || (first == 2 && second == 2 && third == 4)
  }

  /// With an area code in parentheses.
  private static func parenthesised(_ number: PhoneDigits) -> PhoneLayout? {
    if number.isNorthAmerican(from: 0) || (number[0] == 1 && number.isNorthAmerican(from: 1)) {
      return PhoneLayout(80, 95)
    }
    if number[0] == 0, number.count >= 9, number.count <= 12 { return PhoneLayout(65, 95) }
    // Brazil: an area of two digits, eight or nine behind it.
    if number.groups[0] == 2, number[0] >= 1, number[1] >= 1, number.count >= 10, number.count <= 11 {
      return PhoneLayout(70, 95)
    }
    // Russia and its neighbours.
    if number[0] == 8, number.count == 11 { return PhoneLayout(65, 95) }
    guard number.groups[0] >= 2, number.count >= 8, number.count <= 12 else { return nil }
    return PhoneLayout(20, 80)
  }

  /// In groups behind the prefix `0` for calls within the country.
  private static func trunk(_ number: PhoneDigits) -> PhoneLayout? {
    guard number[1] != 0, number.count >= 9, number.count <= 12 else { return nil }
    if number.isGrouped(by: 2, from: 0), number.count == 10 { return PhoneLayout(65, 95) }
    if number.groups[0] == 1 {
      return number.groups[1] == 3 && number.count == 11 ? PhoneLayout(60, 94) : PhoneLayout(20, 85)
    }
    guard number.groups[0] <= 6 else { return nil }
    if number.separators.contains(.dot) {
      return number.groupCount == 3 && number.count >= 10 ? PhoneLayout(40, 90) : nil
    }
    return number.count == 10 || number.count == 11 ? PhoneLayout(55, 93) : PhoneLayout(35, 88)
  }

  /// In groups without a prefix.
  private static func grouped(_ number: PhoneDigits) -> PhoneLayout? {
    switch number.count {
    case 10:
      if number.isGrouped([3, 3, 4]) { return threeThreeFour(number) }
      if number.isGrouped([3, 3, 2, 2]) { return PhoneLayout(55, 93) }
      if number.isGrouped([5, 5]), number[0] >= 6 { return PhoneLayout(45, 92) }
      if number.isGrouped([2, 4, 4]) { return PhoneLayout(30, 88) }
    case 11:
      if number[0] == 1, number.isNorthAmerican(from: 1), number.isGrouped([1, 3, 3, 4]) { return PhoneLayout(70, 95) }
      if number[0] == 1, number[1] >= 3, number.isGrouped([3, 4, 4]) { return PhoneLayout(60, 95) }
      if number[0] >= 1, number[2] == 9, number.isGrouped([2, 5, 4]) { return PhoneLayout(60, 95) }
      if number[0] == 8, number.isGrouped([1, 3, 3, 2, 2]) { return PhoneLayout(65, 95) }
    case 9:
      if number.isGrouped([3, 2, 2, 2]) { return PhoneLayout(55, 93) }
      if number.isGrouped([2, 3, 2, 2]) { return PhoneLayout(40, 90) }
      if number.isGrouped([3, 3, 3]) { return PhoneLayout(number.separators == .blank ? 25 : 20, 88) }
    case 8:
      if number.isGrouped([3, 2, 3]) { return PhoneLayout(35, 88) }
      if number.isGrouped([2, 2, 2, 2]), number.separators == .blank { return PhoneLayout(25, 87) }
      if number.isGrouped([4, 4]) { return PhoneLayout(8, 75) }
    case 7:
      return number.isGrouped([3, 4]) && number.separators == .hyphen ? PhoneLayout(8, 78) : nil
    default: break
    }
    let isOther = number.isPlain && number.separators.isSubset(of: [.blank, .hyphen]) && number.count >= 8
    return isOther && number.count <= 12 ? PhoneLayout(5, 75) : nil
  }

  /// In the layout of North America, which others have too.
  private static func threeThreeFour(_ number: PhoneDigits) -> PhoneLayout {
    guard number.isNorthAmerican(from: 0) else { return PhoneLayout(number[0] == 3 ? 40 : 20, 90) }
    if number.separators == .hyphen { return PhoneLayout(62, 95) }
    return PhoneLayout(number.separators == .dot ? 50 : 45, 93)
  }

  /// In one piece.
  private static func bare(_ number: PhoneDigits) -> PhoneLayout? {
    let (first, second) = (number[0], number[1])
    switch number.count {
    case 11 where first == 0:
      guard second != 0 else { return nil }
      let isMobile = second == 7 || second == 9 || (second == 5 && number[2] >= 3) || (second == 1 && number[2] >= 5)
      return PhoneLayout(isMobile ? 50 : 10, 90)
    case 12 where first == 0 && second == 1 && number[2] >= 5: return PhoneLayout(15, 85)
    case 11 where first == 1:
      return number.isNorthAmerican(from: 1) || second >= 3 ? PhoneLayout(10, 87) : nil
    case 11 where number[2] == 9: return PhoneLayout(6, 85)
    case 10 where first == 0: return second != 0 ? PhoneLayout(8, 87) : nil
    case 10 where first >= 2: return PhoneLayout(6, 86)
    case 9 where first >= 2: return PhoneLayout(4, 82)
    default: return nil
    }
  }
}
