import Bytes
import Foundation
import Testing

@testable import Detection

/// The whole of scanner and detectors against texts made by somebody else, from the folder that `SLUICE_VECTORS` names.
@Suite struct CorpusTests {
  @Test(.enabled(if: vectors("public.jsonl") != nil, "SLUICE_VECTORS names no folder with pii"))
  func `telemetry with labelled personal data is told apart as it should be`() throws {
    let lines = try #require(vectors("public.jsonl")).split(separator: UInt8(ascii: "\n"))
    var score = Score()
    var scanner = TextScanner(textBytesMax: 1 << 16)
    for line in lines {
      let record = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      var spans: [Span] = []
      collect(record["event"]!, path: "", name: "", &scanner, into: &spans)
      let labels = (record["labels"] as! [[String: Any]]).map { Span($0) }
      score.add(spans, labels)
    }
    print("F1 \(score.f1), leaked \(score.leaked), spurious in 1,000 events \(score.spurious)")
    #expect(score.f1 >= 0.97)
    #expect(score.leaked <= 0.005)
    #expect(score.spurious <= 5)
  }

  @Test(.enabled(if: vectors("presidio_recognizer_cases.json") != nil, "SLUICE_VECTORS names no folder with pii"))
  func `what recognizers of others find and refuse is found and refused`() throws {
    let file = try #require(vectors("presidio_recognizer_cases.json"))
    let cases = try #require(JSONSerialization.jsonObject(with: file) as? [[String: Any]])
    var scanner = TextScanner(textBytesMax: 1 << 16)
    var (passed, total) = (0, 0)
    for item in cases {
      guard let entities = item["entities"] as? [String], entities.count == 1,
        let type = PersonalType.allCases.first(where: { "\($0.label)" == entities[0] })
      else { continue }
      let text = item["text"] as! String
      let expected = Set((item["spans"] as! [[Any]]).map { ($0[0] as! Int)..<($0[1] as! Int) })
      let profile = DetectionProfile(types: PersonalTypes(type), minimum: 1)
      let found = Set(findings(text, "", profile, &scanner).map { $0.start..<$0.end })
      total += 1
      if found == expected { passed += 1 } else { print("\(type): \(text) found \(found), expected \(expected)") }
    }
    print("\(passed) of \(total) cases of others pass")
    #expect(Double(passed) >= 0.97 * Double(total))
  }

  @Test(.enabled(if: vectors("libphonenumber_examples.json") != nil, "SLUICE_VECTORS names no folder with pii"))
  func `numbers of all regions are found in international format`() throws {
    let file = try #require(vectors("libphonenumber_examples.json"))
    let examples = try #require(JSONSerialization.jsonObject(with: file) as? [[String: Any]])
    var scanner = TextScanner(textBytesMax: 1 << 10)
    var (passed, total) = (0, 0)
    for number in examples where number["valid"] as? Bool == true {
      for form in ["international", "e164"] {
        let text = number[form] as! String
        let found = findings("call \(text) now", "", DetectionProfile(), &scanner)
        total += 1
        if found.contains(where: { $0.type == "PHONE_NUMBER" && $0.start == 5 && $0.end == 5 + text.count }) {
          passed += 1
        }
      }
    }
    print("\(passed) of \(total) international numbers are found")
    #expect(Double(passed) >= 0.95 * Double(total))
  }

  /// Scans all strings and numbers of a JSON value.
  private func collect(
    _ value: Any,
    path: String,
    name: String,
    _ scanner: inout TextScanner,
    into spans: inout [Span]
  ) {
    switch value {
    case let object as [String: Any]:
      for (key, member) in object { collect(member, path: "\(path)/\(key)", name: key, &scanner, into: &spans) }
    case let array as [Any]:
      for (index, element) in array.enumerated() {
        collect(element, path: "\(path)/\(index)", name: name, &scanner, into: &spans)
      }
    case let text as String:
      for var span in findings(text, name, DetectionProfile(), &scanner) {
        span.path = path
        spans.append(span)
      }
    default: break
    }
  }

  /// What is found in a string, at places in code points.
  private func findings(_ string: String, _ name: String, _ profile: DetectionProfile, _ scanner: inout TextScanner)
    -> [Span]
  {
    let (text, name) = (Array(string.utf8), Array(name.utf8))
    let context = scanner.context(ofName: name.span.bytes)
    let count = scanner.scan(text.span.bytes, name: context, profile: profile)
    return (0..<count).map { index in
      let finding = scanner[index]
      let start = String(decoding: text[..<finding.start], as: UTF8.self).unicodeScalars.count
      let length = String(decoding: text[finding.start..<finding.end], as: UTF8.self).unicodeScalars.count
      return Span(path: "", type: "\(finding.type.label)", start: start, end: start + length)
    }
  }
}

/// A file of the folder that `SLUICE_VECTORS` names.
private func vectors(_ name: String) -> Data? {
  let folder = ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors"
  return FileManager.default.contents(atPath: "\(folder)/pii/\(name)")
}

/// Personal data in a member of an event, found or labelled, at places in code points.
private struct Span {
  var path: String
  let type: String
  let start: Int
  let end: Int
  /// What stands there, as far as it is told.
  var text: [Unicode.Scalar] = []

  init(path: String, type: String, start: Int, end: Int) {
    (self.path, self.type, self.start, self.end) = (path, type, start, end)
  }
  init(_ label: [String: Any]) {
    (path, type) = (label["path"] as! String, label["type"] as! String)
    (start, end) = (label["start"] as! Int, label["end"] as! Int)
    text = Array((label["value"] as! String).unicodeScalars)
  }

  func overlaps(_ other: Span) -> Bool { path == other.path && start < other.end && other.start < end }
  /// Whether two share half of what they cover together, or more.
  func matches(_ other: Span) -> Bool {
    guard overlaps(other), type == other.type else { return false }
    return 2 * (min(end, other.end) - max(start, other.start)) >= max(end, other.end) - min(start, other.start)
  }
}

/// How well findings go with labels: names of people are neither asked for nor held against anybody.
private struct Score {
  private var events = 0
  private var right = 0
  private var missed = 0
  private var wrong = 0
  private var stray = 0
  private var labelled = 0
  private var uncovered = 0

  var f1: Double { 2 * Double(right) / Double(2 * right + missed + wrong) }
  /// Which part of what is labelled no finding covers.
  var leaked: Double { Double(uncovered) / Double(labelled) }
  /// Findings that touch no label, in 1,000 events.
  var spurious: Double { 1000 * Double(stray) / Double(events) }

  mutating func add(_ spans: [Span], _ labels: [Span]) {
    events += 1
    var spans = spans.filter { $0.type != "PERSON" }
    stray += spans.count { span in !labels.contains { $0.overlaps(span) } }
    for label in labels where label.type != "PERSON" {
      for (index, scalar) in label.text.enumerated() where scalar.properties.isAlphabetic || ("0"..."9") ~= scalar {
        let place = label.start + index
        if !spans.contains(where: { $0.path == label.path && $0.start <= place && place < $0.end }) { uncovered += 1 }
      }
      labelled += label.text.count
    }
    for label in labels where label.type != "PERSON" {
      if let index = spans.firstIndex(where: { $0.matches(label) }) {
        right += 1
        spans.remove(at: index)
      } else {
        missed += 1
      }
    }
    wrong += spans.count
  }
}
