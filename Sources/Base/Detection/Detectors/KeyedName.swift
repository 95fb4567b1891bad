internal import Bytes

/// Names of people within texts, behind a key with `=` or a colon.
///
///     first_name=Zoë   name=Burghard Gröttner email=...   Nachname: Müller-Lüdenscheidt
///               ^ asked here
///
/// Behind `name` alone there may be the name of anything: two words or more with capitals are needed, and what follows
/// must be about somebody who can be reached.
enum KeyedName: Detector {
  static var type: PersonalType { .person }
  static var triggers: [Trigger] { [.byte(UInt8(ascii: "=")), .byte(UInt8(ascii: ":"))] }
  static var words: [StaticString] { ["profile name", "user full name", "customer full name"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let key = Key(text, before: token.start)
    guard key != .other else { return nil }
    var start = token.start &+ 1
    if text.byteOrZero(start) == UInt8(ascii: " ") { start &+= 1 }
    let quote = text.byteOrZero(start).isQuote ? text.byte(start) : 0
    if quote != 0 { start &+= 1 }
    let (end, words) = Self.name(text, from: start)
    guard words > 0, end &- start >= 2, quote == 0 || text.byteOrZero(end) == quote,
      !NameText.isPlaceholder(text, start..<end)
    else { return nil }
    if key == .person { return Match(start..<end, alone: 70, inContext: 85) }
    guard words >= 2 else { return nil }
    return Match(start..<end, alone: isBesideContact(text, end) ? 65 : 40, inContext: 70)
  }

  /// What the word before a mark tells.
  private enum Key {
    case person, anything, other

    init(_ text: RawSpan, before mark: Int) {
      let end = text.byteOrZero(mark &- 1).isQuote ? mark &- 1 : mark
      self = .other
      switch text.byteOrZero(end &- 1) | 0x20 {
      case UInt8(ascii: "e") where text.byteOrZero(end &- 2) | 0x20 == UInt8(ascii: "m"):
        self = Self.ends(text, end, "name") ? Self.english(text, end &- 4) : .other
        if Self.ends(text, end, "cognome") || Self.ends(text, end, "sobrenome") { self = .person }
      case UInt8(ascii: "m"):
        if Self.ends(text, end, "achternaam") || Self.ends(text, end, "voornaam") { self = .person }
        if Self.ends(text, end, "prenom") || text.has("prénom", at: end &- 7) { self = .person }
      case UInt8(ascii: "o"):
        if Self.ends(text, end, "apellido") || Self.ends(text, end, "nazwisko") { self = .person }
      case UInt8(ascii: "s"): if Self.ends(text, end, "apellidos") { self = .person }
      case UInt8(ascii: "n"): if Self.ends(text, end, "efternamn") { self = .person }
      case UInt8(ascii: "i"): if Self.ends(text, end, "sukunimi") { self = .person }
      default: break
      }
    }

    /// What `name` is that ends before a place, by the word before it.
    private static func english(_ text: RawSpan, _ place: Int) -> Key {
      let joint = text.byteOrZero(place &- 1)
      let isJoint = joint == UInt8(ascii: "_") || joint == UInt8(ascii: "-") || joint == UInt8(ascii: " ")
      let end = isJoint ? place &- 1 : place
      let isPart =
        ends(text, end, "first") || ends(text, end, "last") || ends(text, end, "full") || ends(text, end, "sur")
        || ends(text, end, "given") || ends(text, end, "family") || ends(text, end, "middle")
        || ends(text, end, "vor") || ends(text, end, "nach")
      let isPerson =
        ends(text, end, "customer") || ends(text, end, "contact") || ends(text, end, "patient")
        || ends(text, end, "holder") || ends(text, end, "passenger") || ends(text, end, "employee")
      if isPart || isPerson { return .person }
      return isJoint ? joint == UInt8(ascii: " ") ? .anything : .other : joint.isWord ? .other : .anything
    }
    private static func ends(_ text: RawSpan, _ end: Int, _ word: StaticString) -> Bool {
      text.has(word, at: end &- word.utf8CodeUnitCount)
    }
  }

  /// Where words with capitals end that start at a place, and how many there are; the key of another value is none.
  private static func name(_ text: RawSpan, from start: Int) -> (end: Int, words: Int) {
    var (place, end, words) = (start, start, 0)
    while place < text.byteCount, words < 5, text.byte(place).isWord, NameText.startsName(text, place) {
      let wordEnd = Self.wordEnd(text, from: place)
      let mark = text.byteOrZero(wordEnd)
      guard mark != UInt8(ascii: "="), mark != UInt8(ascii: "_"), mark != UInt8(ascii: "/"), !mark.isDigit else {
        break
      }
      if mark == UInt8(ascii: ":"), words > 0 { break }
      if !NameText.isParticle(text, place) || text.byte(place).isUppercase || text.byte(place) >= 0x80 {
        (end, words) = (wordEnd, words &+ 1)
      }
      guard mark == UInt8(ascii: " ") else { break }
      place = wordEnd &+ 1
    }
    return (end, words)
  }
  /// Where a word ends: letters with hyphens, apostrophes and the point behind an initial among them.
  private static func wordEnd(_ text: RawSpan, from start: Int) -> Int {
    var place = start
    while place < text.byteCount {
      let byte = text.byte(place)
      if byte.isLetter || byte >= 0x80 {
        place &+= 1
        continue
      }
      let isJoint = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "'")
      guard isJoint, text.byteOrZero(place &+ 1).isWord, !text.byteOrZero(place &+ 1).isDigit else {
        return byte == UInt8(ascii: ".") && place == start &+ 1 ? place &+ 1 : place
      }
      place &+= 1
    }
    return place
  }

  /// Whether the key of a mail address or a telephone number follows.
  private static func isBesideContact(_ text: RawSpan, _ end: Int) -> Bool {
    var place = text.end(from: end) { !$0.isWord }
    guard place &- end <= 4 else { return false }
    if text.has("e-", at: place) { place &+= 2 }
    return text.has("email", at: place) || text.has("mail", at: place) || text.has("phone", at: place)
      || text.has("tel", at: place) || text.has("mobile", at: place) || text.has("dob", at: place)
      || text.has("birth", at: place) || text.has("address", at: place)
  }
}
