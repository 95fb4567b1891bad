/// Why a text is not a pattern, or not one that can be matched here.
public struct PatternFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where, in code points from the start of the pattern.
  public let offset: Int
  /// What is wrong there and, where there is one, the remedy.
  public let message: String

  init(at offset: Int, _ message: String) {
    self.offset = offset
    self.message = message
  }

  /// One line for whoever wrote the pattern.
  public var description: String { "\(message), at character \(offset + 1)" }
}
