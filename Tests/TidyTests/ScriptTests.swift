import Testing

/// Scripts behave the same way everywhere.
@Suite struct ScriptTests {
  static let scripts = Tree.files.filter { file in
    guard let first = file.lines.first, first.hasPrefix("#!") else { return false }
    return first.hasSuffix("sh")
  }

  @Test func `there are scripts to look at`() { #expect(Self.scripts.contains { $0.path == "Tests/run" }) }

  @Test(arguments: scripts)
  func `a script can be run`(script: Tree.File) { #expect(Tree.isExecutable(script.path), "\(script.path)") }

  @Test(arguments: scripts)
  func `a script stops at the first error and at a variable without a value`(script: Tree.File) {
    #expect(script.lines.contains { $0.hasPrefix("set -eu") }, "\(script.path) has no `set -eu`")
  }

  @Test(arguments: scripts)
  func `a script explains itself`(script: Tree.File) { #expect(script.text.contains("--help"), "\(script.path)") }

  @Test(arguments: scripts)
  func `a script ends nobody else's process`(script: Tree.File) {
    for word in ["pkill", "killall"] where script.text.contains(word) { Issue.record("\(script.path) says \(word)") }
  }
}
