/// What a metric is: its row in the table that `Docs/Metrics.md` shows and that a test compares with it.
public struct Metric: Sendable, Equatable {
  /// How its values behave.
  public enum Kind: String, Sendable, CaseIterable {
    /// It only rises. Its name ends in `_total`.
    case counter
    /// It rises and falls.
    case gauge
    /// Counts of values up to each bound.
    case histogram
  }
  /// Its name: `a-z 0-9 _`, in base units (`seconds`, `bytes`).
  public let name: String
  /// How its values behave.
  public let kind: Kind
  /// What it tells, in a sentence.
  public let help: String
  /// The names of its labels, in the order in which values are given.
  public let labels: [String]

  /// A metric.
  public init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = []) {
    (self.name, self.kind, self.help, self.labels) = (name, kind, help, labels)
  }

  /// Whether it keeps the rules: names of `a-z 0-9 _`, counters and only they end in `_total`, a help, no reserved
  /// label.
  public var isValid: Bool {
    Self.isName(name) && labels.allSatisfy { Self.isName($0) && !$0.hasPrefix("__") && $0 != "le" }
      && Set(labels).count == labels.count && !help.isEmpty && name.hasSuffix("_total") == (kind == .counter)
  }
  /// Its line in `Docs/Metrics.md`.
  public var documentLine: String {
    let labels = labels.isEmpty ? "–" : labels.map { "`\($0)`" }.joined(separator: ", ")
    return "| `\(name)` | \(kind.rawValue) | \(labels) | \(help) |"
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first == 0x5F || first >= 0x61 && first <= 0x7A else { return false }
    return text.utf8.allSatisfy { $0 == 0x5F || $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 }
  }
}
