import Foundation
import Testing

/// The files of the tree these tests were built from.
struct Tree {
  /// One text file.
  struct File: Sendable, CustomTestStringConvertible {
    /// Its path from the root.
    let path: String
    let text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var name: String { String(path.split(separator: "/").last ?? "") }
    var testDescription: String { path }
  }

  static let root: URL = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every text file that belongs to the project: what git tracks or would, or else what is there.
  static let files: [File] = paths.compactMap { path in
    guard let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path),
      data.count < 2 << 20, !data.prefix(4096).contains(0), let text = String(data: data, encoding: .utf8)
    else { return nil }
    return File(path: path, text: text)
  }
  static let swift: [File] = files.filter(\.isSwift)
  static let sources: [File] = swift.filter { $0.path.hasPrefix("Sources/") }

  static func file(_ path: String) -> File? { files.first { $0.path == path } }
  static func isExecutable(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: root.appendingPathComponent(path).path)
  }

  /// Every path from the root, directories of builds and of git aside.
  static let paths: [String] = {
    let listed = gitPaths()
    guard listed.isEmpty else { return listed }
    let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return all.filter { !$0.hasPrefix(".build") && !$0.hasPrefix(".git/") && !isDirectory($0) }.sorted()
  }()
  private static func isDirectory(_ path: String) -> Bool {
    var answer: ObjCBool = false
    return FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path, isDirectory: &answer)
      && answer.boolValue
  }
  private static func gitPaths() -> [String] {
    let git = Process()
    let output = Pipe()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = ["git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    do { try git.run() } catch { return [] }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    let names = data.split(separator: 0).compactMap { String(data: $0, encoding: .utf8) }
    return names.filter { FileManager.default.fileExists(atPath: root.appendingPathComponent($0).path) }.sorted()
  }
}
