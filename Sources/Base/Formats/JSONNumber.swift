internal import Bytes

/// A JSON number with all of its digits: `mantissa` × 10 ^ `exponent`, exactly.
///
/// A number of more than 18 digits is `isWide`: its value is read from its text, wherever it is asked for.
public struct JSONNumber: BitwiseCopyable, Sendable {
  /// Its digits without the point, signed; 0 for a wide one.
  public let mantissa: Int64
  /// The power of ten that they are multiplied by.
  public let exponent: Int32
  /// Where its text starts.
  public let start: UInt32
  /// Where its text ends.
  public let end: UInt32
  /// Whether its digits don't fit.
  public let isWide: Bool

  /// The most digits that a mantissa holds.
  @usableFromInline static var digitsMax: Int { 18 }
  /// Beyond this exponents are all the same: ten to this power is more than any text could write out.
  @usableFromInline static var exponentMax: Int { 1 << 28 }

  /// The number whose digits were read, and where they stand.
  @inlinable @inline(__always)
  init(_ digits: UInt64, count: Int, isNegative: Bool, exponent: Int, _ range: Range<Int>) {
    isWide = count > JSONNumber.digitsMax
    let magnitude = isWide ? 0 : Int64(truncatingIfNeeded: digits)
    mantissa = isNegative ? 0 &- magnitude : magnitude
    self.exponent = Int32(truncatingIfNeeded: max(-JSONNumber.exponentMax, min(exponent, JSONNumber.exponentMax)))
    (start, end) = (UInt32(truncatingIfNeeded: range.lowerBound), UInt32(truncatingIfNeeded: range.upperBound))
  }

  /// The number that stands in a part of a text, where it was found to be one.
  public init(checked range: Range<Int>, of text: RawSpan) {
    let isNegative = text.byte(range.lowerBound) == UInt8(ascii: "-")
    var place = isNegative ? range.lowerBound + 1 : range.lowerBound
    var (digits, count, exponent, hasPoint) = (UInt64(0), 0, 0, false)
    while place < range.upperBound, text.byte(place) | 0x20 != UInt8(ascii: "e") {
      if text.byte(place) == UInt8(ascii: ".") {
        hasPoint = true
      } else {
        digits = digits &* 10 &+ UInt64(text.byte(place) &- UInt8(ascii: "0"))
        count += 1
        exponent -= hasPoint ? 1 : 0
      }
      place += 1
    }
    if place < range.upperBound {
      let sign = text.byte(place + 1)
      place += sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? 2 : 1
      var written = 0
      while place < range.upperBound {
        written = min(written * 10 + Int(text.byte(place) - UInt8(ascii: "0")), JSONNumber.exponentMax)
        place += 1
      }
      exponent += sign == UInt8(ascii: "-") ? -written : written
    }
    self.init(digits, count: count, isNegative: isNegative, exponent: exponent, range)
  }

  /// Whether it has no fraction: 1.0 and 1e2 have none.
  ///
  /// Source: JSON Schema Validation 2020-12 §6.1.1.
  @inlinable @inline(__always) public func isInteger(in text: RawSpan) -> Bool {
    if exponent >= 0, !isWide { return true }
    return isWhole(in: text)
  }
  @usableFromInline func isWhole(in text: RawSpan) -> Bool {
    let digits = Digits(self, in: text)
    return digits.isZero || digits.lastExponent >= 0
  }

  /// Less than zero, zero or more than zero, as the first one is less than, equal to, or more than the second.
  ///
  /// Cost: a few instructions for up to 18 digits, else a pass over the digits.
  @inlinable @inline(__always)
  public static func compare(_ left: JSONNumber, in text: RawSpan, to right: JSONNumber, in other: RawSpan) -> Int {
    var distance = Int(left.exponent) &- Int(right.exponent)
    if left.isWide || right.isWide || distance < -digitsMax || distance > digitsMax {
      return compareDigits(left, in: text, to: right, in: other)
    }
    // Both are below 10^18: a few steps bring one of them to the other's exponent, or show that it is larger.
    var (near, far) = (left.mantissa, right.mantissa)
    while distance < 0, far.magnitude < JSONNumber.scalable {
      far &*= 10
      distance &+= 1
    }
    while distance > 0, near.magnitude < JSONNumber.scalable {
      near &*= 10
      distance &-= 1
    }
    if distance == 0 { return near < far ? -1 : near == far ? 0 : 1 }
    return compareDigits(left, in: text, to: right, in: other)
  }
  /// What is below it may be multiplied by ten.
  @usableFromInline static var scalable: UInt64 { 900_000_000_000_000_000 }

  @usableFromInline
  static func compareDigits(_ left: JSONNumber, in text: RawSpan, to right: JSONNumber, in other: RawSpan) -> Int {
    Digits.compare(Digits(left, in: text), in: text, to: Digits(right, in: other), in: other)
  }

  /// The same number where its text stands so many bytes further on.
  public func moved(by distance: Int) -> JSONNumber {
    JSONNumber(self, at: Int(start) + distance)
  }
  private init(_ other: JSONNumber, at place: Int) {
    (mantissa, exponent, isWide) = (other.mantissa, other.exponent, other.isWide)
    (start, end) = (UInt32(place), UInt32(place + Int(other.end - other.start)))
  }
  /// Its value if it is an integer, or the nearest one that fits.
  public func integer(in text: RawSpan) -> Int64? {
    let digits = Digits(self, in: text)
    guard !digits.isZero else { return 0 }
    guard digits.lastExponent >= 0 else { return nil }
    guard digits.firstExponent < 18 else { return digits.isNegative ? .min : .max }
    var value: Int64 = 0
    for index in 0...digits.firstExponent {
      value = value * 10 + (index < digits.count ? Int64(digits.digit(index, in: text)) : 0)
    }
    return digits.isNegative ? -value : value
  }

