import Testing

/// Base ← Line ← Gateway ← CLI, and nothing else.
@Suite struct ArrowTests {
  static let line = modules(on: "Line")
  static let base = modules(on: "Base")
  static let assembly: Set = ["Gateway", "Host", "CLI"]

  @Test(arguments: Tree.sources.filter { $0.path.hasPrefix("Sources/Base/") })
  func `Base imports nothing above it`(file: Tree.File) {
    for name in imports(of: file) where Self.line.contains(name) || Self.assembly.contains(name) {
      Issue.record("\(file.path) imports \(name)")
    }
  }

  @Test(arguments: Tree.sources.filter { $0.path.hasPrefix("Sources/Line/") })
  func `the stages of the line know only Base`(file: Tree.File) {
    for name in imports(of: file) where Self.line.contains(name) || Self.assembly.contains(name) {
      Issue.record("\(file.path) imports \(name)")
    }
  }

  @Test(arguments: Tree.sources.filter { $0.path.hasPrefix("Sources/Assembly/Gateway/") })
  func `the gateway knows the world only as a machine`(file: Tree.File) {
    for name in imports(of: file) where name == "Host" || name == "CLI" {
      Issue.record("\(file.path) imports \(name)")
    }
  }

  @Test(arguments: Tree.swift)
  func `few import the real machine`(file: Tree.File) {
    guard imports(of: file).contains("Host") else { return }
    let may = ["Sources/Assembly/CLI/", "Benchmarks/", "Tests/HostTests/", "Tests/EndToEndTests/"]
    #expect(may.contains { file.path.hasPrefix($0) }, "\(file.path) imports Host")
  }

  @Test func `the stages of the line stand in the order of an event's way`() {
    let order = ["Accept", "Decode", "Gate", "Inspect", "Mark", "Pack", "Store"]
    #expect(Self.line.isSubset(of: order), "a stage outside the line: \(Self.line.subtracting(order))")
    #expect(order == order.sorted())
  }

  @Test func `no type is named like its module`() {
    for file in Tree.sources {
      let module = String(file.path.split(separator: "/")[2])
      for kind in ["struct", "enum", "class", "protocol", "actor"]
      where SwiftText(file.text).lines.contains(where: { line in
        line.hasPrefix("public \(kind) \(module)")
          && !(line.dropFirst("public \(kind) \(module)".count).first?.isLetter ?? false)
      }) {
        Issue.record("\(file.path): \(kind) \(module)")
      }
    }
  }

  private static func modules(on shelf: String) -> Set<String> {
    Set(Tree.paths.filter { $0.hasPrefix("Sources/\(shelf)/") }.map { String($0.split(separator: "/")[2]) })
  }
  private func imports(of file: Tree.File) -> [String] {
    SwiftText(file.text).lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count else { return nil }
      return String(words.last ?? "")
    }
  }
}
