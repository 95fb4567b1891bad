internal import Bytes
public import Formats

/// How schemas are read.
public struct SchemaOptions: Sendable {
  /// Whether `format` is checked, or only said.
  public var assertsFormats = true
  /// How many schemas, counted with those within, a schema and what it refers to may be.
  public var nodesMax = 100_000
  /// The defaults: formats are checked.
  public init() {}
}

/// A compiled schema: what events of a topic must fit.
///
/// Never changes, so threads may share it. Source: JSON Schema 2020-12.
@safe public final class Schema: Sendable {
  let program: Stored<Program>
  /// For checking while scanning; `nil` where that can't be done.
  let stream: Stored<StreamProgram>?
  let texts: AssertionTexts
  /// What makes it need the tape; `nil` where it is checked while it is scanned.
  public let tapeReason: TapeReason?
  // SAFETY: the program's patterns point into these, which are kept for as long.
  private let patterns: [Pattern]

  /// Compiles the document of that URI in a library.
  ///
  /// Throws: what is wrong with it, and where.
  public init(_ uri: String, in library: SchemaLibrary, options: SchemaOptions = SchemaOptions()) throws(SchemaMistake)
  {
    guard let root = library.root(uri) else { broken("a schema is compiled that is in its library: \(uri)") }
    var builder = ProgramBuilder(library, document: root.document, options: options)
    let program = try builder.compile(root)
    self.program = Stored(program)
    (texts, patterns) = (AssertionTexts(builder.assertions), builder.patterns)
    var compiler = StreamCompiler(program, patterns: patterns, locations: builder.places.map { "\($0.pointer)" })
    do throws(TapeReason) { (stream, tapeReason) = (Stored(try compiler.compile()), nil) } catch {
      (stream, tapeReason) = (nil, error)
    }
  }
  deinit {
    program.value.free()
    program.free()
    stream?.value.free()
    stream?.free()
  }
}

/// What came of checking an event.
public enum SchemaOutcome: Sendable {
  /// It fits.
  case valid
  /// It does not fit: ask the validator for its failures.
  case invalid
  /// It is no JSON, or more than limits allow.
  case malformed(JSONFault)
  /// To tell would take more work than one event may cost.
  case exhausted
}

/// Checks events against schemas.
///
/// One a thread: all memory is allocated at the start.
public struct Validator: ~Copyable {
  var marks: JSONMarks
  var path: EventPath
  /// Whether the tape's evaluator has the failures of the event that was checked last.
  private var wasOnTape = false
  var evaluator: TapeEvaluator
  private var stream: StreamEvaluator

  /// One for events of so many bytes.
  ///
  /// - Parameters:
  ///   - bytesMax: the longest event.
  ///   - limits: what is taken, beyond the grammar.
  ///   - seed: entropy, so that nobody can choose values whose hashes collide.
  public init(bytesMax: Int, limits: JSONLimits = JSONLimits(), seed: UInt64) {
    marks = JSONMarks(bytesMax: bytesMax, limits: limits)
    path = EventPath(depthMax: limits.depthMax)
    stream = StreamEvaluator(bytesMax: bytesMax, limits: limits)
    evaluator = TapeEvaluator(bytesMax: bytesMax, depthMax: limits.depthMax, seed: seed)
  }

  /// Checks an event in the way that its schema allows.
  ///
  /// Cost: two passes for most; no allocation.
  public mutating func check(_ event: RawSpan, against schema: Schema) -> SchemaOutcome {
    guard let program = schema.stream, !program.value.countsMembers || !marks.limits.allowsDuplicateNames else {
      return checkOnTape(event, against: schema)
    }
    wasOnTape = false
    do throws(JSONFault) {
      var reader = try marks.reader(of: event)
      let context = Context(schema.program, program, event)
      switch try stream.run(&reader, &evaluator, context) {
      case .valid: return .valid
      case .invalid:
        if stream.isExhausted { return .exhausted }
        // A name that occurs again may overrule what does not fit.
        if !marks.limits.allowsDuplicateNames { return .invalid }
      case .unknown: break
      }
    } catch { return .malformed(error) }
    return checkOnTape(event, against: schema)
  }

  /// Checks an event on the tape, whatever its schema asks for.
  public mutating func checkOnTape(_ event: RawSpan, against schema: Schema, failuresMax: Int = 1) -> SchemaOutcome {
    wasOnTape = true
    do throws(JSONFault) {
      var reader = try marks.reader(of: event)
      try evaluator.tape.fill(&reader, marks.limits)
    } catch { return .malformed(error) }
    let fits = evaluator.run(Context(schema.program, nil, event), failuresMax: failuresMax)
    return evaluator.isExhausted ? .exhausted : fits ? .valid : .invalid
  }

  /// Goes to the first token of the event that was checked last, once more.
  @_lifetime(copy event)
  public func readerAgain(of event: RawSpan) -> JSONReader { marks.readerAgain(of: event) }
  /// Checks that an event is one JSON value and nothing else, whatever it is, and goes to its first token.
  ///
  /// Throws: what is wrong first, and where. Cost: the marks and one strict pass over them.
  @_lifetime(copy event)
  public mutating func reader(ofAny event: RawSpan) throws(JSONFault) -> JSONReader { try marks.checked(event) }

  /// How many things were found that do not hold for the event that was checked last.
  var failureCount: Int { wasOnTape ? evaluator.failureCount : 1 }
  /// One of them.
  func failure(_ index: Int) -> Failure { wasOnTape ? evaluator.failures[index] : stream.failure }
}
