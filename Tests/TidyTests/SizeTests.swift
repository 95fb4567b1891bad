import Testing

/// Files, functions and lines stay short enough to be read.
@Suite struct SizeTests {
  static let fileLinesMax = 600
  static let functionLinesMax = 60
  static let lineLengthMax = 120

  @Test(arguments: Tree.swift)
  func `a file has 600 lines at most`(file: Tree.File) {
    let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    #expect(count <= Self.fileLinesMax, "\(file.path) has \(count) lines")
  }

  @Test(arguments: Tree.swift)
  func `a function has 60 lines at most`(file: Tree.File) {
    for function in SwiftText(file.text).functions() where function.lineCount > Self.functionLinesMax {
      Issue.record("\(file.path):\(function.line): \(function.name) has \(function.lineCount) lines")
    }
  }

  @Test(arguments: Tree.files.filter { $0.isSwift || $0.path.hasSuffix(".c") || $0.path.hasSuffix(".h") })
  func `a line has 120 characters at most`(file: Tree.File) {
    for (index, line) in file.lines.enumerated() where line.count > Self.lineLengthMax {
      Issue.record("\(file.path):\(index + 1): \(line.count) characters")
    }
  }

  @Test func `functions are found, measured and told from what has no body`() {
    let source = #"""
      protocol P {
        func none(_ a: Int) -> Int
        init(b: Int)
      }
      struct S {
        init() { x = "}{" } // }
        func two(a: [Int] = [], b: () -> Void = {}) throws(E)
          -> Int
        {
          "\(f { $0 }) \" }"
        }
        subscript(i: Int) -> Int {
          get { 1 }
        }
        deinit { self.init() }
      }
      """#
    let found = SwiftText(source).functions().map { ($0.name.prefix { $0 != "(" }.description, $0.line, $0.lineCount) }
    #expect(found.map(\.0) == ["init", "func two", "subscript", "deinit "])
    #expect(found.map(\.1) == [6, 7, 12, 15])
    #expect(found.map(\.2) == [1, 5, 3, 1])
  }
}
