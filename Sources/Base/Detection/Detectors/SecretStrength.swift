internal import Bytes
internal import Glibc

/// How much a value looks like something that nobody may know.
///
/// What people choose and what machines draw differ, so there are two measures.
///
/// A value is `random` when it has 16 bytes at least, letters and digits, and a Shannon entropy of 3 bits a byte: 32
/// random hexadecimal digits have 3.6 on average, 20 random letters and digits 4.0. Words have that as well, but no
/// digits among them, and without digits the cases must change as they do by chance. Times, versions and numbers have
/// few letters. UUIDs are names rather than secrets. A value is `chosen` when it mixes letters with digits or signs, as
/// passwords must.
enum SecretStrength: Comparable {
  /// A placeholder, a path, a time, or what says something about a secret.
  case none
  /// Anything else.
  case weak
  case chosen, random

  /// Weighs a part of a text without blanks.
  init(_ text: RawSpan, _ part: Range<Int>) {
    let count = part.count
    guard count >= 4, count <= 4096, !Self.isPlaceholder(text, part), !Self.isPlace(text, part) else {
      self = .none
      return
    }
    var (digits, small, capital, signs, repeats) = (0, 0, 0, 0, 0)
    for place in part {
      let byte = text.byte(place)
      if byte.isDigit {
        digits &+= 1
      } else if byte.isUppercase {
        capital &+= 1
      } else if byte.isWord {
        small &+= 1
      } else {
        signs &+= 1
      }
      if place > part.lowerBound, byte == text.byte(place &- 1) { repeats &+= 1 }
    }
    let letters = small &+ capital
    let isRepeated = repeats &* 2 > count
    if letters < 3, digits &+ signs > 5 {
      self = .none
    } else if count >= 16, digits >= 2, letters >= 4, !isRepeated, Self.entropy(text, part) >= 3,
      !Self.isUUID(text, part)
    {
      self = .random
    } else if count >= 24, Self.isMixed(text, part), Self.entropy(text, part) >= 4 {
      self = .random
    } else if count >= 6, !isRepeated, letters > 0, digits > 0 || Self.hasSign(text, part) {
      self = Self.isUUID(text, part) ? .weak : .chosen
    } else {
      self = .weak
    }
  }

  /// Shannon's entropy of the first 256 bytes of a part, in bits a byte.
  ///
  /// Cost: a logarithm for each byte value that occurs.
  private static func entropy(_ text: RawSpan, _ part: Range<Int>) -> Double {
    let count = min(part.count, 256)
    var counts = InlineArray<256, UInt16>(repeating: 0)
    for place in part.lowerBound..<part.lowerBound &+ count { counts[Int(text.byte(place))] &+= 1 }
    var sum = 0.0
    for byte in 0..<256 where counts[byte] > 1 { sum += Double(counts[byte]) * log2(Double(counts[byte])) }
    return log2(Double(count)) - sum / Double(count)
  }

  /// Whether the cases of letters change as in no name that is put together from words: more often than in every fifth
  /// pair.
  private static func isMixed(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    var changes = 0
    for place in part.lowerBound &+ 1..<part.upperBound {
      let (before, byte) = (text.byte(place &- 1), text.byte(place))
      if before.isLetter, byte.isLetter, before.isUppercase, !byte.isUppercase { changes &+= 1 }
    }
    return changes &* 5 > part.count
  }

