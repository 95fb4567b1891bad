extension NodeSettings {
  /// Reads a whole file and finds everything wrong with it at once.
  ///
  /// - Parameters:
  ///   - bytes: the file, UTF-8. Bound: 1 MiB.
  ///   - file: what mistakes call the file.
  ///   - protocols: the names of the fronts that a listener may ask for.
  /// - Returns: the settings, complete and consistent.
  /// - Throws: every mistake, in the order of the file. Bound: 100.
  public static func read(_ bytes: [UInt8], file: String, protocols: [String] = defaultProtocols)
    throws(SettingsMistakes) -> NodeSettings
  {
    var reader = SettingsReader(file: file)
    var settings = NodeSettings()
    if let root = reader.tree(bytes) {
      reader.mapping(root, table(protocols: protocols), prefix: "", place: "", into: &settings)
      reader.check(settings)
    }
    guard reader.mistakes.isEmpty else { throw SettingsMistakes(all: reader.sorted) }
    return settings
  }
  /// Reads a whole file that is already text.
  public static func read(_ text: String, file: String, protocols: [String] = defaultProtocols)
    throws(SettingsMistakes) -> NodeSettings
  {
    try read(Array(text.utf8), file: file, protocols: protocols)
  }
}

/// Goes through a tree of nodes by a table of keys and gathers mistakes.
struct SettingsReader {
  static let mistakesMax = 100

  private let file: String
  private var lines = SourceLines("")
  private(set) var mistakes: [SettingsMistake] = []
  /// Where each key that the file gives stands, by its full path: `topics[3].name`.
  private(set) var given: [String: Position] = [:]

  init(file: String) { self.file = file }

