internal import Bytes
internal import CKernels

/// Goes over a text from token to token, and asks the detectors that want to be asked there.
struct TextSearch: ~Copyable {
  private let table: DetectorTable
  private var marks: TextMarks
  let words: WordTable
  private var run = WordRun()
  /// The detectors of the kinds that were looked for last.
  private var chosen: UInt64
  private var chosenTypes = PersonalTypes.all
  /// Those that are to be asked at dates, and those at digests.
  private let atDates: UInt64
  private let atDigests: UInt64
  private let places: UInt64
  /// What was looked around last, and what is there.
  private var lastPart = 0..<0
  private var surroundings = Surroundings()

  /// What is looked for in one text.
  struct Scope {
    let name: NameContext
    let detectors: UInt64
    /// Whether there are words to look at besides the name.
    let hasWords: Bool
    /// Where to go on behind a shape that was passed over.
    var resume = 0
    /// Whether some of the text is escaped.
    var isEscaped = false

    init(_ name: NameContext, _ detectors: UInt64, hasWords: Bool) {
      (self.name, self.detectors, self.hasWords) = (name, detectors, hasWords)
    }
  }

  init(textBytesMax: Int, _ detectors: [DetectorEntry], _ types: PersonalTypes) {
    let detectors = detectors.filter { types.contains($0.type) }
    table = DetectorTable(detectors)
    words = WordTable(detectors)
    marks = TextMarks(bytesMax: textBytesMax)
    chosen = table.finding(.all)
    atDates = table.finding(PersonalTypes(.birthDate))
    atDigests = table.finding(PersonalTypes(.secret))
    places = table.finding(PersonalTypes(.coordinates))
  }

  /// Looks for what a profile says; whether some of the text is escaped.
  mutating func search(
    _ text: RawSpan,
    _ name: NameContext,
    _ profile: borrowing DetectionProfile,
    into found: inout Candidates
  ) -> Bool {
    marks.mark(text, wanted: table.wanted)
    var scope = Scope(name, detectors(of: profile.types), hasWords: true)
    lastPart = 0..<0
    let whole = scope.detectors & table.whole & name.detectors
    if whole != 0 { askAtWhole(text, whole, &scope, profile, &found) }
    switch marks.shape(of: text) {
    case .uuid, .version: return false
    case .date:
      ask(scope.detectors & atDates, text, Token(start: 0, end: 4, digits: 4), &scope, profile, &found)
      return false
    case .none: break
    }
    while unsafe marks.findStops(text, table.questions, scope.detectors) {
      for index in 0..<marks.stopCount {
        let stop = marks.stop(index)
        let token = Token(start: Int(stop.start), end: Int(stop.end), digits: Int(stop.digits))
        guard token.start >= scope.resume else { continue }
        visit(text, token, stop.kind, stop.asked, &scope, profile, &found)
      }
    }
    return scope.isEscaped || (marks.hasHigh && DecodedText.isWorthwhile(text))
  }

  /// The same in a decoded text, whose escapes are no more.
  mutating func search(
    _ text: borrowing DecodedText,
    _ name: NameContext,
    _ profile: borrowing DetectionProfile,
    into found: inout Candidates
  ) {
    _ = search(text.bytes, name, profile, into: &found)
  }

  /// The same for a number, which has no words beside it but its name.
  mutating func searchNumber(
    _ text: RawSpan,
    _ name: NameContext,
    _ profile: borrowing DetectionProfile,
    into found: inout Candidates
  ) {
    var scope = Scope(name, detectors(of: profile.types), hasWords: false)
    lastPart = 0..<0
    let isInteger = Self.isInteger(text)
    let whole = scope.detectors & table.whole & name.detectors
    if whole != 0 { askAtWhole(text, isInteger ? whole : whole & places, &scope, profile, &found) }
    guard isInteger else { return }
    let token = Token(start: 0, end: text.byteCount, digits: text.byteCount)
    var asked = table.asked(atNumber: text.byte(0), token.count) & scope.detectors
    asked &= ~table.asking(forGroupsOf: token.count) | table.asking(forGroupsWith: token.count)
    if asked != 0 { ask(asked, text, token, &scope, profile, &found) }
  }
  private static func isInteger(_ text: RawSpan) -> Bool {
    guard text.byteCount > 0 else { return false }
    for place in 0..<text.byteCount where text.byte(place) &- 0x30 >= 10 { return false }
    return true
  }

