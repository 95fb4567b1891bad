internal import Bytes
internal import CKernels

/// A detector with its type erased.
///
/// One indirect call per question; inside it everything is specialised.
struct DetectorEntry: Sendable {
  let type: PersonalType
  let triggers: [Trigger]
  let words: [StaticString]
  let match: @Sendable (RawSpan, Token) -> Match?

  init<D: Detector>(_: D.Type) {
    (type, triggers, words) = (D.type, D.triggers, D.words)
    match = { text, token in D.match(text, at: token) }
  }
  /// Whether it is asked at whole values and nowhere in a text.
  var looksAtValuesAlone: Bool { triggers.allSatisfy { if case .value = $0 { true } else { false } } }
}

/// Which detectors are to be asked where, one bit for each.
///
/// A token's kind and length say who might be asked; what it starts with and what stands beside it say who is.
@safe struct DetectorTable: ~Copyable {
  /// What a scan needs of a detector.
  struct Item {
    let match: @Sendable (RawSpan, Token) -> Match?
    let type: PersonalType
    /// All detectors of its type.
    let relatives: UInt64
  }
  private let items: UnsafeMutablePointer<Item>
  private let count: Int
  /// Who is to be asked where.
  let questions: kernel_text_questions
  private var types = Slots<UInt64>(64) { _ in 0 }
  /// Those to be asked at the whole of a value.
  private(set) var whole: UInt64 = 0
  /// The bytes that are asked for.
  private(set) var wanted = kernel_text_set()

  init(_ detectors: [DetectorEntry]) {
    require(detectors.count <= NameContext.detectorsMax, "there is a bit for every detector")
    count = detectors.count
    unsafe items = .allocate(capacity: max(count, 1))
    unsafe questions = kernel_text_questions(
      rows: .allocate(capacity: 4 * 64),
      columns: .allocate(capacity: 256),
      groups: .allocate(capacity: 64),
      totals: .allocate(capacity: 64)
    )
    unsafe questions.rows.initialize(repeating: kernel_text_row(), count: 4 * 64)
    unsafe questions.columns.initialize(repeating: kernel_text_column(), count: 256)
    unsafe questions.groups.initialize(repeating: 0, count: 64)
    unsafe questions.totals.initialize(repeating: 0, count: 64)
    for (index, detector) in detectors.enumerated() { types[Int(detector.type.rawValue)] |= 1 << UInt64(index) }
    for (index, detector) in detectors.enumerated() {
      let relatives = types[Int(detector.type.rawValue)]
      unsafe (items + index).initialize(to: Item(match: detector.match, type: detector.type, relatives: relatives))
      for trigger in detector.triggers { add(trigger, 1 << UInt64(index)) }
    }
    want(UInt8(ascii: "%"))
    want(UInt8(ascii: "\\"))
  }
  deinit {
    unsafe items.deinitialize(count: count)
    unsafe items.deallocate()
    unsafe questions.rows.deallocate()
    unsafe questions.columns.deallocate()
    unsafe questions.groups.deallocate()
    unsafe questions.totals.deallocate()
  }

