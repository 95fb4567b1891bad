internal import Bytes
internal import Formats

/// A number of a schema by itself, away from its document.
///
/// Bounds are compared as they are written: 9007199254740993 is more than 9007199254740992.
struct ExactDecimal: Equatable {
  private let text: [UInt8]
  private let number: JSONNumber

  /// The number that a text of JSON's grammar is worth.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    number = unsafe JSONNumber(checked: 0..<bytes.count, of: bytes.span.bytes)
    self.text = bytes
  }

  static func == (left: ExactDecimal, right: ExactDecimal) -> Bool { left.compared(to: right) == 0 }

  /// Whether it has no fraction.
  var isInteger: Bool {
    // SAFETY: as in `init`.
    unsafe number.isInteger(in: text.span.bytes)
  }

  /// Less than zero, zero or more than zero, as this is less than, equal to or more than the other.
  func compared(to other: ExactDecimal) -> Int {
    // SAFETY: as in `init`.
    unsafe JSONNumber.compare(number, in: text.span.bytes, to: other.number, in: other.text.span.bytes)
  }

  /// Whether it is a whole multiple of another one; `nil` when that is not positive, or has more digits than can be
  /// reckoned with.
  func isMultiple(of divisor: ExactDecimal) -> Bool? {
    // SAFETY: as in `init`.
    unsafe JSONDivisor(divisor.number, in: divisor.text.span.bytes)?.divides(number, in: text.span.bytes)
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