  /// Whether there is a sign that names of things do not have.
  private static func hasSign(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    for place in part {
      switch text.byte(place) {
      case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "^"),
        UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "~"), UInt8(ascii: "@"):
        return true
      default: break
      }
    }
    return false
  }

  /// Whether it is a path, an address of a page, or the place of another secret.
  private static func isPlace(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    if text.byte(part.lowerBound) == UInt8(ascii: "/"), part.count < 40 { return true }
    guard let mark = text.extracting(part).first(UInt8(ascii: ":")), mark > 0 else { return false }
    return text.has("://", at: part.lowerBound &+ mark)
  }

  /// Whether it has the groups of a UUID.
  private static func isUUID(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    guard part.count == 36 else { return false }
    for index in 0..<36 {
      let byte = text.byte(part.lowerBound &+ index)
      let isDash = index == 8 || index == 13 || index == 18 || index == 23
      guard isDash ? byte == UInt8(ascii: "-") : byte.isHexadecimal else { return false }
    }
    return true
  }

  /// Whether it stands for a value, masks one, or says what became of it.
  private static func isPlaceholder(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    let start = part.lowerBound
    switch text.byte(start) | 0x20 {
    // A dollar, an asterisk and an opening bracket stay what they are or become another sign.
    case UInt8(ascii: "$") | 0x20: return text.has("${", at: start) || text.has("$(", at: start)
    case UInt8(ascii: "{"), UInt8(ascii: "("), UInt8(ascii: "<"): return true
    case UInt8(ascii: "*"), UInt8(ascii: "."): return isOf(text, part, text.byte(start)) || text.has("***", at: start)
    case UInt8(ascii: "x"): return text.has("xxx", at: start)
    case UInt8(ascii: "a"): return says("argon2", text, part) || says("absent", text, part)
    case UInt8(ascii: "b"): return says("bearer", text, part) || says("basic", text, part) || says("bcrypt", text, part)
    case UInt8(ascii: "c"): return says("changed", text, part)
    case UInt8(ascii: "d"):
      return says("disabled", text, part) || says("default", text, part) || says("deleted", text, part)
    case UInt8(ascii: "e"):
      return says("expired", text, part) || says("enabled", text, part) || says("empty", text, part)
        || says("encrypted", text, part) || says("error", text, part)
    case UInt8(ascii: "f"): return says("false", text, part) || says("failed", text, part) || says("forgot", text, part)
    case UInt8(ascii: "h"): return says("hidden", text, part)
    case UInt8(ascii: "i"): return says("invalid", text, part) || says("incorrect", text, part)
    case UInt8(ascii: "m"):
      return says("masked", text, part) || says("missing", text, part) || says("mismatch", text, part)
        || says("medium", text, part)
    case UInt8(ascii: "n"): return says("null", text, part) || says("none", text, part) || says("not", text, part)
    case UInt8(ascii: "o"): return says("optional", text, part) || says("oauth", text, part)
    case UInt8(ascii: "r"):
      return says("redacted", text, part) || says("required", text, part) || says("reset", text, part)
        || says("removed", text, part) || says("rejected", text, part) || says("refresh", text, part)
    case UInt8(ascii: "s"):
      return says("strong", text, part) || says("success", text, part) || says("scrypt", text, part)
        || says("string", text, part)
    case UInt8(ascii: "t"): return says("true", text, part) || says("token", text, part)
    case UInt8(ascii: "u"):
      return says("undefined", text, part) || says("unknown", text, part) || says("updated", text, part)
        || says("unset", text, part)
    case UInt8(ascii: "v"): return says("valid", text, part) || says("verified", text, part)
    case UInt8(ascii: "w"): return says("wrong", text, part) || says("weak", text, part)
    default: return isOf(text, part, text.byte(start))
    }
  }
  /// Whether a part starts with a word that no letter or digit follows.
  private static func says(_ word: StaticString, _ text: RawSpan, _ part: Range<Int>) -> Bool {
    let end = part.lowerBound &+ word.utf8CodeUnitCount
    return text.has(word, at: part.lowerBound) && (end >= part.upperBound || !text.byte(end).isWord)
  }
  /// Whether it has one byte only, again and again.
  private static func isOf(_ text: RawSpan, _ part: Range<Int>, _ byte: UInt8) -> Bool {
    for place in part where text.byte(place) != byte { return false }
    return true
  }
}

extension RawSpan {
  /// Whether ASCII `word` stands at a place, with its cases.
  @inline(__always) func hasExactly(_ word: StaticString, at place: Int) -> Bool {
    guard place >= 0, place &+ word.utf8CodeUnitCount <= byteCount else { return false }
    for offset in 0..<word.utf8CodeUnitCount {
      // SAFETY: the offset is below the number of the word's bytes.
      guard unsafe byte(place &+ offset) == word.utf8Start[offset] else { return false }
    }
    return true
  }
}

extension UInt8 {
  /// Whether it is of the alphabet of base64 for URLs.
  @inline(__always) var isURLBase64: Bool { isAlphanumeric || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") }
}
