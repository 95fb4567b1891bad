/// What a schema must be able to do with the events of its other versions.
public enum CompatibilityMode: String, CaseIterable, Sendable {
  /// It reads what was written with the version before it.
  case backward
  /// What is written with it, the version before it reads.
  case forward
  /// Both.
  case full
  /// It reads what was written with any version before it.
  case backwardTransitive = "backward-transitive"
  /// What is written with it, every version before it reads.
  case forwardTransitive = "forward-transitive"
  /// Both, with every version before it.
  case fullTransitive = "full-transitive"
  /// Anything.
  case none

  /// Whether it must read what was written with others.
  var readsOthers: Bool {
    switch self {
    case .backward, .full, .backwardTransitive, .fullTransitive: true
    case .forward, .forwardTransitive, .none: false
    }
  }
  /// Whether others must read what is written with it.
  var isReadByOthers: Bool {
    switch self {
    case .forward, .full, .forwardTransitive, .fullTransitive: true
    case .backward, .backwardTransitive, .none: false
    }
  }
  /// Whether all versions count, not only the last one.
  public var isTransitive: Bool {
    switch self {
    case .backwardTransitive, .forwardTransitive, .fullTransitive: true
    case .backward, .forward, .full, .none: false
    }
  }
}