  private mutating func add(_ trigger: Trigger, _ bit: UInt64) {
    var trigger = trigger
    var row = kernel_text_row(asked: bit, any_start: bit, any_before: bit, any_behind: bit)
    while true {
      switch trigger {
      case .starting(let bytes, let inner):
        note(bytes) { $0.start |= bit }
        (trigger, row.any_start) = (inner, 0)
      case .preceded(let bytes, let inner):
        note(bytes) { $0.before |= bit }
        (trigger, row.any_before) = (inner, 0)
      case .followed(let bytes, let inner):
        note(bytes) { $0.behind |= bit }
        (trigger, row.any_behind) = (inner, 0)
      default: return addPlain(trigger, row, bit)
      }
    }
  }
  private mutating func addPlain(_ trigger: Trigger, _ row: kernel_text_row, _ bit: UInt64) {
    switch trigger {
    case .digits(let counts):
      add(row, kernel_text_digits, counts)
      // SAFETY: there is a place for every number below 64.
      for count in Self.places(counts) { unsafe questions.groups[count] &= ~bit }
    case .letters(let counts): add(row, kernel_text_letters, counts)
    case .wide(let counts): add(row, kernel_text_wide, counts)
    case .mixed(let counts):
      add(row, kernel_text_mixed, counts)
      add(row, kernel_text_wide, counts)
    case .groups(let counts, let digits):
      // SAFETY: there is a place for every number below 64, and a row for each.
      for count in Self.places(counts) where unsafe questions.rows[64 + count].asked & bit == 0 {
        unsafe questions.groups[count] |= bit
      }
      add(row, kernel_text_digits, counts)
      for total in Self.places(digits...63) { unsafe questions.totals[total] |= bit }
    case .byte(let byte):
      require(Letter.kind(byte) == .none, "a byte that is waited for is in no token")
      column(byte) { $0.alone |= bit }
      want(byte)
    case .value: whole |= bit
    case .starting, .preceded, .followed: break
    }
  }
  private mutating func add(_ row: kernel_text_row, _ kind: kernel_text_token, _ counts: ClosedRange<Int>) {
    for count in Self.places(counts) {
      // SAFETY: there are 64 rows for each kind, and the range is cut to those.
      let place = unsafe questions.rows + Int(kind.rawValue) * 64 + count
      unsafe place.pointee.asked |= row.asked
      unsafe place.pointee.any_start |= row.any_start
      unsafe place.pointee.any_before |= row.any_before
      unsafe place.pointee.any_behind |= row.any_behind
    }
  }
  private mutating func note(_ bytes: StaticString, _ change: (inout kernel_text_column) -> Void) {
    // SAFETY: a static string has so many bytes.
    for index in 0..<bytes.utf8CodeUnitCount { column(unsafe bytes.utf8Start[index], change) }
  }
  private mutating func column(_ byte: UInt8, _ change: (inout kernel_text_column) -> Void) {
    // SAFETY: there is a column for every byte.
    unsafe change(&questions.columns[Int(byte)])
  }
  /// The lengths of a range that have a place of their own, the last one for all beyond.
  private static func places(_ counts: ClosedRange<Int>) -> ClosedRange<Int> {
    min(63, max(1, counts.lowerBound))...min(63, max(1, counts.upperBound))
  }
  private mutating func want(_ byte: UInt8) {
    let bit: UInt64 = 1 << (UInt64(byte & 7) * 8 + UInt64(byte >> 4))
    if byte & 8 == 0 { wanted.first_rows |= bit } else { wanted.last_rows |= bit }
  }

  /// One of them.
  @inline(__always) subscript(index: Int) -> Item {
    unsafeAddress {
      require(index >= 0 && index < count, "a detector is in its table")
      return unsafe UnsafePointer(items + index)
    }
  }
  /// Those who ask at digits that start with a byte and have nothing beside them.
  func asked(atNumber first: UInt8, _ count: Int) -> UInt64 {
    // SAFETY: there are 64 rows for each kind, and a column for every byte.
    let row = unsafe questions.rows[64 &+ min(max(count, 0), 63)]
    let start = unsafe questions.columns[Int(first)].start
    return row.asked & row.any_before & row.any_behind & (row.any_start | start)
  }
  /// Those who ask at a token of so many digits only when groups of digits follow.
  @inline(__always) func asking(forGroupsOf count: Int) -> UInt64 {
    // SAFETY: there is a place for every number below 64.
    unsafe questions.groups[min(max(count, 0), 63)]
  }
  /// Those that ask for groups where these have so many digits together.
  @inline(__always) func asking(forGroupsWith digits: Int) -> UInt64 {
    // SAFETY: there is a place for every number below 64.
    unsafe questions.totals[min(max(digits, 0), 63)]
  }
  /// Those that find these kinds.
  func finding(_ kinds: PersonalTypes) -> UInt64 {
    var found: UInt64 = 0
    var left = kinds.rawValue
    while left != 0 {
      found |= types[left.trailingZeroBitCount]
      left &= left &- 1
    }
    return found
  }
}