  /// A hash of what it is worth: equal for 1, 1.0 and 10e-1.
  public func hash(in text: RawSpan) -> UInt64 {
    let digits = Digits(self, in: text)
    guard !digits.isZero else { return 0 }
    var hash = UInt64(bitPattern: Int64(digits.firstExponent)) &* 0x9E37_79B9_7F4A_7C15 ^ (digits.isNegative ? 1 : 0)
    for index in 0..<digits.count {
      hash = (hash ^ UInt64(digits.digit(index, in: text))) &* 0x0000_0100_0000_01B3
    }
    return hash ^ hash >> 29
  }

  /// The significant digits of a number's text, from the first to the last that is not 0.
  struct Digits {
    private(set) var isNegative = false
    /// How many there are; none when it is zero.
    private(set) var count = 0
    /// The power of ten of the first one.
    private(set) var firstExponent = 0
    private var first = 0
    private var point = 0

    init(_ number: JSONNumber, in text: RawSpan) {
      let end = Int(number.end)
      var place = Int(number.start)
      isNegative = text.byte(place) == UInt8(ascii: "-")
      if isNegative { place += 1 }
      let start = place
      var (last, hasPoint) = (-1, false)
      first = -1
      point = end
      while place < end {
        let byte = text.byte(place)
        if byte == UInt8(ascii: ".") {
          (point, hasPoint) = (place, true)
        } else if byte | 0x20 == UInt8(ascii: "e") {
          break
        } else if byte != UInt8(ascii: "0") {
          if first < 0 { first = place }
          last = place
        }
        place += 1
      }
      if !hasPoint { point = place }
      guard first >= 0 else { return }
      count = last - first + 1 - (first < point && point < last ? 1 : 0)
      // The exponent of the text counts the digits behind the point; the one that is written does not.
      let fraction = hasPoint ? place - point - 1 : 0
      let written = Int(number.exponent) + fraction
      firstExponent = written + (first < point ? point - first - 1 : point - first)
      require(first >= start, "significant digits are among the digits")
    }
    var isZero: Bool { count == 0 }
    /// The power of ten of the last one.
    var lastExponent: Int { firstExponent - count + 1 }

    /// One of them, 0 to 9.
    func digit(_ index: Int, in text: RawSpan) -> UInt8 {
      let place = first + index
      return text.byte(first < point && place >= point ? place + 1 : place) - UInt8(ascii: "0")
    }

    static func compare(_ left: Digits, in text: RawSpan, to right: Digits, in other: RawSpan) -> Int {
      if left.isZero || right.isZero {
        return left.isZero ? (right.isZero ? 0 : right.isNegative ? 1 : -1) : left.isNegative ? -1 : 1
      }
      guard left.isNegative == right.isNegative else { return left.isNegative ? -1 : 1 }
      let larger = left.isNegative ? -1 : 1
      guard left.firstExponent == right.firstExponent else {
        return left.firstExponent > right.firstExponent ? larger : -larger
      }
      for index in 0..<max(left.count, right.count) {
        let digit = index < left.count ? left.digit(index, in: text) : 0
        let against = index < right.count ? right.digit(index, in: other) : 0
        if digit != against { return digit > against ? larger : -larger }
      }
      return 0
    }
  }
}

/// What numbers may have to be multiples of: `mantissa` × 10 ^ `exponent`, exactly.
public struct JSONDivisor: BitwiseCopyable, Sendable {
  /// Its digits without zeros at the end.
  private let mantissa: UInt128
  private let exponent: Int

  /// The divisor that a number is; `nil` when it is not positive or has more than 37 significant digits.
  public init?(_ number: JSONNumber, in text: RawSpan) {
    let digits = JSONNumber.Digits(number, in: text)
    guard !digits.isZero, !digits.isNegative, digits.count <= 37 else { return nil }
    var mantissa: UInt128 = 0
    for index in 0..<digits.count { mantissa = mantissa * 10 + UInt128(digits.digit(index, in: text)) }
    (self.mantissa, exponent) = (mantissa, digits.lastExponent)
  }

  /// Whether it divides a number without a rest.
  ///
  /// Cost: a few instructions for small integers, else a division a digit.
  @inline(__always) public func divides(_ number: JSONNumber, in text: RawSpan) -> Bool {
    if exponent >= 0, number.exponent == 0, !number.isWide, exponent < 19, mantissa < 1 << 62 {
      var scaled = mantissa
      for _ in 0..<exponent { scaled *= 10 }
      return UInt128(number.mantissa.magnitude) % scaled == 0
    }
    return dividesExactly(number, in: text)
  }
  private func dividesExactly(_ number: JSONNumber, in text: RawSpan) -> Bool {
    let digits = JSONNumber.Digits(number, in: text)
    guard !digits.isZero else { return true }
    // Its last digit is not 0, so below the divisor's exponent it is no multiple of a power of ten.
    guard digits.lastExponent >= exponent else { return false }
    var rest: UInt128 = 0
    for index in 0..<digits.count { rest = (rest * 10 + UInt128(digits.digit(index, in: text))) % mantissa }
    // 37 digits have fewer than 128 factors of two and of five: more zeros change nothing.
    for _ in 0..<min(digits.lastExponent - exponent, 128) where rest != 0 { rest = rest * 10 % mantissa }
    return rest == 0
  }
}
