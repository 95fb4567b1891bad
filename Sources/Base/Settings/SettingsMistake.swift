/// One thing wrong in a file the operator wrote: where, what, and what was expected.
///
/// Prints like a compiler's.
///
///     sluice.yaml:12:5: unknown key 'adress' in a listener; did you mean 'address'?
///       - adress: 127.0.0.1:80
///         ^~~~~~
public struct SettingsMistake: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as it was named to us.
  public let file: String
  /// The line, counted from 1.
  public let line: Int
  /// The column in characters, counted from 1.
  public let column: Int
  /// What is wrong.
  public let found: String
  /// What would have been right, or `nil` when that goes without saying.
  public let expected: String?
  /// The nearest valid word, or `nil` when none is near.
  public let suggestion: String?
  /// The line with a caret under the place, or `nil` when there is no such line.
  public let excerpt: String?

  /// The first line of `description`, without the excerpt.
  public var headline: String {
    var text = "\(file):\(line):\(column): \(found)"
    if let expected { text += "; expected \(expected)" }
    if let suggestion { text += "; did you mean '\(suggestion)'?" }
    return text
  }
  /// The mistake and the line it is in.
  public var description: String { excerpt.map { headline + "\n" + $0 } ?? headline }
}

/// Everything wrong in one file.
public struct SettingsMistakes: Error, Sendable, Equatable, CustomStringConvertible {
  /// In the order of the file.
  ///
  /// Bound: 100.
  public let all: [SettingsMistake]
  /// One after another.
  public var description: String { all.map(\.description).joined(separator: "\n") }
}

/// Where something stands in a file.
struct Position: Sendable, Equatable {
  /// Counted from 1.
  var line: Int
  /// In characters, counted from 1.
  var column: Int
  /// How many characters of the line it covers.
  var length = 1
  static let start = Position(line: 1, column: 1)
}

/// The lines of a file, as libyaml counts them, for excerpts.
struct SourceLines {
  private let lines: [Substring.UnicodeScalarView]
  private static let widthMax = 100

  init(_ text: String) {
    var lines: [Substring.UnicodeScalarView] = []
    let scalars = text.unicodeScalars
    var start = scalars.startIndex
    var index = start
    while index < scalars.endIndex {
      let scalar = scalars[index]
      var next = scalars.index(after: index)
      // Source: YAML 1.1 §4.2, the line breaks libyaml counts.
      if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
        lines.append(Substring(scalars[start..<index]).unicodeScalars)
        if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
        start = next
      }
      index = next
    }
    lines.append(Substring(scalars[start...]).unicodeScalars)
    self.lines = lines
  }

  /// The line of a place with a caret under it.
  ///
  /// Long lines are cut, and what a terminal would obey is replaced.
  func excerpt(at position: Position) -> String? {
    guard lines.indices.contains(position.line - 1), !lines[position.line - 1].isEmpty else { return nil }
    let line = Array(lines[position.line - 1])
    let column = min(position.column - 1, line.count)
    let first = column > Self.widthMax - 20 ? column - 20 : 0
    let shown = line[first..<min(line.count, first + Self.widthMax)]
    let length = max(1, min(position.length, shown.endIndex - column))
    let pad = String(repeating: " ", count: column - first)
    return "  \(printable(shown))\n  \(pad)^\(String(repeating: "~", count: length - 1))"
  }
}

/// The text with each control character replaced by one that prints, so that a hostile file cannot steer a terminal.
func printable(_ scalars: some Sequence<Unicode.Scalar>) -> String {
  var text = ""
  for scalar in scalars {
    switch scalar.properties.generalCategory {
    case .control: text.unicodeScalars.append(scalar == "\t" ? " " : "\u{FFFD}")
    case .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      text.unicodeScalars.append("\u{FFFD}")
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}

/// What a mistake quotes: printable, and cut after 60 characters.
func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars
  let cut = printable(scalars.prefix(60))
  return scalars.count > 60 ? "'\(cut)…'" : "'\(cut)'"
}

/// The word nearest to `text` by edits, or `nil` when none is near enough to be meant.
///
/// Bound: 64 bytes of text.
public func nearest(to text: String, among words: some Sequence<String>) -> String? {
  guard !text.isEmpty, text.utf8.count <= 64 else { return nil }
  let wanted = Array(text.lowercased().utf8)
  var best: (word: String, distance: Int)?
  for word in words {
    let distance = edits(from: wanted, to: Array(word.lowercased().utf8))
    guard distance <= max(1, min(wanted.count, word.utf8.count) / 3), distance < best?.distance ?? .max else {
      continue
    }
    best = (word, distance)
  }
  return best?.word
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into another.
private func edits(from left: [UInt8], to right: [UInt8]) -> Int {
  var before: [Int] = []
  var above = Array(0...right.count)
  for (row, byte) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      var cost = min(above[column] + (byte == other ? 0 : 1), above[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
        cost = min(cost, before[column - 1] + 1)
      }
      current.append(cost)
    }
    (before, above) = (above, current)
  }
  return above[right.count]
}
