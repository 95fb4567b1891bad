internal import Bytes
internal import Detection

/// The form in which values of a type that mean the same are the same.
///
/// | Types | Form |
/// |---|---|
/// | email | lower case, without blanks around |
/// | phone | `+` and digits; a leading `00` is a `+`, a `(0)` behind the country's code nothing |
/// | IP | as RFC 5952 and dotted decimals have it |
/// | MAC | hexadecimal digits in lower case |
/// | IBAN, cards, and identifiers of devices and persons | letters and digits, in upper case |
/// | person | lower case, single blanks |
/// | all else | as it is, without blanks around |
///
/// A value of no type stays as it is. Only ASCII changes its case.
enum NormalForm {
  /// Bytes that a form may have more than its value.
  static let growthMax = 32

  /// Writes a value's normal form, `growthMax` bytes longer than it at the most.
  @_lifetime(writer: copy writer)
  @inline(__always) static func write(_ text: RawSpan, _ type: PersonalType?, to writer: inout Writer) {
    guard let type else { return writer.append(text) }
    switch type {
    case .emailAddress: writeLowercase(trimmed(text), to: &writer)
    default: writeOther(text, type, to: &writer)
    }
  }

  @_lifetime(writer: copy writer)
  @inline(never) private static func writeOther(_ text: RawSpan, _ type: PersonalType, to writer: inout Writer) {
    let text = trimmed(text)
    switch type {
    case .phoneNumber: writePhone(text, to: &writer)
    case .ipAddress: if let address = IPAddress(text) { address.write(to: &writer) } else { writer.append(text) }
    case .macAddress:
      for place in 0..<text.byteCount {
        let byte = text.byte(place)
        if byte.isAlphanumeric { writer.append(byte.lowercased) }
      }
    case .person: writeWords(text, to: &writer)
    case .crypto, .secret, .coordinates, .birthDate: writer.append(text)
    default:
      for place in 0..<text.byteCount {
        let byte = text.byte(place)
        if byte.isAlphanumeric || byte >= 0x80 { writer.append(byte.uppercased) }
      }
    }
  }

  /// A text without blanks around it.
  @_lifetime(copy text)
  static func trimmed(_ text: RawSpan) -> RawSpan {
    var (start, end) = (0, text.byteCount)
    while start < end, text.byte(start).isBlank { start &+= 1 }
    while start < end, text.byte(end &- 1).isBlank { end &-= 1 }
    return text.extracting(start..<end)
  }
  @_lifetime(writer: copy writer)
  private static func writeLowercase(_ text: RawSpan, to writer: inout Writer) {
    var place = 0
    while place &+ 8 <= text.byteCount {
      writer.append(lowercased(text.integer(UInt64.self, at: place)))
      place &+= 8
    }
    while place < text.byteCount {
      writer.append(text.byte(place).lowercased)
      place &+= 1
    }
  }
  /// Eight bytes with their ASCII letters in lower case.
  private static func lowercased(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let low = word & ones &* 0x7F
    let isUpper = (low &+ ones &* (128 - 0x41)) & ~(low &+ ones &* (128 - 0x5B)) & ~word & ones &* 0x80
    return word | isUpper &>> 2
  }
  @_lifetime(writer: copy writer)
  private static func writePhone(_ text: RawSpan, to writer: inout Writer) {
    var place = 0
    var isInternational = false
    if text.byteCount > 0, text.byte(0) == UInt8(ascii: "+") {
      isInternational = true
    } else if text.byteCount > 1, text.byte(0) == UInt8(ascii: "0"), text.byte(1) == UInt8(ascii: "0") {
      (isInternational, place) = (true, 2)
    }
    if isInternational { writer.append(UInt8(ascii: "+")) }
    while place < text.byteCount {
      let byte = text.byte(place)
      if byte == UInt8(ascii: "("), isInternational, place &+ 2 < text.byteCount,
        text.byte(place &+ 1) == UInt8(ascii: "0"), text.byte(place &+ 2) == UInt8(ascii: ")")
      {
        place &+= 3
        continue
      }
      if byte.isAlphanumeric { writer.append(byte.lowercased) }
      place &+= 1
    }
  }
  @_lifetime(writer: copy writer)
  private static func writeWords(_ text: RawSpan, to writer: inout Writer) {
    var isBehindBlank = false
    for place in 0..<text.byteCount {
      let byte = text.byte(place)
      if byte.isBlank && isBehindBlank { continue }
      isBehindBlank = byte.isBlank
      writer.append(isBehindBlank ? 0x20 : byte.lowercased)
    }
  }
}
