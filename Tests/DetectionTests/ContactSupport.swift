import Bytes
import Foundation
import Testing

@testable import Detection

/// Something a detector found in a text, for tests.
struct Contact: Equatable {
  let text: String
  let alone: UInt8
  let inContext: UInt8
  let range: Range<Int>
}

/// Asks one detector at every place that its triggers name, without context, and keeps the longest of what overlaps.
enum ContactScan {
  static func find(_ detector: any Detector.Type, in text: String) -> [Contact] {
    let bytes = [UInt8](text.utf8)
    var found: [Contact] = []
    for token in tokens(bytes) where isWanted(token, bytes, detector.triggers) {
      guard let match = detector.match(bytes.span.bytes, at: token) else { continue }
      #expect(match.start >= 0 && match.start < match.end && match.end <= bytes.count)
      #expect(match.alone <= match.inContext && match.inContext < 100)
      let part = String(decoding: bytes[match.range], as: UTF8.self)
      found.append(Contact(text: part, alone: match.alone, inContext: match.inContext, range: match.range))
    }
    found.sort { ($0.range.count, -$0.range.lowerBound) > ($1.range.count, -$1.range.lowerBound) }
    var kept: [Contact] = []
    for one in found where !kept.contains(where: { $0.range.overlaps(one.range) }) { kept.append(one) }
    return kept.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// The texts that are found at a confidence or above.
  static func texts(_ detector: any Detector.Type, in text: String, from minimum: UInt8 = 1) -> [String] {
    find(detector, in: text).filter { $0.inContext >= minimum }.map(\.text)
  }

  /// What a detector of values says of a whole one.
  static func value(_ detector: any Detector.Type, _ text: String) -> Match? {
    let bytes = [UInt8](text.utf8)
    return detector.match(bytes.span.bytes, at: Token(start: 0, end: bytes.count, digits: 0))
  }

  private static func tokens(_ bytes: [UInt8]) -> [Token] {
    var (tokens, place): ([Token], Int) = ([], 0)
    while place < bytes.count {
      guard isPart(bytes[place]) else {
        tokens.append(Token(start: place, end: place, digits: 0))
        place += 1
        continue
      }
      let end = bytes[place...].firstIndex { !isPart($0) } ?? bytes.count
      tokens.append(Token(start: place, end: end, digits: bytes[place..<end].count { $0 >= 0x30 && $0 <= 0x39 }))
      place = end
    }
    return tokens
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte >= 0x80
  }

  private static func isWanted(_ token: Token, _ bytes: [UInt8], _ triggers: [Trigger]) -> Bool {
    triggers.contains { trigger in
      switch trigger.plain {
      case .wide(let counts): token.digits > 0 && token.digits < token.count && counts.contains(token.count)
      case .starting, .preceded, .followed: false
      case .digits(let counts): token.count > 0 && token.digits == token.count && counts.contains(token.count)
      case .groups(let counts, _): token.count > 0 && token.digits == token.count && counts.contains(token.count)
      case .letters(let counts): token.count > 0 && token.digits == 0 && counts.contains(token.count)
      case .mixed(let counts): token.digits > 0 && token.digits < token.count && counts.contains(token.count)
      case .byte(let byte): token.count == 0 && bytes[token.start] == byte
      case .value: false
      }
    }
  }
}

/// The files with cases of others, in the folder that `SLUICE_VECTORS` names.
enum ContactVectors {
  /// One text and where something is to be found in it, in code points.
  struct Case: Decodable {
    enum Field: Decodable {
      case number(Double)
      case text(String)
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }
    let recognizer: String
    let text: String
    let spans: [[Field]]

    var ranges: Set<Range<Int>> {
      Set(
        spans.compactMap { span in
          guard span.count >= 2, case .number(let start) = span[0], case .number(let end) = span[1] else { return nil }
          return Int(start)..<Int(end)
        }
      )
    }
  }
  /// One number of a region, in the forms in which it is written.
  struct Number: Decodable {
    let region: String
    let valid: Bool
    let e164: String
    let international: String?
    let rfc3966: String?
  }

  static let cases: [Case] = read("presidio_recognizer_cases.json")
  static let numbers: [Number] = read("libphonenumber_examples.json")

  private static func read<Item: Decodable>(_ file: String) -> [Item] {
    let folder = ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors"
    guard let bytes = FileManager.default.contents(atPath: "\(folder)/pii/\(file)") else { return [] }
    return (try? JSONDecoder().decode([Item].self, from: bytes)) ?? []
  }
}
