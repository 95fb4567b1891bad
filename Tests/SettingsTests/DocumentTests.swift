import Foundation
import Settings
import Testing

@Suite struct DocumentTests {
  private func document() throws -> [String] {
    let file = root.appendingPathComponent("Docs/Operations/settings.md")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func `the document has the line of every key`() throws {
    let lines = Set(try document())
    for key in NodeSettings.keys {
      #expect(lines.contains(key.documentLine), "Docs/Operations/settings.md lacks:\n\(key.documentLine)")
    }
  }

  @Test func `the document names no key that there is not`() throws {
    let known = Set(NodeSettings.keys.map(\.documentLine))
    for line in try document() where line.hasPrefix("| `") { #expect(known.contains(line), "\(line)") }
  }

  @Test func `the example in the document is right`() throws {
    let text = try document().joined(separator: "\n")
    let example = try #require(text.firstMatch(of: /```yaml\n((?:.|\n)*?)\n```/)?.1)
    _ = try settings(String(example))
  }

  @Test func `every key says what it is`() {
    let keys = NodeSettings.keys
    #expect(Set(keys.map(\.path)).count == keys.count)
    for key in keys { #expect(!key.summary.isEmpty && key.summary.hasSuffix(".") && !key.bound.isEmpty, "\(key.path)") }
  }
}
