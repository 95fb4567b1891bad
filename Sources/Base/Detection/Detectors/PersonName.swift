internal import Bytes

/// Names of people, where the name of the member says that there is one.
///
///     "first_name": "Zoë"   "surname": "O’Neill"   "cardholder": "MARIA GARCIA"   "full_name": "王秀英"
///
/// A name has no form of its own: without such a key there is none. `name` alone is that of anything.
enum PersonName: Detector {
  static var type: PersonalType { .person }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] {
    [
      "first name", "last name", "full name", "given name", "family name", "middle name", "maiden name", "surname",
      "forename", "legal name", "birth name", "customer name", "client name", "contact name", "person name",
      "patient name", "employee name", "passenger name", "guest name", "holder name", "account holder", "card holder",
      "recipient name", "sender name", "driver name", "owner name", "billing name", "shipping name", "payer name",
      "payee name", "beneficiary name", "caller name", "author name", "real name", "name on card", "given names",
      "vorname", "nachname", "familienname", "vollstandiger name", "geburtsname", "kontoinhaber", "karteninhaber",
      "prenom", "nom de famille", "nom complet", "titulaire", "apellido", "apellidos", "nombre completo", "titular",
      "cognome", "nome completo", "nome e cognome", "intestatario", "imie", "imie i nazwisko", "nazwisko", "voornaam",
      "achternaam", "volledige naam", "sobrenome", "apelido", "fornamn", "efternamn", "fornavn", "etternavn",
      "efternavn", "etunimi", "sukunimi", "имя", "фамилия", "отчество", "氏名", "姓名", "お名前", "이름",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard token.count >= 2, token.count <= 180 else { return nil }
    let shape = NameShape(text, token.start..<token.end)
    guard shape.isName else { return nil }
    return Match(token.start..<token.end, alone: 5, inContext: shape.isCapitalised ? 88 : 70)
  }
}

/// Names of people under keys that may as well hold the name of a thing: there must be two words, each with a capital.
enum PersonFullName: Detector {
  static var type: PersonalType { .person }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] { ["nom", "nombre", "nome", "naam", "navn", "namn", "display name"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard token.count >= 5, token.count <= 180 else { return nil }
    let shape = NameShape(text, token.start..<token.end)
    guard shape.isName, shape.isCapitalised, shape.words >= 2, shape.words <= 4 else { return nil }
    return Match(token.start..<token.end, alone: 5, inContext: 60)
  }
}

/// What a value looks like that may be a name.
private struct NameShape {
  /// Whether it is made of letters, blanks, hyphens, apostrophes and the points behind initials, 2 to 60 of them.
  private(set) var isName = false
  /// Whether each of its words starts with a capital letter, particles aside, or has none of either case.
  private(set) var isCapitalised = true
  private(set) var words = 0

  init(_ text: RawSpan, _ part: Range<Int>) {
    var (place, characters, letters, isAtStart) = (part.lowerBound, 0, 0, true)
    while place < part.upperBound {
      let byte = text.byte(place)
      characters &+= 1
      if byte.isLetter || byte >= 0x80 {
        guard byte < 0xE2 || byte > 0xE2 || Self.isApostrophe(text, place) else { return }
        if isAtStart {
          words &+= 1
          if !NameText.startsName(text, place) { isCapitalised = false }
        }
        (letters, isAtStart) = (letters &+ 1, false)
        place = text.end(from: place &+ 1) { $0.isContinuation }
        continue
      }
      switch byte {
      case UInt8(ascii: " "):
        guard !isAtStart else { return }
        isAtStart = true
      case UInt8(ascii: "-"), UInt8(ascii: "'"), UInt8(ascii: "."), UInt8(ascii: ","):
        guard !isAtStart else { return }
      default: return
      }
      place &+= 1
    }
    isName = letters >= 2 && characters <= 60 && words <= 7 && !isAtStart && !NameText.isPlaceholder(text, part)
  }

  /// Whether a typographic apostrophe starts at a place: U+2018 or U+2019.
  private static func isApostrophe(_ text: RawSpan, _ place: Int) -> Bool {
    text.byteOrZero(place &+ 1) == 0x80 && text.byteOrZero(place &+ 2) & 0xFE == 0x98
  }
}

/// What words of names look like.
enum NameText {
  /// Whether a word of a name may start at a place: with a capital letter, one that has no cases, or as a particle.
  static func startsName(_ text: RawSpan, _ place: Int) -> Bool {
    let byte = text.byte(place)
    if byte < 0x80 { return byte.isUppercase || isParticle(text, place) }
    let next = text.byteOrZero(place &+ 1)
    switch byte {
    case 0xC3: return next < 0x9F
    // Capitals and small letters take turns, in two orders.
    case 0xC4: return next < 0xB8 ? next & 1 == 0 : next & 1 == 1
    case 0xC5: return next < 0x89 || next > 0xB8 ? next & 1 == 1 : next & 1 == 0
    case 0xCE: return next < 0xAC
    case 0xCF: return false
    case 0xD0: return next < 0xB0
    case 0xD1: return false
    default: return true
    }
  }

  /// Whether a small word stands at a place that is part of names: `van der`, `de la`, `bin`.
  static func isParticle(_ text: RawSpan, _ place: Int) -> Bool {
    let end = text.end(from: place) { $0.isLetter }
    guard end &- place <= 4, !text.byteOrZero(end).isWord else { return false }
    var letters: UInt32 = 0
    for index in place..<end { letters = letters &<< 8 | UInt32(text.byte(index) | 0x20) }
    for index in 0..<particles.count where particles[index] == letters { return true }
    return false
  }
  /// Up to four letters each, as a number with the last letter in its lowest byte.
  private static let particles: InlineArray<31, UInt32> = [
    0x0076_616E, 0x0076_6F6E, 0x0076_6F6D, 0x0000_6465, 0x0064_6572,  // van von vom de der
    0x0064_656E, 0x0000_6469, 0x0000_6461, 0x0000_646F, 0x0064_6F73,  // den di da do dos
    0x0064_6173, 0x0064_656C, 0x0000_6475, 0x0064_6573, 0x0000_6C61,  // das del du des la
    0x0000_6C65, 0x006C_6F73, 0x0000_616C, 0x0000_6166, 0x0074_656E,  // le los al af ten
    0x0074_6572, 0x0000_7465, 0x0062_696E, 0x0062_656E, 0x6269_6E74,  // ter te bin ben bint
    0x0069_626E, 0x0000_7A75, 0x007A_7572, 0x0000_656C, 0x0000_0065,  // ibn zu zur el e
    0x0000_0079,  // y
  ]

  /// Whether a value stands for none, or for somebody who is not told.
  static func isPlaceholder(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    let value = text.extracting(part)
    return value.equals(lowercase: "null") || value.equals(lowercase: "none") || value.equals(lowercase: "nil")
      || value.equals(lowercase: "unknown") || value.equals(lowercase: "undefined") || value.equals(lowercase: "empty")
      || value.equals(lowercase: "true") || value.equals(lowercase: "false") || value.equals(lowercase: "string")
      || value.equals(lowercase: "anonymous") || value.equals(lowercase: "redacted") || value.equals(lowercase: "guest")
      || value.equals(lowercase: "admin") || value.equals(lowercase: "default") || value.equals(lowercase: "nan")
      || value.equals(lowercase: "unbekannt") || value.equals(lowercase: "inconnu") || value.equals(lowercase: "iphone")
      || value.equals(lowercase: "android") || value.equals(lowercase: "required") || value.equals(lowercase: "missing")
  }
}
