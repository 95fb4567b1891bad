internal import Bytes

/// Telephone numbers: international ones by country code and length, national ones by the layouts of large regions.
///
///     +1 201-555-0123   tel:+49-30-123456;ext=7   (11) 96123-4567   06 12 34 56 78   07400 172735
///
/// Digits in one piece may be anything: they need a word nearby. Source: ITU-T E.164, E.123, RFC 3966.
enum PhoneNumber: Detector {
  static var type: PersonalType { .phoneNumber }
  static var triggers: [Trigger] {
    [
      .byte(UInt8(ascii: "+")), .byte(UInt8(ascii: "(")), .byte(UInt8(ascii: "/")), .groups(1...6, digits: 7),
      .digits(7...15), .wide(11...24),
    ]
  }
  static var words: [StaticString] {
    [
      "phone", "phones", "phone number", "tel", "telephone", "mobile", "cell phone", "cellphone", "cell number", "call",
      "called", "caller", "calling", "callee", "sms", "text me", "whatsapp", "viber", "fax", "contact",
      "kontakt", "contacto", "contatto", "contato", "reach me", "reach", "peer", "msisdn", "dial", "dialed", "callback",
      "hotline", "landline", "voicemail", "otp",
      "telefon",
      "telefonnummer", "handy", "handynummer", "mobil", "mobilnummer", "mobiltelefon", "rufnummer", "anruf", "festnetz",
      "telefono", "numero de telefono", "movil", "celular", "llamada", "cellulare", "chiamata", "portable", "telephone",
      "numero de telephone", "appel", "telefone", "telemovel", "chamada", "telefoon", "telefoonnummer", "mobiel", "gsm",
      "komorka", "komorkowy", "numer telefonu", "puhelin", "puhelinnumero", "matkapuhelin", "mobiltelefonnummer",
      "telefonnumer", "tlf", "cep", "numara", "telepono", "電話", "電話番号", "携帯", "手机", "电话", "전화", "휴대폰",
      "call me", "ring me", "my number", "rufen", "anrufen", "erreichbar", "erreichen", "meine nummer",
      "appelez", "joindre", "mon numero", "llamame", "llamar", "mi numero", "chiamami", "chiamare", "mio numero",
      "ligue", "ligar", "meu numero", "bel me", "bellen", "mijn nummer", "zadzwon", "dzwonic", "moj numer",
      "τηλέφωνο", "κινητό", "телефон", "телефону", "мобильный", "номер телефона", "звоните", "هاتف", "جوال", "मोबाइल",
      "फोन", "โทร", "điện thoại",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    if token.count == 0 {
      let next = text.byteOrZero(start &+ 1)
      if text.byte(start) == UInt8(ascii: "/") {
        return next == 0x20 && text.byteOrZero(start &- 1) == 0x20 ? areaAndNumber(text, slash: start) : nil
      }
      guard next.isDigit || next == UInt8(ascii: "(") else { return nil }
      return text.byte(start) == UInt8(ascii: "+")
        ? international(text, start, digits: start &+ 1, alone: 96) : national(text, trunkStart(text, start))
    }
    guard text.byte(start).isDigit else { return nil }
    if token.digits < token.count {
      // Blanks and hyphens that are no ASCII do not end a token.
      let end = text.end(from: start) { $0.isDigit }
      guard !text.separator(at: end).kind.isEmpty else { return nil }
    } else if token.count < 7, !isFollowed(text, token.end) {
      return nil
    }
    if token.digits == token.count, isOther(text, token) { return nil }
    if let exit = exitPrefix(text, start) { return international(text, start, digits: exit, alone: 65) }
    return national(text, start)
  }

  /// Where the prefix before a parenthesis starts, as in `0 (917) 123 4567`; the parenthesis itself without one.
  private static func trunkStart(_ text: RawSpan, _ parenthesis: Int) -> Int {
    let digit = text.byteOrZero(parenthesis &- 1) == 0x20 ? parenthesis &- 2 : parenthesis &- 1
    switch text.byteOrZero(digit) {
    case UInt8(ascii: "0"), UInt8(ascii: "1"), UInt8(ascii: "8"):
      let before = text.byteOrZero(digit &- 1)
      return before == 0 || before == 0x20 || before == UInt8(ascii: "=") || before == UInt8(ascii: ":")
        ? digit : parenthesis
    default: return parenthesis
    }
  }

  /// Whether what starts with a token of digits is something else at a glance: a date, a time in seconds, a long
  /// number.
  @inline(__always) private static func isOther(_ text: RawSpan, _ token: Token) -> Bool {
    let (first, next) = (text.byte(token.start), text.byteOrZero(token.end))
    if next == UInt8(ascii: "."), token.count < 4 { return isVersion(text, token.start) }
    if token.count == 4 { return next == UInt8(ascii: "-") && text.byteOrZero(token.end &+ 3) == next }
    guard token.count >= 7, first != UInt8(ascii: "0"), !isFollowed(text, token.end) else { return false }
    switch token.count {
    case 9, 10: return first == UInt8(ascii: "1")
    case 11: return false
    default: return true
    }
  }

  /// Whether numbers of three digits at most stand between dots as in versions and addresses: three or four of them.
  private static func isVersion(_ text: RawSpan, _ start: Int) -> Bool {
    var (place, groups, digits, count) = (start, 1, 0, 0)
    while count < 4 {
      let byte = text.byteOrZero(place)
      if byte.isDigit {
        (digits, count) = (digits &+ 1, count &+ 1)
      } else if byte == UInt8(ascii: "."), text.byteOrZero(place &+ 1).isDigit {
        (groups, count) = (groups &+ 1, 0)
      } else {
        break
      }
      place &+= 1
    }
    return count < 4 && (groups == 4 || groups == 3 && digits < 9)
  }

  /// A number with a slash and blanks behind its area, as in `030 / 123456`.
  private static func areaAndNumber(_ text: RawSpan, slash: Int) -> Match? {
    let start = text.start(before: slash &- 1, most: 7) { $0.isDigit }
    guard slash &- start >= 3, slash &- start <= 7, text.byte(start) == UInt8(ascii: "0") else { return nil }
    return national(text, start)
  }

  /// Whether another group may follow behind a place.
  @inline(__always) private static func isFollowed(_ text: RawSpan, _ end: Int) -> Bool {
    let (kind, width) = text.separator(at: end)
    if kind.isEmpty || kind == .colon { return false }
    let next = text.byteOrZero(end &+ width)
    return next.isDigit || next == UInt8(ascii: "(") || next == 0x20
  }

  /// Behind the prefix for calls abroad at a place: `00` or `011`.
  private static func exitPrefix(_ text: RawSpan, _ start: Int) -> Int? {
    guard text.byte(start) == UInt8(ascii: "0") else { return nil }
    let length = text.has("00", at: start) ? 2 : text.has("011", at: start) ? 3 : 0
    guard length > 0 else { return nil }
    let (kind, width) = text.separator(at: start &+ length)
    return start &+ length &+ (kind == .blank || kind == .hyphen ? width : 0)
  }

  /// A number with its country code.
  private static func international(_ text: RawSpan, _ start: Int, digits: Int, alone: UInt8) -> Match? {
    let previous = text.byteOrZero(start &- 1)
    guard !previous.isAlphanumeric, previous != UInt8(ascii: "+"), previous != UInt8(ascii: ".") else { return nil }
    var number = PhoneDigits(text, from: digits)
    guard number.count >= 7, number[0] != 0 else { return nil }
    let codeDigits = codeDigits(number)
    guard let range = CallingCode.nationalDigits(number.value(0..<codeDigits)) else { return nil }
    // Whoever writes so many digits in one piece writes them all so.
    while number.groupCount > 1, number.groups[0] >= 8 { number.dropGroup() }
    if isDecimal(number) { return nil }
    while number.count > codeDigits {
      let national = number.count &- codeDigits
      let hasTrunk = number[codeDigits] == 0 && range.contains(national &- 1)
      if range.contains(national) || hasTrunk, isAssigned(number, codeDigits), endsHere(text, number.end) {
        let isWeak = number.count < 9 || isInvented(number)
        let end = text.extensionEnd(at: number.end)
        return Match(start..<end, alone: isWeak ? alone &- 32 : alone, inContext: isWeak ? 95 : 98)
      }
      number.dropGroup()
    }
    return nil
  }

  /// How many digits the country code at the start has.
  private static func codeDigits(_ number: PhoneDigits) -> Int {
    switch number.value(0..<2) {
    case 10...19, 70...79: 1
    case 20, 27, 30...34, 36, 39...41, 43...49, 51...58, 60...66, 81, 82, 84, 86, 90...95, 98: 2
    default: 3
    }
  }

  /// Whether it is a decimal fraction with its sign, as coordinates have.
  private static func isDecimal(_ number: PhoneDigits) -> Bool {
    number.groupCount == 2 && number.separators == .dot && number.groups[1] < 9
  }

  private static func isAssigned(_ number: PhoneDigits, _ codeDigits: Int) -> Bool {
    if codeDigits == 1, number[0] == 1 {
      return number.isNorthAmerican(from: 1) || (isInvented(number) && !number.isRepeated(from: 1))
    }
    return !number.isRepeated(from: codeDigits)
  }

  /// Whether it is laid out as those of North America are, but with an exchange that does not exist.
  private static func isInvented(_ number: PhoneDigits) -> Bool {
    number[0] == 1 && number[1] >= 2 && number.isGrouped([1, 3, 3, 4]) && !number.isNorthAmerican(from: 1)
  }

  /// A number as it is dialled within its country.
  private static func national(_ text: RawSpan, _ start: Int) -> Match? {
    guard startsHere(text, start) else { return nil }
    var number = PhoneDigits(text, from: start, most: 13)
    if number.separators.contains(.blank), text.byteOrZero(start &- 1) == 0x20, text.byteOrZero(start &- 2).isDigit {
      return nil
    }
    while number.count >= 7 {
      if endsHere(text, number.end), !isContinued(text, number), let layout = PhoneLayout(number) {
        let end = text.extensionEnd(at: number.end)
        return Match(start..<end, alone: layout.alone, inContext: layout.inContext)
      }
      number.dropGroup()
    }
    return nil
  }

  private static func startsHere(_ text: RawSpan, _ start: Int) -> Bool {
    let (byte, before) = (text.byteOrZero(start &- 1), text.byteOrZero(start &- 2))
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "#"),
      UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "*"):
      return false
    case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "("): return !before.isDigit
    default: return !byte.isAlphanumeric
    }
  }

  /// Whether what stands behind lets a number end.
  static func endsHere(_ text: RawSpan, _ end: Int) -> Bool {
    let (byte, next) = (text.byteOrZero(end), text.byteOrZero(end &+ 1))
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":"):
      return !next.isAlphanumeric || text.extensionEnd(at: end) > end
    case UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "%"): return false
    default:
      if byte >= 0x80 { return byte >= 0xE2 || !text.separator(at: end).kind.isEmpty }
      return !byte.isAlphanumeric || text.extensionEnd(at: end) > end
    }
  }

  /// Whether another group with the same separator follows.
  private static func isContinued(_ text: RawSpan, _ number: PhoneDigits) -> Bool {
    let (kind, width) = text.separator(at: number.end)
    return !kind.isEmpty && number.separators.contains(kind) && text.byteOrZero(number.end &+ width).isDigit
  }
}

