internal import Bytes

/// A word of a text or a name, as its hash: lower case, Latin letters without their accents.
struct Word: BitwiseCopyable {
  /// Of all of it.
  var hash: UInt64 = 0
  /// Of it without the digits at its end: `phone2` is a phone, too.
  var stem: UInt64 = 0

  /// Takes the next word out of a text: a run of letters and digits, or a part of one that starts with a capital
  /// letter.
  ///
  /// `deviceIP`, `DeviceIp` and `device_ip` are two words each. `nil` when there is none before the end.
  static func next(in text: RawSpan, from place: inout Int, to end: Int) -> Word? {
    while place < end, !Letter.isToken(text.byte(place)) { place &+= 1 }
    guard place < end else { return nil }
    var hash = emptyHash
    var stem = emptyHash
    var before = Letter.Kind.none
    while place < end {
      let byte = text.byte(place)
      let kind = Letter.kind(byte)
      guard kind != .none else { break }
      if kind == .capital, before == .small || before == .digit { break }
      if kind == .capital, before == .capital, place &+ 1 < end, Letter.kind(text.byte(place &+ 1)) == .small { break }
      if byte < 0x80 {
        hash = (hash ^ UInt64(kind == .capital ? byte | 0x20 : byte)) &* factor
        place &+= 1
        if kind != .digit { stem = hash }
        before = kind
        continue
      }
      let letters = Letter.folded(text, &place, to: end)
      if letters.first != 0 { hash = (hash ^ UInt64(letters.first)) &* factor }
      if letters.second != 0 { hash = (hash ^ UInt64(letters.second)) &* factor }
      if kind != .digit { stem = hash }
      before = kind
    }
    return Word(hash: hash, stem: stem == emptyHash ? hash : stem)
  }

  /// The hash of a sequence, from that of its end and that of the word before it.
  static func join(_ end: UInt64, after word: UInt64) -> UInt64 { (end ^ word &>> 29 ^ word) &* factor &+ 1 }

  // FNV-1a, 64 bits wide. Source: draft-eastlake-fnv.
  static var emptyHash: UInt64 { 0xCBF2_9CE4_8422_2325 }
  private static var factor: UInt64 { 0x100_0000_01B3 }
}

/// What letters there are, as far as words need to know.
enum Letter {
  enum Kind: UInt8 {
    case none, small, capital, digit
    var isLetter: Bool { self == .small || self == .capital }
  }

  /// Whether a byte belongs to tokens.
  @inline(__always) static func isToken(_ byte: UInt8) -> Bool { kind(byte) != .none }
  /// What a byte is; letters beyond ASCII count as small ones.
  @inline(__always) static func kind(_ byte: UInt8) -> Kind {
    if byte >= 0x80 || byte &- 0x61 < 26 { return .small }
    if byte &- 0x41 < 26 { return .capital }
    return byte &- 0x30 < 10 ? .digit : .none
  }

  /// Takes a letter or digit in lower case, without its accent; two letters where one stands for two, zeros for none.
  ///
  /// Latin letters of two bytes become ASCII; Greek and Cyrillic ones stay what they are. Source: Unicode's blocks
  /// Latin-1 Supplement, Latin Extended-A, Combining Diacritical Marks, Greek, Cyrillic.
  static func folded(_ text: RawSpan, _ place: inout Int, to end: Int) -> (first: UInt8, second: UInt8) {
    let byte = text.byte(place)
    place &+= 1
    guard byte >= 0x80 else { return (byte &- 0x41 < 26 ? byte | 0x20 : byte, 0) }
    guard byte >= 0xC3, byte <= 0xD1, place < end else { return (byte, 0) }
    let next = text.byte(place)
    guard next & 0xC0 == 0x80 else { return (byte, 0) }
    place &+= 1
    switch byte {
    case 0xC3...0xC5:
      let letter = latin(Int(byte &- 0xC3) &* 64 &+ Int(next & 0x3F))
      let second: UInt8 =
        switch (byte, next) {
        case (0xC3, 0x9F): UInt8(ascii: "s")
        case (0xC3, 0x86), (0xC3, 0xA6), (0xC5, 0x92), (0xC5, 0x93): UInt8(ascii: "e")
        case (0xC3, 0x9E), (0xC3, 0xBE): UInt8(ascii: "h")
        default: 0
        }
      return (letter, second)
    case 0xCC: return (0, 0)
    case 0xCD where next < 0xB0: return (0, 0)
    case 0xCE where next >= 0x91 && next <= 0x9F: return (byte, next &+ 0x20)
    case 0xCE where next >= 0xA0 && next <= 0xA9: return (0xCF, next &- 0x20)
    case 0xD0 where next >= 0x90 && next <= 0x9F: return (byte, next &+ 0x20)
    case 0xD0 where next >= 0xA0 && next <= 0xAF: return (0xD1, next &- 0x20)
    default: return (byte, next)
    }
  }

  /// The letter below the accents from U+00C0 to U+017F.
  private static func latin(_ index: Int) -> UInt8 {
    let letters: StaticString = """
      aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo*ouuuuyty\
      aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll\
      lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs
      """
    require(index >= 0 && index < letters.utf8CodeUnitCount, "an accented letter is in its table")
    // SAFETY: the promise above.
    return unsafe letters.utf8Start[index]
  }
}
