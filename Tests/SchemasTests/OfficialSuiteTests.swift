import Foundation
import Schemas
import Testing

/// The official test suite of 2020-12, read from the folder that `SLUICE_VECTORS` names.
@Suite struct OfficialSuiteTests {
  private static let folder = URL(
    fileURLWithPath: (ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors")
      + "/json-schema-2020-12"
  )
  private static let files: [URL] = {
    let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return (found ?? []).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
  }()

  @Test(.enabled(if: !files.isEmpty, "SLUICE_VECTORS names no folder with json-schema-2020-12"))
  func `every case of the official suite is judged right`() throws {
    var suite = SchemaSuite()
    let remotes = Self.folder.appendingPathComponent("remotes")
    for path in try FileManager.default.subpathsOfDirectory(atPath: remotes.path).sorted() where path.hasSuffix(".json")
    {
      let text = [UInt8](try Data(contentsOf: remotes.appendingPathComponent(path)))
      suite.library.offer(text, uri: "http://localhost:1234/\(path)", file: "remotes/\(path)")
    }
    var passed = 0
    for file in Self.files {
      for one in try suite.run([UInt8](try Data(contentsOf: file)), file: file.lastPathComponent) {
        if let failure = one.failure {
          Issue.record("FAIL \(file.lastPathComponent): \(one.name): \(failure)")
        } else {
          passed += 1
        }
      }
    }
    #expect(passed == 1299)
  }
}
