internal import CYAML

/// A value of a YAML file and where it stands.
struct Node: Sendable {
  enum Content: Sendable {
    /// Text; `isPlain` when it stands without quotes.
    case scalar(String, isPlain: Bool)
    case sequence([Node])
    case mapping([Entry])
    /// Something was wrong here and has been reported.
    case broken
  }
  struct Entry: Sendable {
    let key: Node
    let value: Node
  }
  let content: Content
  let position: Position

  /// Whether it says nothing: `~`, `null`, or no text at all.
  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }
  /// What it is, in a word.
  var kind: String {
    switch content {
    case .scalar: "a value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .broken: "something broken"
    }
  }
}

/// What is wrong with a file as YAML.
struct YAMLProblem: Error {
  let position: Position
  let found: String
  var expected: String?
}

/// Reads one YAML document into a tree.
///
/// Anchors, aliases and tags are refused: a file of settings says what it means.
///
/// Bounds: `bytesMax` of text, `depthMax` levels, `nodesMax` values.
struct YAMLTree {
  static let bytesMax = 1 << 20
  static let depthMax = 16
  static let nodesMax = 65_536

  /// What is wrong, apart from what made reading impossible.
  private(set) var problems: [YAMLProblem] = []
  private var nodes = 0

  /// The document, or `nil` for an empty one.
  ///
  /// Throws: what made it impossible to read on.
  mutating func read(_ bytes: [UInt8]) throws(YAMLProblem) -> Node? {
    var events = YAMLEvents(bytes)
    guard case .streamStart = try events.next().kind else { return nil }
    guard case .documentStart = try events.next().kind else { return nil }
    let first = try events.next()
    let root = try node(first, &events, depth: 0)
    _ = try events.next()
    let end = try events.next()
    if case .documentStart = end.kind {
      problems.append(YAMLProblem(position: end.position, found: "a second document", expected: "one document a file"))
    }
    return root
  }

  private mutating func node(_ event: YAMLEvents.Event, _ events: inout YAMLEvents, depth: Int) throws(YAMLProblem)
    -> Node
  {
    nodes += 1
    guard depth <= Self.depthMax, nodes <= Self.nodesMax else {
      let found = nodes > Self.nodesMax ? "more than \(Self.nodesMax) values" : "more than \(Self.depthMax) levels"
      throw YAMLProblem(position: event.position, found: found)
    }
    if event.hasAnchor { refuse("an anchor", at: event.position) }
    if event.hasTag { refuse("a tag", at: event.position) }
    switch event.kind {
    case .scalar(let text, let isPlain):
      return Node(content: .scalar(text, isPlain: isPlain), position: event.position)
    case .sequenceStart:
      var items: [Node] = []
      while true {
        let next = try events.next()
        if case .sequenceEnd = next.kind { break }
        items.append(try node(next, &events, depth: depth + 1))
      }
      return Node(content: .sequence(items), position: event.position)
    case .mappingStart:
      var entries: [Node.Entry] = []
      while true {
        let next = try events.next()
        if case .mappingEnd = next.kind { break }
        let key = try node(next, &events, depth: depth + 1)
        entries.append(Node.Entry(key: key, value: try node(try events.next(), &events, depth: depth + 1)))
      }
      return Node(content: .mapping(entries), position: event.position)
    case .alias:
      refuse("an alias", at: event.position)
      return Node(content: .broken, position: event.position)
    case .streamStart, .documentStart, .documentEnd, .streamEnd, .sequenceEnd, .mappingEnd:
      throw YAMLProblem(position: event.position, found: "the end of the text", expected: "a value")
    }
  }

  private mutating func refuse(_ what: String, at position: Position) {
    problems.append(YAMLProblem(position: position, found: "\(what), which settings do not use"))
  }
}

/// libyaml's events, one after another.
@safe private struct YAMLEvents: ~Copyable {
  struct Event {
    enum Kind {
      case streamStart
      case streamEnd
      case documentStart
      case documentEnd
      case alias
      case scalar(String, isPlain: Bool)
      case sequenceStart
      case sequenceEnd
      case mappingStart
      case mappingEnd
    }
    let kind: Kind
    let position: Position
    let hasAnchor: Bool
    let hasTag: Bool
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8]) {
    unsafe parser = .allocate(capacity: 1)
    unsafe text = .allocate(capacity: max(1, bytes.count))
    _ = unsafe text.update(fromContentsOf: bytes)
    // SAFETY: both allocations live until `deinit` deletes the parser, which does not keep a copy of the text.
    precondition(unsafe yaml_parser_initialize(parser) == 1, "memory for a parser of settings")
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
  }
  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  /// The next event.
  ///
  /// Throws: what libyaml cannot read.
  mutating func next() throws(YAMLProblem) -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem() }
    defer { unsafe yaml_event_delete(&event) }
    let kind: Event.Kind
    var (hasAnchor, hasTag) = (false, false)
    // SAFETY: the event's type says which member of the union libyaml filled in.
    switch unsafe event.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = unsafe .scalar(String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
      (hasAnchor, hasTag) = unsafe (scalar.anchor != nil, scalar.tag != nil)
    case YAML_SEQUENCE_START_EVENT:
      kind = .sequenceStart
      (hasAnchor, hasTag) = unsafe (event.data.sequence_start.anchor != nil, event.data.sequence_start.tag != nil)
    case YAML_MAPPING_START_EVENT:
      kind = .mappingStart
      (hasAnchor, hasTag) = unsafe (event.data.mapping_start.anchor != nil, event.data.mapping_start.tag != nil)
    case YAML_ALIAS_EVENT: kind = .alias
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    default: kind = .streamEnd
    }
    let (start, end) = unsafe (event.start_mark, event.end_mark)
    var position = Position(line: start.line + 1, column: start.column + 1)
    if case .scalar = kind, start.line == end.line { position.length = max(1, end.column - start.column) }
    return Event(kind: kind, position: position, hasAnchor: hasAnchor, hasTag: hasTag)
  }

  private func problem() -> YAMLProblem {
    let state = unsafe parser.pointee
    let found = unsafe state.problem.map { unsafe String(cString: $0) } ?? "not enough memory"
    if unsafe state.error == YAML_READER_ERROR {
      return YAMLProblem(position: place(ofByte: unsafe state.problem_offset), found: "not text in UTF-8: \(found)")
    }
    let mark = unsafe state.problem_mark
    let context = unsafe state.context.map { unsafe " " + String(cString: $0) } ?? ""
    let position = Position(line: mark.line + 1, column: mark.column + 1)
    return YAMLProblem(position: position, found: "not YAML: \(found)\(context)")
  }

  private func place(ofByte offset: Int) -> Position {
    var position = Position.start
    for index in 0..<min(offset, unsafe text.count) {
      let byte = unsafe text[index]
      if byte == 0x0A {
        position = Position(line: position.line + 1, column: 1)
      } else if byte & 0xC0 != 0x80 {
        position.column += 1
      }
    }
    return position
  }
}
