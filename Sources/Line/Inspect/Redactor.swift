internal import Bytes
internal import Detection
internal import Events
internal import Formats
internal import Redaction

/// What came of redacting an event.
enum RedactionOutcome: Equatable {
  /// There was nothing to redact: it may be kept as it is.
  case unchanged
  /// It is to be kept with the parts exchanged that the splices say.
  case changed
  /// It may not be kept: a key is missing, or more is to be exchanged than there is room for.
  case impossible(Refusal)
}

/// What is remembered of a part that is exchanged: what was found there, and what was done with it.
///
///     8 bits kind, or 255 for a field of no kind | 8 bits operator
struct RedactionNote: BitwiseCopyable, Equatable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }
  init(_ rule: RedactionPlan.Rule) { rawValue = UInt32(rule.type?.rawValue ?? 255) | UInt32(rule.number) << 8 }
  var type: PersonalType? { PersonalType(rawValue: UInt8(truncatingIfNeeded: rawValue)) }
  /// The operator's place in the catalogue.
  var number: Int { Int(rawValue >> 8 & 0xFF) }
}

/// Goes through events by their topics' plans and says what is to be exchanged before anything is kept.
///
///     {"user":{"mail":"a@x.org"},"card":4111111111111111,"n":1}
///                      ╰─ found ─╯       ╰── found ───╯
///
/// One pass over the tokens that validation marked; strings are looked at where they stand. One a shard. All of its
/// memory is allocated at the start.
struct Redactor: ~Copyable {
  /// What a value's place and the names on the way to it say of it.
  struct Place: BitwiseCopyable {
    /// Where the paths of the plan are.
    var state: FieldPaths.State = 0
    /// The rule that holds for all leaves within, or -1.
    var rule: Int32 = -1
    var name = NameContext.none
  }
  /// An object or array that has begun and not ended.
  struct Level: BitwiseCopyable {
    var isObject = false
    /// Whether anything in it stays, so far.
    var hasKept = false
    var place = Place()
    /// The number of the element that comes next.
    var index = 0
    /// The name of the member that is read.
    var name = JSONString(range: 0..<0)

    init() {}
    init(isObject: Bool, place: Place) { (self.isObject, self.place) = (isObject, place) }
  }

  var scanner: TextScanner
  var bench: OperatorBench
  var levels: Slots<Level>
  var depth = 0
  /// Where the innermost member or element begins that is read, and how many splices there were before.
  var memberStart = 0
  var splicesBefore = 0
  /// Why it is taken out, if it is.
  var dropNote: RedactionNote?
  /// A text without its escapes.
  var plain: Region
  /// What becomes of a value, before it is escaped again.
  var output: Region
  /// The JSON Pointer of a value that is bound to its place.
  var path: Region
  /// Where the text begins that is read, in the payload.
  var base = 0
  /// Where in it the value is that paths are about; `nil` for all of it.
  ///
  /// What stands around it is an envelope.
  var content: Range<Int>?
  /// Where that begins; -1 in an envelope without data.
  var contentStart = 0
  /// Whether something of an envelope was exchanged.
  var isEnvelopeChanged = false
  /// What stands for an event's key and details; away only while the event is kept.
  var metadata: Metadata?
  /// Where a text of metadata is put together; away only meanwhile.
  var headerText: Region?
  /// What was exchanged in them.
  var metadataNotes = NoteList()
  /// Where something is exchanged in an event that is set aside: a JSON array of JSON Pointers; away only while it is
  /// kept.
  var paths: Region?
  /// Whether that is noted.
  var notesPaths = false
  /// What of an event is redacted already.
  var exemptions = RedactionExemptions()
  /// What was found, for one who wants to see it; `nil` on the line.
  var report: [RedactionSpan]?
  /// Takes the place of the splices while they are handed out.
  var lent: Splices?
  /// What is exchanged in the event that was redacted last.
  var splices: Splices
  var failure: Refusal?

  /// Parts of one event that may be exchanged.
  static var splicesMax: Int { 4096 }

  /// Bytes of a key, or of details, with what stands for parts of them.
  static var metadataBytesMax: Int { 512 << 10 }

  /// One for a shard.
  ///
  /// - Parameters:
  ///   - eventBytesMax: the largest event.
  ///   - depthMax: how deep its values may be nested.
  ///   - keys: what operators use.
  init(eventBytesMax: Int, depthMax: Int, keys: RedactionKeys) {
    scanner = TextScanner(textBytesMax: eventBytesMax)
    bench = OperatorBench(keys: keys, valueBytesMax: eventBytesMax)
    levels = Slots(depthMax) { _ in Level() }
    plain = Region(id: RegionID(rawValue: 0), byteCount: eventBytesMax)
    output = Region(id: RegionID(rawValue: 0), byteCount: OperatorBench.bytesMax(for: eventBytesMax))
    path = Region(id: RegionID(rawValue: 0), byteCount: eventBytesMax)
    metadata = Metadata(
      key: Region(id: RegionID(rawValue: 0), byteCount: Self.metadataBytesMax),
      details: Region(id: RegionID(rawValue: 0), byteCount: Self.metadataBytesMax)
    )
    headerText = Region(id: RegionID(rawValue: 0), byteCount: Self.metadataBytesMax)
    paths = Region(id: RegionID(rawValue: 0), byteCount: 2 * QuarantineRecord.pathsBytesMax)
    lent = Splices(countMax: 1, textBytesMax: 1)
    splices = Splices(countMax: Self.splicesMax, textBytesMax: 2 * OperatorBench.bytesMax(for: eventBytesMax))
  }
}

/// What was exchanged in keys and headers of one event, as far as it is counted.
struct NoteList {
  private var notes: InlineArray<64, RedactionNote> = InlineArray(repeating: RedactionNote(rawValue: 0))
  private(set) var count = 0
  mutating func removeAll() { count = 0 }
  mutating func append(_ note: RedactionNote) {
    guard count < notes.count else { return }
    notes[count] = note
    count += 1
  }
  subscript(index: Int) -> RedactionNote { notes[index] }
}
