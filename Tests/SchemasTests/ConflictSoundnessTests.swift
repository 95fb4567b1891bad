import Formats
import Foundation
import Testing

@testable import Schemas

/// Conflicts held against the validator, with the schemas and events of the official suite of 2020-12.
@Suite struct ConflictSoundnessTests {
  private static let folder = URL(
    fileURLWithPath: (ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors")
      + "/json-schema-2020-12"
  )
  private static let files: [URL] = {
    let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return (found ?? []).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
  }()
  private static let constant = "<X>"

  /// An event with one value exchanged.
  private struct Exchange {
    let path: String
    let replacement: Replacement
    let event: [UInt8]
  }

  /// The event with each of its values exchanged for a constant, and with each member taken out.
  private func exchanges(_ value: JSONValue, _ whole: JSONValue, _ text: [UInt8], _ path: String = "") -> [Exchange] {
    func event(_ range: Range<Int>, _ new: some Sequence<UInt8>) -> [UInt8] {
      Array(text[whole.offset..<range.lowerBound]) + new + text[range.upperBound..<whole.end]
    }
    let put = event(value.offset..<value.end, "\"\(Self.constant)\"".utf8)
    var found = [Exchange(path: path, replacement: .constant(Self.constant), event: put)]
    for (index, element) in (value.array ?? []).enumerated() {
      found += exchanges(element, whole, text, path + FieldPath.part("\(index)"))
    }
    let members = value.object?.members ?? []
    // A path does not tell a member that is called like a number from an element.
    for member in members where Int(member.name) == nil {
      let path = path + FieldPath.part(member.name)
      found += exchanges(member.value, whole, text, path)
      guard members.allSatisfy({ $0.name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C } }) else { continue }
      let rest = members.filter { $0.name != member.name }
        .map { "\"\($0.name)\":" + String(decoding: text[$0.value.offset..<$0.value.end], as: UTF8.self) }
      let event = event(value.offset..<value.end, "{\(rest.joined(separator: ","))}".utf8)
      found.append(Exchange(path: path, replacement: .removed, event: event))
    }
    return found
  }

  @Test(.enabled(if: !files.isEmpty, "SLUICE_VECTORS names no folder with json-schema-2020-12"))
  func `where a conflict is told no event fits any more`() throws {
    var known = SchemaLibrary()
    let remotes = Self.folder.appendingPathComponent("remotes")
    for path in try FileManager.default.subpathsOfDirectory(atPath: remotes.path).sorted() where path.hasSuffix(".json")
    {
      let text = [UInt8](try Data(contentsOf: remotes.appendingPathComponent(path)))
      known.offer(text, uri: "http://localhost:1234/\(path)", file: "remotes/\(path)")
    }
    var (conflictCount, refusedCount, eventCount) = (0, 0, 0)
    var validator = Validator(bytesMax: 1 << 16, seed: 7)
    for file in Self.files {
      let text = [UInt8](try Data(contentsOf: file))
      for group in try JSONValue(text).array ?? [] {
        var library = known
        let schema = try #require(group.object?["schema"])
        try library.add(schema, text: text, uri: "https://schemas.invalid/test", file: file.lastPathComponent)
        let compiled = try Schema("https://schemas.invalid/test", in: library)
        let fields = SchemaFields(of: "https://schemas.invalid/test", in: library)
        #expect(fields.isComplete && fields.mistakes.isEmpty, "\(file.lastPathComponent): \(fields.mistakes)")
        for test in group.object?["tests"]?.array ?? [] {
          guard let data = test.object?["data"], data.end - data.offset < 1000 else { continue }
          let event = Array(text[data.offset..<data.end])
          guard case .valid = validator.check(event.span.bytes, against: compiled) else { continue }
          for exchange in exchanges(data, data, text) {
            let conflicts = fields.conflicts(at: exchange.path, with: exchange.replacement)
            let outcome = "\(validator.check(exchange.event.span.bytes, against: compiled))"
            eventCount += 1
            if outcome == "invalid" { refusedCount += 1 }
            guard !conflicts.isEmpty else { continue }
            conflictCount += 1
            let shown = String(decoding: exchange.event, as: UTF8.self)
            #expect(outcome == "invalid", "\(file.lastPathComponent): \(shown) fits in spite of \(conflicts)")
          }
        }
      }
    }
    // Most of what the validator refuses was told before.
    #expect(
      eventCount > 1000 && conflictCount * 2 > refusedCount,
      "\(conflictCount) of \(refusedCount) of \(eventCount)"
    )
  }
}
