internal import Bytes

/// International bank account numbers: a country of the registry, its length, and mod 97.
///
/// Source: ISO 13616-1, and the registry that SWIFT keeps for it.
enum IBAN: Detector {
  static var type: PersonalType { .iban }
  static var triggers: [Trigger] { [.followed(by: " -", .mixed(4...4)), .mixed(15...58)] }
  static var words: [StaticString] {
    [
      "iban", "bank account", "bank", "account number", "account", "konto", "kontonummer", "bankverbindung", "sepa",
      "rekening", "rekeningnummer", "compte", "compte bancaire", "cuenta", "conto", "conto corrente", "conta",
      "numer konta", "rachunek", "tilinumero", "kontonr", "payout", "beneficiary",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    guard text.byte(start).isLetter, text.byte(start &+ 1).isLetter, text.byte(start &+ 2).isDigit,
      text.byte(start &+ 3).isDigit
    else { return nil }
    let length = Countries.length(text.byte(start), text.byte(start &+ 1))
    guard length > 0 else { return nil }
    let (kind, _) = text.separator(at: start &+ 4)
    guard kind.isEmpty ? token.count == length : kind == .blank || kind == .hyphen,
      let end = read(text, from: start, length, with: kind), text.isWhole(start..<end, with: kind)
    else { return nil }
    return Match(start..<end, alone: 95, inContext: 99)
  }

  /// Reads to the end of the number in groups of four; `nil` when its form or its remainder is wrong.
  private static func read(_ text: RawSpan, from start: Int, _ length: Int, with kind: Separators) -> Int? {
    // The country and the check digits count as if they stood at the end.
    var (place, count, remainder) = (start &+ 4, 4, 0)
    while count < length {
      if !kind.isEmpty, count % 4 == 0 {
        let (next, width) = text.separator(at: place)
        guard next == kind else { return nil }
        place &+= width
      }
      let byte = text.byteOrZero(place)
      guard byte.isDigit || byte.isLetter else { return nil }
      remainder = append(byte, to: remainder)
      (place, count) = (place &+ 1, count &+ 1)
    }
    for place in start..<start &+ 4 { remainder = append(text.byte(place), to: remainder) }
    let check = Int(text.byte(start &+ 2) &- 0x30) &* 10 &+ Int(text.byte(start &+ 3) &- 0x30)
    return remainder == 1 && check >= 2 && check <= 98 ? place : nil
  }

  /// The remainder of a number by 97 after one more character; letters count as 10 to 35.
  @inline(__always) private static func append(_ byte: UInt8, to remainder: Int) -> Int {
    byte.isDigit
      ? (remainder &* 10 &+ Int(byte &- 0x30)) % 97
      : (remainder &* 100 &+ Int(byte.uppercased &- 0x41) &+ 10) % 97
  }
}

/// The countries that have such numbers.
private enum Countries {
  /// How many characters the numbers of a country have; zero when it has none.
  @inline(__always) static func length(_ first: UInt8, _ second: UInt8) -> Int {
    Int(lengths[Int(first.uppercased &- 0x41) &* 26 &+ Int(second.uppercased &- 0x41)])
  }

  /// A row for each first letter, in it a column for each second one.
  ///
  /// Beside the registry's countries are those that use its form without being in it.
  private static let lengths: InlineArray<676, UInt8> = [
    0, 0, 0, 24, 23, 0, 0, 0, 0, 0, 0, 28, 0, 0, 25, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 28,  // A
    20, 0, 0, 0, 16, 28, 22, 22, 27, 28, 0, 0, 0, 0, 0, 0, 0, 29, 0, 0, 0, 0, 0, 0, 28, 0,  // B
    0, 0, 0, 0, 0, 27, 27, 21, 28, 0, 0, 0, 27, 0, 0, 0, 0, 22, 0, 0, 0, 25, 0, 0, 28, 24,  // C
    0, 0, 0, 0, 22, 0, 0, 0, 0, 27, 18, 0, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26,  // D
    0, 0, 0, 0, 20, 0, 29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0,  // E
    0, 0, 0, 0, 0, 0, 0, 0, 18, 0, 18, 0, 0, 0, 18, 0, 0, 27, 0, 0, 0, 0, 0, 0, 0, 0,  // F
    27, 22, 0, 0, 22, 0, 0, 0, 23, 0, 0, 18, 0, 0, 0, 0, 27, 27, 0, 28, 0, 0, 25, 0, 0, 0,  // G
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 21, 0, 0, 28, 0, 0, 0, 0, 0,  // H
    0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 0, 23, 26, 26, 27, 0, 0, 0, 0, 0, 0,  // I
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // J
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 20,  // K
    0, 28, 32, 0, 0, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 20, 21, 0, 0, 25, 0,  // L
    28, 0, 27, 24, 22, 0, 27, 0, 0, 0, 19, 28, 0, 20, 0, 0, 0, 27, 0, 31, 30, 0, 0, 0, 0, 25,  // M
    0, 0, 0, 0, 28, 0, 0, 0, 28, 0, 0, 18, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // N
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // O
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 28, 0, 0, 0, 0, 0, 0, 29, 25, 0, 0, 0, 0, 0, 0,  // P
    29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // Q
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 22, 0, 33, 0, 0, 0, 0, 0,  // R
    24, 0, 31, 18, 24, 0, 0, 0, 19, 0, 24, 0, 27, 28, 23, 0, 0, 0, 0, 25, 0, 28, 0, 0, 0, 0,  // S
    0, 0, 0, 27, 0, 0, 28, 0, 0, 0, 0, 23, 0, 24, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0, 0,  // T
    29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // U
    22, 0, 0, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // V
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // W
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // X
    0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // Y
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // Z
  ]
}
