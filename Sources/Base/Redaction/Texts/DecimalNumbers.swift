internal import Bytes

/// One number or several in a row, as text: `48.137154`, `-5`, `48.137, 11.575`.
struct DecimalNumbers: ~Escapable {
  private let text: RawSpan

  /// Numbers without exponents between which commas, semicolons and blanks stand; `nil` when the text is something
  /// else.
  @_lifetime(copy text)
  init?(_ text: RawSpan) {
    self.text = text
    var place = 0
    var isBehindNumber = false
    while place < text.byteCount {
      guard isBehindNumber else {
        guard let end = Self.number(text, place) else { return nil }
        (place, isBehindNumber) = (end, true)
        continue
      }
      let start = place
      while place < text.byteCount, Self.isSeparator(text.byte(place)) { place += 1 }
      guard place > start else { return nil }
      isBehindNumber = false
    }
    guard isBehindNumber else { return nil }
  }
  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == 0x20
  }
  /// The end of the number that starts at a place.
  private static func number(_ text: RawSpan, _ start: Int) -> Int? {
    var place = start
    if text.byte(place) == UInt8(ascii: "-") || text.byte(place) == UInt8(ascii: "+") { place += 1 }
    let first = place
    while place < text.byteCount, text.byte(place).isDigit { place += 1 }
    guard place > first else { return nil }
    guard place < text.byteCount, text.byte(place) == UInt8(ascii: ".") else { return place }
    place += 1
    let decimal = place
    while place < text.byteCount, text.byte(place).isDigit { place += 1 }
    return place > decimal ? place : nil
  }

  /// Writes each number cut after so many decimals, towards zero.
  func write(decimals: Int, into out: inout Region) {
    let text = text
    out.write(atMost: text.byteCount) { writer in
      var place = 0
      while place < text.byteCount {
        let byte = text.byte(place)
        guard byte == UInt8(ascii: ".") else {
          writer.append(byte)
          place += 1
          continue
        }
        let start = place
        place += 1
        while place < text.byteCount, text.byte(place).isDigit { place += 1 }
        if decimals > 0 { writer.append(text.extracting(start..<min(place, start + 1 + decimals))) }
      }
    }
  }

  /// Writes the lower bound of the number's bucket; the bucket of -1 in tens is -10.
  ///
  /// - Returns: whether it is a single number that is small enough.
  func write(bucket: UInt64, into out: inout Region) -> Bool {
    let sign = text.byte(0)
    let isNegative = sign == UInt8(ascii: "-")
    var place = isNegative || sign == UInt8(ascii: "+") ? 1 : 0
    var (number, hasFraction) = (UInt64(0), false)
    while place < text.byteCount, text.byte(place).isDigit {
      guard number < 100_000_000_000_000_000 else { return false }
      number = number * 10 + UInt64(text.byte(place) - 0x30)
      place += 1
    }
    if place < text.byteCount, text.byte(place) == UInt8(ascii: ".") {
      place += 1
      while place < text.byteCount, text.byte(place).isDigit {
        hasFraction = hasFraction || text.byte(place) != 0x30
        place += 1
      }
    }
    guard place == text.byteCount else { return false }
    var bound = number / bucket * bucket
    if isNegative, bound < number || hasFraction { bound += bucket }
    out.write(atMost: 21) {
      if isNegative, bound > 0 { $0.append(UInt8(ascii: "-")) }
      $0.append(decimal: bound)
    }
    return true
  }
}