/// Telephone numbers that are the whole of a value whose name tells so.
enum PhoneValue: Detector {
  static var type: PersonalType { .phoneNumber }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] {
    [
      "phone", "phone number", "tel", "telephone", "mobile", "mobile number", "cellphone", "cell phone", "msisdn",
      "fax",
      "whatsapp", "sms", "caller", "callee", "telefon", "telefonnummer", "handy", "handynummer", "mobilnummer",
      "rufnummer",
      "telefono", "movil", "celular", "cellulare", "portable", "telefone", "telemovel", "telefoon", "telefoonnummer",
      "komorka", "puhelin", "puhelinnumero", "telefonnumer", "tlf", "gsm", "電話", "電話番号", "手机", "电话",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    guard token.count >= 6, token.count <= 40 else { return nil }
    let hasPlus = text.byte(start) == UInt8(ascii: "+")
    let number = PhoneDigits(text, from: hasPlus ? start &+ 1 : start)
    guard number.count >= 6, number.count <= 15, text.extensionEnd(at: number.end) == token.end,
      !number.isRepeated(from: 0)
    else { return nil }
    // Seconds and milliseconds since 1970 have no zero and no separators.
    let isTime = !hasPlus && number.groupCount == 1 && number[0] == 1 && (number.count == 10 || number.count == 13)
    let isDate = number.isGrouped([4, 2, 2]) || number.isGrouped([2, 2, 4])
    let isDecimal = number.separators == .dot && number.groupCount == 2
    guard !isTime, !isDate, !isDecimal else { return nil }
    return Match(start..<token.end, alone: 5, inContext: 90)
  }
}
