import Foundation

/// The built program, which lies beside the bundle of tests.
enum Program {
  static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("sluice").path

  /// What a run of it gave.
  struct Ended {
    let status: Int32
    let output: String
    let errors: String
    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
    /// Each line of standard output as JSON.
    func objects() throws -> [[String: Any]] {
      try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:] }
    }
  }

  /// Runs it to its end, with a text as its standard input.
  static func run(_ arguments: String..., input: String? = nil) throws -> Ended {
    try Started(arguments, input: input).end()
  }

  /// A run under way; its outputs go to files, so that nothing waits for a reader.
  final class Started {
    let process = Process()
    private let folder: URL

    init(_ arguments: [String], input: String? = nil) throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-run-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = arguments
      for name in ["output", "errors"] {
        _ = FileManager.default.createFile(atPath: folder.appendingPathComponent(name).path, contents: nil)
      }
      process.standardInput = FileHandle.nullDevice
      if let input {
        let file = folder.appendingPathComponent("input")
        try Data(input.utf8).write(to: file)
        process.standardInput = try FileHandle(forReadingFrom: file)
      }
      process.standardOutput = try FileHandle(forWritingTo: folder.appendingPathComponent("output"))
      process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent("errors"))
      try process.run()
    }
    deinit {
      if process.isRunning { process.terminate() }
      _ = try? FileManager.default.removeItem(at: folder)
    }

    /// What it has written so far.
    func output() throws -> String { try text("output") }
    private func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
    }

    /// Waits until it has written so many lines, or ends, or ten seconds are over.
    func lines(_ count: Int) throws -> [String] {
      let deadline = Date().addingTimeInterval(10)
      while true {
        let lines = try output().split(separator: "\n").map(String.init)
        if lines.count >= count || !process.isRunning || Date() > deadline { return lines }
        usleep(5000)
      }
    }
    /// Waits for its end.
    func end() throws -> Ended {
      process.waitUntilExit()
      return Ended(status: process.terminationStatus, output: try text("output"), errors: try text("errors"))
    }
  }
}
