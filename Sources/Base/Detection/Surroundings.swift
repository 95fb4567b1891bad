internal import Bytes

/// What stands around a part of a text, as far as it tells what that part is.
///
///     order 4711, BSN: 123456782 (verified)
///                 ^^^ the nearest word that is known
///
/// The nearest known word before the part counts, then one shortly behind it, then the name of the member.
struct Surroundings: BitwiseCopyable {
  /// What a detector's match is worth here: foreign ones are near something that tells otherwise, or farther from it.
  enum Standing { case own, foreign, farForeign, none }

  private var before = Meaning()
  private var after = Meaning()
  /// Whether a joint makes the part one with letters beside it, as in `ord-4711`, which are no known word.
  private var isJoined = false
  /// Whether the known word is one of the last two tokens before the part.
  private var isClose = false

  /// How far words count.
  private static var tokensBefore: Int { 6 }
  private static var tokensAfter: Int { 3 }
  private static var bytesAround: Int { 64 }

  /// Those of nothing.
  init() {}
  /// Looks at those of a part of a text.
  init(of part: Range<Int>, in text: RawSpan, _ words: borrowing WordTable, _ run: inout WordRun) {
    lookBefore(part.lowerBound, text, words, &run)
    if !isJoined { isJoined = Self.joins(text, behind: part.upperBound) }
    if !isJoined, !before.isKnown { lookAfter(part.upperBound, text, words, &run) }
  }

  /// What a match of a detector is worth, given its relatives: detectors of the same type, itself among them.
  func standing(_ relatives: UInt64, _ name: NameContext) -> Standing {
    if isJoined { return .foreign }
    if before.detectors & relatives != 0 { return .own }
    if before.isKnown { return isClose ? .foreign : .farForeign }
    if after.detectors & relatives != 0 || name.detectors & relatives != 0 { return .own }
    return after.isOrdinary || name.isOrdinary || name.detectors != 0 ? .farForeign : .none
  }

  private mutating func lookBefore(_ start: Int, _ text: RawSpan, _ words: borrowing WordTable, _ run: inout WordRun) {
    run.removeAll()
    var place = start
    let limit = max(0, start &- Self.bytesAround)
    var (isLabel, sawWord, passed) = (false, false, 0)
    var (nearest, close, checked) = (0, 0, 0)
    for step in 0..<Self.tokensBefore {
      let gapEnd = place
      while place > limit, !Letter.isToken(text.byte(place &- 1)) { place &-= 1 }
      let end = place
      var digits = 0
      while place > limit, Letter.isToken(text.byte(place &- 1)) {
        place &-= 1
        if Letter.kind(text.byte(place)) == .digit { digits &+= 1 }
      }
      // None is left, or the window's edge cuts it.
      if place == end || place == limit && place > 0 && Letter.isToken(text.byte(place &- 1)) { break }
      if step == 0 {
        isLabel = Self.labels(text, end..<gapEnd)
        isJoined = gapEnd &- end == 1 && digits == 0 && Self.isJoint(text.byte(end))
      } else if isLabel, !(gapEnd &- end == 1 && Self.isJoint(text.byte(end))) {
        break
      }
      // A word that stands behind another value parts it from what came before.
      if digits > 0 { passed &+= end &- place } else { sawWord = true }
      if sawWord, digits > 0, passed >= 7 { break }
      run.add(text, place..<end)
      if step == 0 { nearest = run.count }
      if step <= 1 { close = run.count }
      if settle(run, from: &checked, words, isLast: false) { break }
    }
    if !before.isKnown { _ = settle(run, from: &checked, words, isLast: true) }
    guard before.isKnown else { return }
    if checked < nearest { isJoined = false }
    isClose = checked < close
  }

  /// Finds the nearest known word from one on; whether there is one that no word before it makes another.
  private mutating func settle(
    _ run: borrowing WordRun,
    from index: inout Int,
    _ words: borrowing WordTable,
    isLast: Bool
  ) -> Bool {
    while index < run.count {
      let (meaning, isOpen) = words.meaning(of: run, at: index)
      if isOpen, !isLast { return false }
      before = meaning
      if before.isKnown { return true }
      index &+= 1
    }
    return false
  }

  private mutating func lookAfter(_ end: Int, _ text: RawSpan, _ words: borrowing WordTable, _ run: inout WordRun) {
    var place = end
    let limit = min(text.byteCount, end &+ Self.bytesAround)
    if place &+ 1 < limit, Self.isJoint(text.byte(place)), Letter.kind(text.byte(place &+ 1)).isLetter {
      isJoined = true
    }
    for _ in 0..<Self.tokensAfter {
      while place < limit, !Letter.isToken(text.byte(place)) { place &+= 1 }
      let start = place
      while place < limit, Letter.isToken(text.byte(place)) { place &+= 1 }
      guard place > start, !Letter.hasDigits(text, start..<place) else { return }
      run.removeAll()
      run.add(text, start..<place)
      let (meaning, _) = words.meaning(of: run, at: 0)
      guard meaning.isKnown else { continue }
      // What is followed by a value of its own tells of that.
      if Self.labels(text, place..<min(limit, place &+ 2)) { return }
      after = meaning
      return
    }
  }

  /// Whether what is between a word and a value makes the word the value's own: `iban=`, `"iban":"`, `<iban>`.
  private static func labels(_ text: RawSpan, _ gap: Range<Int>) -> Bool {
    var (hasColon, hasQuote) = (false, false)
    for place in gap {
      switch text.byte(place) {
      case UInt8(ascii: "="), UInt8(ascii: ">"): return true
      case UInt8(ascii: ":"): hasColon = true
      case UInt8(ascii: "\""), UInt8(ascii: "'"): hasQuote = true
      default: break
      }
    }
    return hasColon && (hasQuote || gap.count == 1)
  }
  /// Whether letters are joined to what ends at a place.
  private static func joins(_ text: RawSpan, behind end: Int) -> Bool {
    end &+ 1 < text.byteCount && isJoint(text.byte(end)) && Letter.kind(text.byte(end &+ 1)).isLetter
  }
  /// Whether a byte makes one name of two words.
  private static func isJoint(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "#")
  }
}
