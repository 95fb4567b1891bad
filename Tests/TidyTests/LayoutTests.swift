import Testing

/// The tree has the shape that its readers expect.
@Suite struct LayoutTests {
  @Test func `the root has no entry without a place in the design`() {
    let allowed: Set = ["Package.swift", "README.md", "LICENSE", "Sources", "Tests", "Benchmarks", "Tuning", "Docs"]
    let found = Set(Tree.paths.map { String($0.split(separator: "/")[0]) }.filter { !$0.hasPrefix(".") })
    #expect(found.subtracting(allowed).isEmpty, "\(found.subtracting(allowed).sorted())")
  }

  @Test func `Sources has three shelves`() {
    let found = Set(Tree.paths.filter { $0.hasPrefix("Sources/") }.map { String($0.split(separator: "/")[1]) })
    #expect(found == ["Base", "Line", "Assembly"])
  }

  @Test func `every folder of tests is of a known kind`() {
    let kinds: Set = [
      "Simulator", "StrictBroker", "KafkaCaptures", "LogReading", "Fuzz", "Vectors", "run", "tls-interop",
    ]
    for name in Set(Tree.paths.filter { $0.hasPrefix("Tests/") }.map { String($0.split(separator: "/")[1]) }) {
      #expect(kinds.contains(name) || name.hasSuffix("Tests"), "Tests/\(name)")
    }
  }

  @Test func `nothing is left as a placeholder`() {
    withKnownIssue("folders whose tests are still to come", isIntermittent: true) {
      for file in Tree.swift { #expect(file.name != "Placeholder.swift", "\(file.path)") }
    }
  }

  @Test func `every decision has a number of its own, a title and a measurement or a reason`() {
    let decisions = Tree.files.filter { $0.path.hasPrefix("Docs/Decisions/") }
    let numbers = decisions.map { $0.name.prefix(4) }
    #expect(Set(numbers).count == numbers.count, "\(numbers)")
    for file in decisions {
      #expect(UInt16(file.name.prefix(4)) != nil && file.name.dropFirst(4).hasPrefix("-"), "\(file.path)")
      #expect(file.text.hasPrefix("# "), "\(file.path) has no title")
    }
  }

  @Test(arguments: Tree.files.filter { $0.path.hasSuffix(".md") })
  func `what a document points to exists`(file: Tree.File) {
    let folder = file.path.split(separator: "/").dropLast()
    for match in file.text.matches(of: /\]\(([^)#\s]+)(#[^)]*)?\)/) {
      let target = String(match.1)
      guard !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
      var parts = folder.map(String.init)
      for part in target.split(separator: "/") {
        if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
      }
      let path = parts.joined(separator: "/")
      #expect(Tree.paths.contains { $0 == path || $0.hasPrefix(path + "/") }, "\(file.path) points to \(target)")
    }
  }
}
