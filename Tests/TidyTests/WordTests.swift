import Testing

/// What the code must not say, and what it may say only where a reason stands beside it.
@Suite struct WordTests {
  @Test(arguments: Tree.sources)
  func `an error is handled and never swallowed`(file: Tree.File) {
    refuse(["try?", "try!"], in: file)
  }

  @Test(arguments: Tree.sources.filter { $0.path != "Sources/Base/Bytes/Require.swift" })
  func `a broken promise stops the process through one function`(file: Tree.File) {
    refuse(["fatalError(", "preconditionFailure("], in: file)
  }

  @Test(arguments: Tree.sources.filter { !$0.path.hasPrefix("Sources/Assembly/CLI/") })
  func `only the command line prints`(file: Tree.File) {
    refuse(["print(", "debugPrint(", "dump("], in: file)
  }

  @Test(arguments: Tree.files.filter { $0.path != thisFile })
  func `an open end is an entry among the limits, not a note`(file: Tree.File) {
    let isProse = file.path.hasSuffix(".md")
    for (index, line) in file.lines.enumerated() where !isProse && !file.path.hasPrefix("Tests/Fuzz/Corpus/") {
      for match in line.matches(of: /\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/) {
        Issue.record("\(file.path):\(index + 1): \(match.1)")
      }
    }
  }

  @Test(arguments: Tree.sources.filter { file in ["Base", "Line"].contains { file.path.hasPrefix("Sources/\($0)/") } })
  func `what Base and Line need is not in Foundation`(file: Tree.File) { refuseFoundation(file) }

  @Test(arguments: Tree.sources.filter { $0.path.hasPrefix("Sources/Assembly/") && !$0.path.contains("/CLI/") })
  func `what the gateway and the host need is not in Foundation`(file: Tree.File) { refuseFoundation(file) }

  @Test(arguments: Tree.sources)
  func `what the compiler can't check has its proof beside it`(file: Tree.File) {
    let lines = file.lines
    for (index, line) in SwiftText(file.text).lines.enumerated()
    where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
      let nearby = lines[max(0, index - 6)..<min(lines.count, index + 20)]
      #expect(nearby.contains { $0.contains("SAFETY:") }, "\(file.path):\(index + 1) lacks its // SAFETY: comment")
    }
  }

  /// The files of the line that need it to look at bytes without a check per byte, or to wipe secrets.
  static let unsafeFiles: Set = [
    "Decode/ChunkWalk.swift", "Decode/Desk.swift", "Decode/EventNames.swift", "Decode/HTTPAnswers.swift",
    "Decode/HTTPBody.swift", "Decode/HTTPFront.swift", "Decode/HeadMemos.swift", "Decode/RequestHead.swift",
    "Decode/RequestRun.swift", "Decode/Texts.swift", "Gate/APIKey.swift", "Gate/KeyRing.swift",
    "Gate/TopicDirectory.swift", "Inspect/CounterTable.swift", "Inspect/FieldPaths.swift", "Inspect/Inspector.swift",
    "Inspect/InspectorRedaction.swift", "Inspect/RedactionExemptions.swift", "Inspect/RedactionPlan.swift",
    "Inspect/RedactionTrial.swift", "Inspect/RedactorWalk.swift", "Store/Kafka/AnswerReader.swift",
  ]
  @Test(arguments: Tree.sources.filter { $0.path.hasPrefix("Sources/Line/") })
  func `few files of the line are unsafe, and they are known`(file: Tree.File) {
    let isUnsafe = SwiftText(file.text).lines.contains { SwiftText.contains("unsafe ", in: $0) }
    guard isUnsafe else { return }
    let name = String(file.path.dropFirst("Sources/Line/".count))
    #expect(Self.unsafeFiles.contains(name), "\(file.path) uses `unsafe` and is not on the list")
    #expect(file.text.contains("SAFETY:"), "\(file.path) uses `unsafe` and nowhere says why that is safe")
  }

  /// Spelt apart so that this file passes its own test.
  static let places = ["/wor" + "k/", "/tm" + "p/w/", "/ro" + "ot/"]
  @Test(arguments: Tree.files)
  func `nothing depends on the machine it was written on`(file: Tree.File) {
    for (index, line) in file.lines.enumerated() {
      for place in Self.places where line.contains(place) {
        Issue.record("\(file.path):\(index + 1) names \(place)")
      }
    }
  }

  private func refuseFoundation(_ file: Tree.File) {
    for (index, line) in SwiftText(file.text).lines.enumerated()
    where line.contains("import Foundation") { Issue.record("\(file.path):\(index + 1) imports Foundation") }
  }
  private func refuse(_ words: [String], in file: Tree.File) {
    for (index, line) in SwiftText(file.text).lines.enumerated() {
      for word in words where SwiftText.contains(word, in: line) {
        Issue.record("\(file.path):\(index + 1) says \(word)")
      }
    }
  }
}

private let thisFile = "Tests/TidyTests/WordTests.swift"
