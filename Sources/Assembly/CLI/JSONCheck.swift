internal import Bytes

/// Finds out whether bytes are one JSON text, so that they can stand in a line of JSON as they are.
///
/// Strict, with one limit: what is nested deeper than 128 does not count as JSON. Cost: one pass, eight bytes at a time
/// inside strings.
///
/// Source: RFC 8259; RFC 3629 for UTF-8.
struct JSONCheck: ~Escapable {
  /// What the bytes are.
  enum Finding {
    case notJSON
    case json
    /// JSON with line breaks between its parts, which a line of JSON can't have.
    case jsonInLines
  }
  private enum Wanted {
    case value, valueOrEnd, key, keyOrEnd, commaOrEnd
  }
  private static var depthMax: Int { 128 }

  private let bytes: RawSpan
  private var at = 0
  private var depth = 0
  /// A bit a level: whether it is an object.
  private var objects: UInt128 = 0
  private var hasLineBreaks = false
  private var isASCII = true

  /// Looks at all of `bytes`.
  static func find(in bytes: RawSpan) -> Finding {
    var check = JSONCheck(bytes)
    guard check.isValid(), check.isASCII || isUTF8(bytes) else { return .notJSON }
    return check.hasLineBreaks ? .jsonInLines : .json
  }

  @_lifetime(copy bytes)
  private init(_ bytes: RawSpan) { self.bytes = bytes }

  private mutating func isValid() -> Bool {
    var wanted = Wanted.value
    while true {
      skipBlanks()
      guard at < bytes.byteCount else { return wanted == .commaOrEnd && depth == 0 }
      let byte = bytes.byte(at)
      switch wanted {
      case .value, .valueOrEnd:
        if byte == UInt8(ascii: "]"), wanted == .valueOrEnd {
          guard close(object: false) else { return false }
          wanted = .commaOrEnd
        } else {
          guard let next = value(byte) else { return false }
          wanted = next
        }
      case .key, .keyOrEnd:
        if byte == UInt8(ascii: "}"), wanted == .keyOrEnd {
          guard close(object: true) else { return false }
          wanted = .commaOrEnd
        } else {
          guard byte == UInt8(ascii: "\""), string() else { return false }
          skipBlanks()
          guard take(UInt8(ascii: ":")) else { return false }
          wanted = .value
        }
      case .commaOrEnd:
        guard depth > 0 else { return false }
        if take(UInt8(ascii: ",")) {
          wanted = isInObject ? .key : .value
        } else {
          guard byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]"), close(object: byte == UInt8(ascii: "}")) else {
            return false
          }
        }
      }
    }
  }

  /// Steps over what a value starts with, and says what is wanted then.
  private mutating func value(_ byte: UInt8) -> Wanted? {
    switch byte {
    case UInt8(ascii: "{"): open(object: true) ? .keyOrEnd : nil
    case UInt8(ascii: "["): open(object: false) ? .valueOrEnd : nil
    case UInt8(ascii: "\""): string() ? .commaOrEnd : nil
    case UInt8(ascii: "t"): literal("true") ? .commaOrEnd : nil
    case UInt8(ascii: "f"): literal("false") ? .commaOrEnd : nil
    case UInt8(ascii: "n"): literal("null") ? .commaOrEnd : nil
    default: number() ? .commaOrEnd : nil
    }
  }

  private var isInObject: Bool { objects & (1 << UInt128(depth - 1)) != 0 }
  private mutating func open(object: Bool) -> Bool {
    guard depth < JSONCheck.depthMax else { return false }
    let bit: UInt128 = 1 << UInt128(depth)
    objects = object ? objects | bit : objects & ~bit
    depth += 1
    at += 1
    return true
  }
  private mutating func close(object: Bool) -> Bool {
    guard depth > 0, isInObject == object else { return false }
    depth -= 1
    at += 1
    return true
  }

  private mutating func skipBlanks() {
    while at < bytes.byteCount {
      switch bytes.byte(at) {
      case 0x20, 0x09: break
      case 0x0A, 0x0D: hasLineBreaks = true
      default: return
      }
      at += 1
    }
  }
  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.byteCount, bytes.byte(at) == byte else { return false }
    at += 1
    return true
  }
  private mutating func literal(_ text: StaticString) -> Bool {
    let end = at + text.utf8CodeUnitCount
    guard end <= bytes.byteCount else { return false }
    for place in at..<end {
      // SAFETY: `place - at` is below the text's length.
      guard unsafe bytes.byte(place) == text.utf8Start[place - at] else { return false }
    }
    at = end
    return true
  }

  private mutating func digits() -> Bool {
    let start = at
    while at < bytes.byteCount, bytes.byte(at) &- 0x30 < 10 { at += 1 }
    return at > start
  }
  private mutating func number() -> Bool {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
    if take(UInt8(ascii: ".")) { guard digits() else { return false } }
    guard at < bytes.byteCount, bytes.byte(at) | 0x20 == UInt8(ascii: "e") else { return true }
    at += 1
    if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
    return digits()
  }

  private mutating func string() -> Bool {
    at += 1
    while at < bytes.byteCount {
      let byte = bytes.byte(at)
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return true
      case UInt8(ascii: "\\"):
        guard escape() else { return false }
      case 0..<0x20: return false
      default:
        if byte >= 0x80 { isASCII = false }
        at += 1
        skipPlain()
      }
    }
    return false
  }
  /// Steps over as many words of eight plain ASCII characters as there are.
  private mutating func skipPlain() {
    while at &+ 8 <= bytes.byteCount, isPlain(bytes.integer(UInt64.self, at: at)) { at &+= 8 }
  }
  private mutating func escape() -> Bool {
    guard at + 1 < bytes.byteCount else { return false }
    switch bytes.byte(at + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 2
      return true
    case UInt8(ascii: "u"):
      guard at + 6 <= bytes.byteCount else { return false }
      for place in (at + 2)..<(at + 6) {
        let byte = bytes.byte(place)
        guard byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 else { return false }
      }
      at += 6
      return true
    default: return false
    }
  }
}

/// Whether eight bytes are ASCII of 0x20 or more, with neither quote nor backslash among them.
///
/// A byte below 0x20, or one that a comparison's difference makes zero, borrows into its highest bit; a borrow may also
/// come from a neighbour, and then the bytes are looked at one by one, which is slower and not wrong.
@inline(__always)
func isPlain(_ word: UInt64) -> Bool {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let highs: UInt64 = 0x8080_8080_8080_8080
  let quotes = word ^ (ones &* 0x22)
  let backslashes = word ^ (ones &* 0x5C)
  let small = word &- ones &* 0x20
  return (word | small | (quotes &- ones) | (backslashes &- ones)) & highs == 0
}

/// Whether bytes are UTF-8.
func isUTF8(_ bytes: RawSpan) -> Bool {
  let span = Span<UInt8>(_bytes: bytes)
  do throws(Unicode.UTF8.ValidationError) {
    _ = try UTF8Span(validating: span)
    return true
  } catch { return false }
}
