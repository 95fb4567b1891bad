/// What a key is, for those who document it.
public struct SettingsKey: Sendable, Equatable {
  /// Its path, such as `limits.connections` or `topics[].name`.
  public let path: String
  /// The kind of its value: `size`, `duration`, `count`, `word`, `name`, `path`, `address`, or a list of such.
  public let type: String
  /// What is valid.
  public let bound: String
  /// What holds when the file does not say; `nil` when the file must.
  public let standard: String?
  /// Whether a reload may change it while the node runs.
  public let isLive: Bool
  /// What it decides, in a sentence.
  public let summary: String

  /// Its line in the table of `Docs/Operations/settings.md`.
  public var documentLine: String {
    let standard = standard.map { "`\($0)`" } ?? "required"
    return "| `\(path)` | \(type) | \(standard) | \(bound) | \(isLive ? "live" : "restart") | \(summary) |"
  }
}

/// One key whose value is a scalar or a list of scalars: how it is read, written and compared.
///
/// The one place that knows a key.
struct SettingsRow<Root: Sendable>: Sendable {
  let path: String
  let type: String
  let bound: String
  let summary: String
  let isLive: Bool
  let isRequired: Bool
  let read: @Sendable (String, inout Root) throws(ValueMistake) -> Void
  let write: @Sendable (Root) -> String
  let copy: @Sendable (Root, inout Root) -> Void
  /// How a list of values is read; `nil` for a single value.
  let items: Items?

  /// How the values of a list are read, one after another.
  struct Items: Sendable {
    let countMax: Int
    /// Forgets what stands there.
    let clear: @Sendable (inout Root) -> Void
    let append: @Sendable (String, inout Root) throws(ValueMistake) -> Void
  }

  /// What a mistake says is expected.
  var wanted: String { "\(type): \(bound)".replacing("`", with: "'") }

  init<Value>(
    _ path: String,
    _ place: any WritableKeyPath<Root, Value> & Sendable,
    _ form: SettingsForm<Value>,
    isLive: Bool = false,
    isRequired: Bool = false,
    _ summary: String
  ) {
    (self.path, self.summary, self.isLive, self.isRequired) = (path, summary, isLive, isRequired)
    (type, bound) = (form.type, form.bound)
    read = { text, root throws(ValueMistake) in root[keyPath: place] = try form.read(text) }
    write = { root in form.write(root[keyPath: place]) }
    copy = { source, root in root[keyPath: place] = source[keyPath: place] }
    items = nil
  }

  /// A key whose value is a list; `word` stands for an empty one, and a single value for a list of one.
  ///
  /// Each item stands there once, unless they `mayRepeat`.
  init<Item: Equatable>(
    _ path: String,
    _ place: any WritableKeyPath<Root, [Item]> & Sendable,
    listOf form: SettingsForm<Item>,
    or word: String,
    countMax: Int,
    mayRepeat: Bool = false,
    isLive: Bool = false,
    _ summary: String
  ) {
    (self.path, self.summary, self.isLive, isRequired) = (path, summary, isLive, false)
    type = "list of \(form.type)s or `\(word)`"
    bound = "\(countMax) at most, each \(form.bound)"
    read = { text, root throws(ValueMistake) in
      if text == word { return root[keyPath: place] = [] }
      do throws(ValueMistake) { root[keyPath: place] = [try form.read(text)] } catch {
        let near = error.suggestion ?? nearest(to: text, among: [word])
        throw ValueMistake(expected: "'\(word)' or a list, each \(error.expected)", suggestion: near)
      }
    }
    write = { root in
      let items = root[keyPath: place]
      return items.isEmpty ? word : "[" + items.map(form.write).joined(separator: ", ") + "]"
    }
    copy = { source, root in root[keyPath: place] = source[keyPath: place] }
    items = Items(
      countMax: countMax,
      clear: { root in root[keyPath: place] = [] },
      append: { text, root throws(ValueMistake) in
        let item = try form.read(text)
        guard mayRepeat || !root[keyPath: place].contains(item) else { throw ValueMistake(expected: "each item once") }
        root[keyPath: place].append(item)
      }
    )
  }

  func key(under prefix: String, standard root: Root) -> SettingsKey {
    SettingsKey(
      path: prefix + path,
      type: type,
      bound: bound,
      standard: isRequired ? nil : write(root),
      isLive: isLive,
      summary: summary
    )
  }
}

/// The keys of one kind of mapping.
struct SettingsTable<Root: Sendable>: Sendable {
  /// What the mapping is called in a mistake: `a listener`.
  let noun: String
  let rows: [SettingsRow<Root>]
  /// Keys that hold a list, each with what reads it.
  ///
  /// The last argument is where the list stands in the file: `listeners[0].tls.certificates`.
  var lists: [String: @Sendable (Node, inout Root, inout SettingsReader, String) -> Void] = [:]
  /// Sections that may be written as a single word, and the key that the word then is.
  var shorthands: [String: String] = [:]
  /// Whether it is the whole file's.
  var isRoot = false

  /// The words that may follow `prefix`, which is empty or ends in a dot.
  func words(under prefix: String) -> [String] {
    var words: [String] = []
    for path in rows.map(\.path) + lists.keys.sorted() where path.hasPrefix(prefix) {
      let word = String(path.dropFirst(prefix.count).prefix { $0 != "." })
      if !words.contains(word) { words.append(word) }
    }
    return words
  }
  func row(_ path: String) -> SettingsRow<Root>? { rows.first { $0.path == path } }
  func isSection(_ path: String) -> Bool { rows.contains { $0.path.hasPrefix(path + ".") } }
}
