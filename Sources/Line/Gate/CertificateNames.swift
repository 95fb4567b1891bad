/// Names of clients' certificates, and the numbers of the keys that they open.
struct CertificateNames: Sendable {
  private struct Pattern: Sendable {
    let start: String
    let end: String
    let number: UInt32

    func matches(_ name: String) -> Bool {
      name.utf8.count >= start.utf8.count + end.utf8.count && name.hasPrefix(start) && name.hasSuffix(end)
    }
  }
  private var exact: [String: UInt32] = [:]
  /// The longest first; among equals as in the file.
  private var patterns: [Pattern] = []

  init(_ entries: [KeyFile.Entry]) {
    for (index, entry) in entries.enumerated() where !entry.isRevoked {
      guard case .certificate(let name) = entry.credential else { continue }
      let parts = name.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2 {
        patterns.append(Pattern(start: parts[0], end: parts[1], number: UInt32(index + 1)))
      } else if exact[name] == nil {
        exact[name] = UInt32(index + 1)
      }
    }
    patterns.sort { $0.start.utf8.count + $0.end.utf8.count > $1.start.utf8.count + $1.end.utf8.count }
  }

  func number(of name: String) -> UInt32? { exact[name] ?? patterns.first { $0.matches(name) }?.number }
}