  private mutating func detectors(of types: PersonalTypes) -> UInt64 {
    if types != chosenTypes { (chosen, chosenTypes) = (table.finding(types), types) }
    return chosen
  }

  /// Asks at a token or a byte, if no shape starts there that is passed over as a whole.
  @inline(__always) private mutating func visit(
    _ text: RawSpan,
    _ token: Token,
    _ kind: kernel_text_token,
    _ asked: UInt64,
    _ scope: inout Scope,
    _ profile: borrowing DetectionProfile,
    _ found: inout Candidates
  ) {
    var asked = asked
    if token.count == 0 {
      if !scope.isEscaped { scope.isEscaped = DecodedText.isEscape(text, at: token.start) }
    } else if kind != kernel_text_letters {
      let window = marks.window(from: token.start)
      if kind == kernel_text_digits {
        if token.count == 4 {
          scope.resume = token.start &+ TextShape.date(text, at: token.start, window)
          if scope.resume > token.start { asked &= atDates }
        }
      } else if token.count >= 32, TextShape.isDigest(token.count, window) {
        asked &= atDigests
      }
      if token.count == 8 {
        scope.resume = token.start &+ TextShape.uuid(text, at: token.start, window)
        if scope.resume > token.start { return }
      }
    }
    if asked != 0 { ask(asked, text, token, &scope, profile, &found) }
  }

  private mutating func ask(
    _ detectors: UInt64,
    _ text: RawSpan,
    _ token: Token,
    _ scope: inout Scope,
    _ profile: borrowing DetectionProfile,
    _ found: inout Candidates
  ) {
    var left = detectors
    while left != 0 {
      let index = left.trailingZeroBitCount
      left &= left &- 1
      guard let match = table[index].match(text, token) else { continue }
      let confidence = weigh(match, index, text, &scope, profile)
      add(match, index, confidence, profile, &found)
      // What is within a match that is this sure would lose against it.
      if confidence >= Self.solid, match.start <= token.start { scope.resume = max(scope.resume, match.end) }
    }
  }

  /// Asks at the whole of a value whose name tells of it: what is found there is in context.
  @inline(__always) private func askAtWhole(
    _ text: RawSpan,
    _ detectors: UInt64,
    _ scope: inout Scope,
    _ profile: borrowing DetectionProfile,
    _ found: inout Candidates
  ) {
    var left = detectors
    while left != 0 {
      let index = left.trailingZeroBitCount
      left &= left &- 1
      guard let match = table[index].match(text, Token(start: 0, end: text.byteCount, digits: 0)) else { continue }
      add(match, index, max(match.alone, match.inContext), profile, &found)
    }
  }

  /// How sure a match is, given what stands around it.
  private mutating func weigh(
    _ match: Match,
    _ index: Int,
    _ text: RawSpan,
    _ scope: inout Scope,
    _ profile: borrowing DetectionProfile
  ) -> UInt8 {
    let most = max(match.alone, match.inContext)
    guard match.alone < Self.strong, most >= profile[table[index].type] else { return match.alone }
    if lastPart != match.range {
      lastPart = match.range
      surroundings = scope.hasWords ? Surroundings(of: match.range, in: text, marks, words, &run) : Surroundings()
    }
    switch surroundings.standing(table[index].relatives, scope.name) {
    case .own: return most
    case .foreign: return match.alone / 2
    case .farForeign: return match.alone < Self.solid ? match.alone / 2 : match.alone
    case .none: return match.alone
    }
  }
  /// From where on nothing beside a match weighs against it, and from where on only what is close does.
  private static var strong: UInt8 { 88 }
  private static var solid: UInt8 { 75 }

  private func add(
    _ match: Match,
    _ index: Int,
    _ confidence: UInt8,
    _ profile: borrowing DetectionProfile,
    _ found: inout Candidates
  ) {
    let type = table[index].type
    guard confidence >= profile[type] else { return }
    found.add(
      Candidates.Candidate(
        start: match.start,
        end: match.end,
        type: type,
        confidence: confidence,
        detector: UInt8(index)
      )
    )
  }
}
