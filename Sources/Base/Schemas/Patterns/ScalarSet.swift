/// A set of code points that a text can contain: sorted ranges that neither touch nor overlap.
///
/// Surrogates are no part of any text, so they are taken out of the numbering: what follows them moves down by 0x800.
/// This joins the ranges on both sides of them, and makes a complement mean what it means in a pattern.
struct ScalarSet: Hashable, Sendable {
  /// Places in the numbering without surrogates.
  let ranges: [ClosedRange<UInt32>]

  static let lastPlace: UInt32 = 0x10F7FF
  static let none = ScalarSet(places: [])
  static let all = ScalarSet(places: [0...lastPlace])
  static let ascii = ScalarSet([0...0x7F])

  /// Takes code points, surrogates allowed, in any order.
  init(_ codePoints: [ClosedRange<UInt32>]) {
    self.init(
      places: codePoints.compactMap { range in
        let first = range.lowerBound < 0xD800 ? range.lowerBound : max(range.lowerBound, 0xE000) - 0x800
        let last = range.upperBound < 0xD800 ? range.upperBound : max(range.upperBound, 0xDFFF) - 0x800
        return first <= last ? first...last : nil
      }
    )
  }
  private init(places: [ClosedRange<UInt32>]) {
    var joined: [ClosedRange<UInt32>] = []
    for range in places.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, range.lowerBound <= last.upperBound + 1 {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    ranges = joined
  }

  var complement: ScalarSet {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= ScalarSet.lastPlace { gaps.append(next...ScalarSet.lastPlace) }
    return ScalarSet(places: gaps)
  }

  static func union(_ sets: [ScalarSet]) -> ScalarSet { ScalarSet(places: sets.flatMap(\.ranges)) }

  /// The code point at a place.
  static func codePoint(at place: UInt32) -> UInt32 { place < 0xD800 ? place : place + 0x800 }

  /// The ranges as code points that never end in a surrogate.
  var codePoints: [ClosedRange<UInt32>] {
    ranges.map { ScalarSet.codePoint(at: $0.lowerBound)...ScalarSet.codePoint(at: $0.upperBound) }
  }

  /// Whether it holds ASCII alone.
  var isASCII: Bool { ranges.last.map { $0.upperBound < 0x80 } ?? true }

  /// Whether it holds everything outside of ASCII.
  var hasAllBeyondASCII: Bool { ranges.last.map { $0.lowerBound <= 0x80 && $0.upperBound == Self.lastPlace } ?? false }

  /// The bytes that are characters of their own and members.
  var asciiBytes: [UInt8] {
    ranges.flatMap { range -> [UInt8] in
      range.lowerBound > 0x7F ? [] : (range.lowerBound...min(range.upperBound, 0x7F)).map { UInt8($0) }
    }
  }
}

/// The sets that ECMA-262 names.
extension ScalarSet {
  static let digits = ScalarSet([0x30...0x39])
  static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let lineTerminators = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])
  static let hexDigits = ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
  /// WhiteSpace (with all of the category Zs) and LineTerminator.
  static let spaces = ScalarSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
    0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
}