  /// The mistakes in the order of the file.
  var sorted: [SettingsMistake] {
    mistakes.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// Notes a mistake, unless there are more than anybody reads.
  mutating func note(_ found: String, at position: Position, expected: String? = nil, suggestion: String? = nil) {
    guard mistakes.count < Self.mistakesMax else { return }
    mistakes.append(
      SettingsMistake(
        file: file,
        line: position.line,
        column: position.column,
        found: found,
        expected: expected,
        suggestion: suggestion,
        excerpt: lines.excerpt(at: position)
      )
    )
  }

  /// The file's values, or `nil` when it cannot be read.
  ///
  /// An empty file is an empty mapping.
  mutating func tree(_ bytes: [UInt8]) -> Node? {
    guard bytes.count <= YAMLTree.bytesMax else {
      note("a file of \(bytes.count) bytes", at: .start, expected: "\(YAMLTree.bytesMax) at most")
      return nil
    }
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    lines = SourceLines(String(decoding: bytes, as: UTF8.self))
    var tree = YAMLTree()
    var root: Node?
    do throws(YAMLProblem) {
      root = try tree.read(bytes) ?? Node(content: .mapping([]), position: .start)
    } catch {
      note(error.found, at: error.position, expected: error.expected)
    }
    for problem in tree.problems { note(problem.found, at: problem.position, expected: problem.expected) }
    return root
  }

  /// Reads the keys of a mapping, those of its sections included.
  ///
  /// `prefix` is the section within the table and `place` the path of the table's mapping within the file; each is
  /// empty or ends in a dot.
  mutating func mapping<Root>(
    _ node: Node,
    _ table: SettingsTable<Root>,
    prefix: String,
    place: String,
    into root: inout Root
  ) {
    let section = prefix.isEmpty ? table.noun : "'\(prefix.dropLast())'"
    guard case .mapping(let entries) = node.content else {
      if case .broken = node.content { return }
      if !node.isNull { note("\(node.kind) for \(section)", at: node.position, expected: "a mapping of keys") }
      return
    }
    for entry in entries {
      guard case .scalar(let word, _) = entry.key.content else {
        note("\(entry.key.kind) as a key in \(section)", at: entry.key.position, expected: "a word")
        continue
      }
      let path = prefix + word
      if let first = given[place + path] {
        note("key \(quoted(word)) for the second time in \(section); line \(first.line) has it", at: entry.key.position)
        continue
      }
      given[place + path] = entry.key.position
      if let row = table.row(path) {
        value(entry.value, row, word, into: &root, at: entry.key.position)
      } else if let list = table.lists[path] {
        list(entry.value, &root, &self, place + path)
      } else if table.isSection(path) {
        if case .scalar = entry.value.content, !entry.value.isNull, let short = table.shorthands[path],
          let row = table.row(short)
        {
          given[place + short] = entry.key.position
          value(entry.value, row, word, into: &root, at: entry.key.position)
        } else {
          mapping(entry.value, table, prefix: path + ".", place: place, into: &root)
        }
      } else {
        unknown(word, in: table, prefix: prefix, section: section, at: entry.key.position)
      }
    }
  }

  private mutating func value<Root>(
    _ node: Node,
    _ row: SettingsRow<Root>,
    _ word: String,
    into root: inout Root,
    at key: Position
  ) {
    switch node.content {
    case .broken: return
    case .sequence(let nodes) where row.items != nil: items(nodes, of: node, row, word, into: &root)
    case .sequence, .mapping:
      note("\(node.kind) for '\(word)'", at: node.position, expected: "a single value, \(row.wanted)")
    case .scalar(let text, _):
      if node.isNull { return note("'\(word)' without a value", at: key, expected: row.wanted) }
      do throws(ValueMistake) { try row.read(text, &root) } catch {
        note("\(quoted(text)) for '\(word)'", at: node.position, expected: error.expected, suggestion: error.suggestion)
      }
    }
  }

  /// Reads the values of a list, each on its own.
  private mutating func items<Root>(
    _ nodes: [Node],
    of list: Node,
    _ row: SettingsRow<Root>,
    _ word: String,
    into root: inout Root
  ) {
    guard let items = row.items else { return }
    if nodes.isEmpty { note("an empty list for '\(word)'", at: list.position, expected: row.wanted) }
    if nodes.count > items.countMax {
      note("\(nodes.count) items in '\(word)'", at: list.position, expected: "\(items.countMax) at most")
    }
    items.clear(&root)
    for node in nodes.prefix(items.countMax) {
      guard case .scalar(let text, _) = node.content, !node.isNull else {
        if case .broken = node.content { continue }
        note("\(node.isNull ? "nothing" : node.kind) in '\(word)'", at: node.position, expected: row.wanted)
        continue
      }
      do throws(ValueMistake) { try items.append(text, &root) } catch {
        note("\(quoted(text)) in '\(word)'", at: node.position, expected: error.expected, suggestion: error.suggestion)
      }
    }
  }

  private mutating func unknown<Root>(
    _ word: String,
    in table: SettingsTable<Root>,
    prefix: String,
    section: String,
    at position: Position
  ) {
    let place = prefix.isEmpty && table.isRoot ? "" : " in \(section)"
    let elsewhere = table.rows.first { $0.path.hasSuffix("." + word) }?.path
    let words = table.words(under: prefix)
    let suggestion = nearest(to: word, among: words) ?? elsewhere
    let expected = suggestion == nil ? "one of \(words.map { "'\($0)'" }.joined(separator: ", "))" : nil
    note("unknown key \(quoted(word))\(place)", at: position, expected: expected, suggestion: suggestion)
  }

  /// Reads a list of mappings.
  ///
  /// `place` is where it stands in the file; its last word is what mistakes call it.
  mutating func list<Item>(
    _ node: Node,
    _ table: SettingsTable<Item>,
    at place: String,
    countMax: Int,
    make: () -> Item
  ) -> [Item] {
    let name = place.split(separator: ".").last.map(String.init) ?? place
    guard case .sequence(let nodes) = node.content else {
      if case .broken = node.content { return [] }
      note(
        "\(node.isNull ? "nothing" : node.kind) for '\(name)'",
        at: node.position,
        expected: "a list, each item \(table.noun)"
      )
      return []
    }
    if nodes.isEmpty {
      note("an empty list for '\(name)'", at: node.position, expected: "at least one item, each \(table.noun)")
    }
    if nodes.count > countMax {
      note("\(nodes.count) items in '\(name)'", at: node.position, expected: "\(countMax) at most")
    }
    var items: [Item] = []
    for (index, node) in nodes.prefix(countMax).enumerated() {
      var item = make()
      let inside = "\(place)[\(index)]."
      given["\(place)[\(index)]"] = node.position
      mapping(node, table, prefix: "", place: inside, into: &item)
      if case .mapping = node.content {
        for row in table.rows where row.isRequired && given[inside + row.path] == nil {
          note("\(table.noun) without '\(row.path)'", at: node.position, expected: row.wanted)
        }
      } else if node.isNull {
        note("nothing in '\(name)'", at: node.position, expected: table.noun)
      }
      items.append(item)
    }
    return items
  }
}
