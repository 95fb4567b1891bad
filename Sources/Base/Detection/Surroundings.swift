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

  /// How far words count, within 64 bytes.
  private static var tokensBefore: Int { 6 }
  private static var tokensAfter: Int { 3 }

  /// Those of nothing.
  init() {}
  /// Looks at those of a part of a text that has been marked.
  init(
    of part: Range<Int>,
    in text: RawSpan,
    _ marks: borrowing TextMarks,
    _ words: borrowing WordTable,
    _ run: inout WordRun
  ) {
    if part.lowerBound > 0 {
      lookBefore(part.lowerBound, text, marks.window(before: part.lowerBound), words, &run)
    }
    guard part.upperBound < text.byteCount else { return }
    if !isJoined { isJoined = Self.joins(text, behind: part.upperBound) }
    if !isJoined, !before.isKnown {
      lookAfter(part.upperBound, text, marks.window(from: part.upperBound), words, &run)
    }
  }

  /// What a match of a detector is worth, given its relatives: detectors of the same type, itself among them.
  func standing(_ relatives: UInt64, _ name: NameContext) -> Standing {
    if isJoined { return .foreign }
    if before.detectors & relatives != 0 { return .own }
    if before.isKnown { return isClose ? .foreign : .farForeign }
    if after.detectors & relatives != 0 || name.detectors & relatives != 0 { return .own }
    return after.isOrdinary || name.isOrdinary || name.detectors != 0 ? .farForeign : .none
  }

  private mutating func lookBefore(
    _ start: Int,
    _ text: RawSpan,
    _ window: TextWindow,
    _ words: borrowing WordTable,
    _ run: inout WordRun
  ) {
    run.removeAll()
    // The bytes before the place that is looked from, the nearest one as the highest bit.
    var (tokens, digits, place) = (window.tokens, window.digits, start)
    var (isLabel, sawWord, passed) = (false, false, 0)
    var (nearest, close, checked) = (0, 0, 0)
    for step in 0..<Self.tokensBefore {
      let gap = tokens.leadingZeroBitCount
      let end = place &- gap
      let count = (~(tokens << gap)).leadingZeroBitCount
      // None is left, or the window's edge may cut it.
      guard gap < 64, start &- end &+ count < 64 else { break }
      let part = (digits << gap) >> (64 &- count)
      if step == 0 {
        isLabel = Self.labels(text, end..<place)
        isJoined = gap == 1 && part == 0 && Self.isJoint(text.byte(end))
      } else if isLabel, !(gap == 1 && Self.isJoint(text.byte(end))) {
        break
      }
      // A word that stands behind another value parts it from what came before.
      if part != 0 { passed &+= count } else { sawWord = true }
      if sawWord, part != 0, passed >= 7 { break }
      run.add(text, (end &- count)..<end)
      if step == 0 { nearest = run.count }
      if step <= 1 { close = run.count }
      if settle(run, from: &checked, words, isLast: false) { break }
      place = end &- count
      (tokens, digits) = (tokens << (gap &+ count), digits << (gap &+ count))
    }
    if !before.isKnown { _ = settle(run, from: &checked, words, isLast: true) }
    guard before.isKnown else { return }
    if checked < nearest { isJoined = false }
    isClose = checked < close
    // What tells of whole values says nothing of what stands farther behind it: `invalid token from 10.0.0.7`.
    if checked >= nearest, !before.isOrdinary, before.detectors & ~words.ofValues == 0 { before = Meaning() }
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

  private mutating func lookAfter(
    _ end: Int,
    _ text: RawSpan,
    _ window: TextWindow,
    _ words: borrowing WordTable,
    _ run: inout WordRun
  ) {
    var (tokens, digits, place) = (window.tokens, window.digits, end)
    for _ in 0..<Self.tokensAfter {
      let gap = tokens.trailingZeroBitCount
      let count = (~(tokens >> gap)).trailingZeroBitCount
      let behind = place &+ gap &+ count
      guard gap < 64, behind &- end < 64, (digits >> gap) & (1 << count &- 1) == 0 else { return }
      run.removeAll()
      run.add(text, (place &+ gap)..<behind)
      let (meaning, _) = words.meaning(of: run, at: 0)
      if meaning.isKnown {
        // What is followed by a value of its own tells of that.
        if !Self.labels(text, behind..<min(text.byteCount, behind &+ 2)) { after = meaning }
        return
      }
      (tokens, digits, place) = (tokens >> (gap &+ count), digits >> (gap &+ count), behind)
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
