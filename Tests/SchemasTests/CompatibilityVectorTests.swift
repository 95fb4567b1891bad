import Formats
import Foundation
import Schemas
import Testing

/// The cases that an open registry tests itself with.
@Suite struct CompatibilityVectorTests {
  /// The cases that are answered otherwise, by their index, and why; `Docs/Operations/schemas.md` explains them.
  static let deviations: [Int: String] = [
    99: "'false' reads nothing, so it does not read what 'true' let be written",
    288: "'^a*' matches every name, so 'b' is covered",
    289: "a member that may be anything refuses nothing",
    294: "a member that may be anything refuses nothing",
  ]

  private static func cases() throws -> [JSONValue]? {
    let folder = ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors"
    let path = "\(folder)/json-schema-compat/jsonschema_draft7_compat_cases.json"
    guard let data = FileManager.default.contents(atPath: path) else {
      print("skipped: \(path) is not there; SLUICE_VECTORS names the folder of vectors")
      return nil
    }
    return try JSONValue(Array(data)).array
  }

  @Test func `a registry's own cases are answered as there, but for those that are known`() throws {
    guard let cases = try Self.cases() else { return }
    var deviating: Set<Int> = []
    for (index, one) in cases.enumerated() {
      let one = try #require(one.object)
      let (reader, writer) = (try #require(one["reader"]), try #require(one["writer"]))
      let found = try CompatibilityCheck.incompatibilities(of: reader, with: [("1", writer)], mode: .backward)
      guard found.isEmpty != one["compatible"]?.bool else { continue }
      deviating.insert(index)
      if Self.deviations[index] == nil {
        Issue.record("case \(index), \(one["test"]?.string ?? ""): \(found)")
      }
    }
    #expect(deviating == Set(Self.deviations.keys))
    #expect(Double(deviating.count) <= Double(cases.count) * 0.02)
  }

  @Test func `forward is backward with the versions in each other's place`() throws {
    guard let cases = try Self.cases() else { return }
    for one in cases.compactMap(\.object) {
      let (reader, writer) = (try #require(one["reader"]), try #require(one["writer"]))
      let backward = try CompatibilityCheck.incompatibilities(of: reader, with: [("1", writer)], mode: .backward)
      let forward = try CompatibilityCheck.incompatibilities(of: writer, with: [("1", reader)], mode: .forward)
      #expect(backward.map(\.path) == forward.map(\.path))
      #expect(backward.map(\.kind) == forward.map(\.kind))
      let full = try CompatibilityCheck.incompatibilities(of: reader, with: [("1", writer)], mode: .full)
      #expect(full.filter { $0.direction == .backward } == backward)
    }
  }
}
