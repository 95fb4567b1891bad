/// A number of a schema with all of its digits: `digits` behind a point, times ten to the power of `exponent`.
///
/// Bounds are compared as they are written: 9007199254740993 is more than 9007199254740992.
struct ExactDecimal: Equatable {
  private let isNegative: Bool
  /// From the first to the last that is not 0; none for zero.
  private let digits: [UInt8]
  /// The power of ten of the place before the first one.
  private let exponent: Int

  /// Beyond this exponents are all the same.
  private static let exponentMax = 1 << 40

  /// The number that a text of JSON's grammar is worth.
  init(_ text: String) {
    var written: [UInt8] = []
    var (point, power) = (Int?.none, 0)
    let bytes = Array(text.utf8)
    let end = bytes.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? bytes.count
    for byte in bytes[..<end] {
      if byte == UInt8(ascii: ".") { point = written.count }
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { written.append(byte - UInt8(ascii: "0")) }
    }
    if end < bytes.count {
      let isBelow = bytes[end...].contains(UInt8(ascii: "-"))
      for byte in bytes[end...] where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        power = min(power * 10 + Int(byte - UInt8(ascii: "0")), ExactDecimal.exponentMax)
      }
      if isBelow { power = -power }
    }
    let first = written.firstIndex { $0 != 0 } ?? written.count
    let last = (written.lastIndex { $0 != 0 } ?? first - 1) + 1
    digits = Array(written[first..<max(first, last)])
    exponent = digits.isEmpty ? 0 : (point ?? written.count) - first + power
    isNegative = !digits.isEmpty && bytes.first == UInt8(ascii: "-")
  }

  /// Whether it has no fraction.
  var isInteger: Bool { digits.count <= exponent || digits.isEmpty }

  /// Less than zero, zero or more than zero, as this is less than, equal to or more than the other.
  func compared(to other: ExactDecimal) -> Int {
    if self == other { return 0 }
    guard !digits.isEmpty else { return other.isNegative ? 1 : -1 }
    guard !other.digits.isEmpty, isNegative == other.isNegative else { return isNegative ? -1 : 1 }
    let larger = isNegative ? -1 : 1
    if exponent != other.exponent { return exponent > other.exponent ? larger : -larger }
    // Without zeros at their ends, digits of the same exponent are ordered like words.
    return digits.lexicographicallyPrecedes(other.digits) ? -larger : larger
  }

  /// Whether it is a whole multiple of another one; `nil` when that one has more digits than can be reckoned with.
  func isMultiple(of divisor: ExactDecimal) -> Bool? {
    guard !digits.isEmpty else { return true }
    guard !divisor.digits.isEmpty, divisor.digits.count <= 37 else { return nil }
    let mantissa = divisor.digits.reduce(UInt128(0)) { $0 * 10 + UInt128($1) }
    // Its last digit is not 0, so below the divisor's last place it is no multiple.
    let zeros = (exponent - digits.count) - (divisor.exponent - divisor.digits.count)
    guard zeros >= 0 else { return false }
    var rest = digits.reduce(UInt128(0)) { ($0 * 10 + UInt128($1)) % mantissa }
    // 37 digits have fewer than 128 factors of two and of five: more zeros change nothing.
    for _ in 0..<min(zeros, 128) where rest != 0 { rest = rest * 10 % mantissa }
    return rest == 0
  }
}

/// The least or the largest number that a schema allows.
struct NumberBound {
  let value: ExactDecimal
  /// Whether the number itself is out.
  let isExclusive: Bool

  /// Whether a lower bound leaves nothing out that another lets in.
  func isAtMost(_ other: NumberBound) -> Bool {
    let order = value.compared(to: other.value)
    return order < 0 || (order == 0 && (!isExclusive || other.isExclusive))
  }
  /// Whether an upper bound leaves nothing out that another lets in.
  func isAtLeast(_ other: NumberBound) -> Bool {
    let order = value.compared(to: other.value)
    return order > 0 || (order == 0 && (!isExclusive || other.isExclusive))
  }
}
