import Testing

/// What stands in two places says the same in both.
@Suite struct TableTests {
  @Test func `every metric is documented, and nothing else is`() {
    let inCode = Set(Tree.sources.flatMap { SwiftText($0.text).texts }.filter(isMetric))
    let text = Tree.file("Docs/Metrics.md")?.text ?? ""
    let inDocument = Set(text.matches(of: /^\| `(sluice_[a-z0-9_]+)`/.anchorsMatchLineEndings()).map { String($0.1) })
    #expect(!inCode.isEmpty, "no metric in the code")
    #expect(
      inCode.subtracting(inDocument).isEmpty,
      "missing in Docs/Metrics.md: \(inCode.subtracting(inDocument).sorted())"
    )
    #expect(
      inDocument.subtracting(inCode).isEmpty,
      "only in Docs/Metrics.md: \(inDocument.subtracting(inCode).sorted())"
    )
  }
  private func isMetric(_ text: String) -> Bool { text.wholeMatch(of: /sluice_[a-z0-9_]+/) != nil }

  @Test func `every setting that bounds something is among the limits`() throws {
    let settings = try #require(Tree.file("Docs/Operations/settings.md")).text
    let limits = try #require(Tree.file("Docs/Limits.md")).text
    for match in settings.matches(of: /^\| `((?:limits|log|quarantine)\.[a-z_.]+)`/.anchorsMatchLineEndings()) {
      #expect(limits.contains("`\(match.1)`"), "\(match.1) is not in Docs/Limits.md")
    }
  }

  @Test func `every planted bug changes exactly one place`() throws {
    let list = try #require(Tree.file("Tests/Simulator/mutations.txt"))
    let mutations = Mutation.read(list.text)
    #expect(mutations.count >= 20)
    #expect(Set(mutations.map(\.name)).count == mutations.count, "names differ")
    for mutation in mutations {
      let file = try #require(Tree.file(mutation.path), "\(mutation.name): there is no \(mutation.path)")
      let places = file.text.ranges(of: mutation.before)
      #expect(places.count == 1, "\(mutation.name): its place is found \(places.count) times in \(mutation.path)")
      #expect(mutation.before != mutation.after && !mutation.says.isEmpty, "\(mutation.name)")
    }
  }
}

/// One planted bug of `Tests/Simulator/mutations.txt`.
struct Mutation {
  var name = ""
  var says = ""
  var path = ""
  var before = ""
  var after = ""

  static func read(_ text: String) -> [Mutation] {
    var all: [Mutation] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("== ") {
        all.append(Mutation(name: String(line.dropFirst(3))))
        continue
      }
      guard let last = all.indices.last else { continue }
      let rest = String(line.dropFirst(1))
      switch line.first {
      case "@": all[last].path = rest.trimmingPrefix(" ").description
      case "-": all[last].before += (all[last].before.isEmpty ? "" : "\n") + rest
      case "+": all[last].after += (all[last].after.isEmpty ? "" : "\n") + rest
      default: all[last].says += line
      }
    }
    return all
  }
}
