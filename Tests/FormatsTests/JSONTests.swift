import Bytes
import CKernels
import Foundation
import Testing

@testable import Formats

/// What is JSON and what is not, and where it goes wrong.
@Suite struct JSONTests {
  /// What is wrong with a text, if anything.
  private func fault(in text: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONFault? {
    var scanner = JSONScanner(bytesMax: max(text.count, 1), limits: limits)
    do throws(JSONFault) { try scanner.check(text.span.bytes) } catch { return error }
    return nil
  }
  private func fault(in text: String, _ limits: JSONLimits = JSONLimits()) -> JSONFault? {
    fault(in: Array(text.utf8), limits)
  }

  @Test(arguments: [
    ("", JSONFault.Reason.ended, 0), ("  ", .ended, 2), ("{", .ended, 1), ("[1", .ended, 2), (#"{"a""#, .ended, 4),
    (#"{"a":"#, .ended, 5), (#"{"a":1"#, .ended, 6), (#"{"a":1,"#, .ended, 7), ("]", .noValue, 0),
    ("[,1]", .noValue, 1),
    ("[1,]", .noValue, 3), ("{1:2}", .noName, 1), ("{,}", .noName, 1), (#"{"a":1,}"#, .noName, 7),
    (#"{"a" 1}"#, .noColon, 5), (#"{"a","b"}"#, .noColon, 4), ("[1 2]", .noComma, 3), (#"["a""b"]"#, .noComma, 4),
    (#"{"a":1 "b":2}"#, .noComma, 7), ("[1:2]", .noComma, 2), ("[1}", .mismatched, 2), (#"{"a":1]"#, .mismatched, 6),
    ("1 2", .trailing, 2), ("{}]", .trailing, 2), ("nul", .badWord, 0), ("nulls", .badWord, 4), ("True", .badWord, 0),
    ("NaN", .badWord, 0), ("01", .badNumber, 1), ("-", .badNumber, 1), ("1.", .badNumber, 2), ("1e+", .badNumber, 3),
    ("+1", .noValue, 0), (".5", .noValue, 0), ("1x", .badNumber, 1), (#""\x""#, .badEscape, 1),
    (#""\u12g4""#, .badEscape, 1), (#""\u12""#, .badEscape, 1), (#""\ud800""#, .loneSurrogate, 1),
    (#""\udc00\ud800""#, .loneSurrogate, 1), ("\"a\u{1}\"", .control, 2), ("\"a", .unclosed, 2),
    (#""a\""#, .unclosed, 4),
    (#"{"a":1,"b":{"a":2},"a":3}"#, .duplicateName, 19), (#"{"a":1,"\u0061":2}"#, .duplicateName, 7),
  ])
  func `what is wrong is told with its place`(text: String, reason: JSONFault.Reason, offset: Int) {
    #expect(fault(in: text) == JSONFault(reason, at: offset), "\(text)")
  }

  @Test(arguments: [
    "1", "-0", "0.0e-0", "1E+2", "\"\"", "true", "false", "null", "{}", "[]", " [ ] ", "\t{\n}\r", "[[],{}]",
    #"{"a":{"a":{"a":[{"a":1}]}}}"#, #"["\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"]"#, "\"é€😀\"", "\"\u{7F}\"",
    #"{"":1," ":2}"#, #"{"ab":1,"a":2,"b":3}"#,
  ])
  func `what is right is taken`(text: String) { #expect(fault(in: text) == nil, "\(text)") }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF],
      [0xE2, 0x28, 0xA1],
    ] as [[UInt8]]
  )
  func `what is no UTF-8 is refused wherever it stands`(bytes: [UInt8]) {
    for before in [0, 1, 61, 62, 63, 64, 130] {
      let filling = [UInt8](repeating: UInt8(ascii: "x"), count: before)
      let text = Array("\"".utf8) + filling + bytes + Array("\"".utf8)
      #expect(fault(in: text) == JSONFault(.encoding, at: before + 1))
    }
  }

  @Test func `limits hold to the last one allowed`() {
    var limits = JSONLimits()
    (limits.depthMax, limits.membersMax, limits.stringBytesMax, limits.numberBytesMax) = (3, 4, 5, 6)
    #expect(fault(in: "[[[1]]]", limits) == nil)
    #expect(fault(in: "[[[[1]]]]", limits) == JSONFault(.tooDeep, at: 3))
    #expect(fault(in: "[1,2,3,4]", limits) == nil)
    #expect(fault(in: "[1,2,3,4,5]", limits)?.reason == .tooMany)
    #expect(fault(in: #"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, limits)?.reason == .tooMany)
    #expect(fault(in: "\"12345\"", limits) == nil)
    #expect(fault(in: "\"123456\"", limits) == JSONFault(.longString, at: 0))
    #expect(fault(in: "123456", limits) == nil)
    #expect(fault(in: "1234567", limits) == JSONFault(.longNumber, at: 0))
    var scanner = JSONScanner(bytesMax: 4)
    let text = Array("[1,2]".utf8)
    #expect(throws: JSONFault(.longText, at: 4)) { try scanner.check(text.span.bytes) }
    limits.allowsDuplicateNames = true
    limits.allowsLoneSurrogates = true
    #expect(fault(in: #"{"a":1,"a":2}"#, limits) == nil)
    limits.stringBytesMax = 100
    #expect(fault(in: #""\ud800\ud800\udc00\udc00""#, limits) == nil)
  }

  @Test func `a scanner forgets the text before`() throws {
    var scanner = JSONScanner(bytesMax: 4096)
    let texts = [#"{"a":1,"b":2}"#, #"{"b":1,"a":2}"#, #"[{"a":1},{"a":2}]"#].map { Array($0.utf8) }
    for _ in 0..<1000 {
      for text in texts { try scanner.check(text.span.bytes) }
    }
  }

  /// Every way to mark finds what a plain walk finds, wherever blocks end.
  @Test func `all ways to mark agree`() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array(#""""\\\\{}[]:,  \#t\#nab1é"#.utf8) + [0x01, 0x80, 0xFF]
    for round in 0..<2000 {
      let text = (0..<Int.random(in: 0...300, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      let expected = mark(text, KERNEL_JSON_PORTABLE)
      for kind in [KERNEL_JSON_HALVES, KERNEL_JSON_WIDE, KERNEL_JSON_PACKED] where kernel_json_has(kind) {
        #expect(mark(text, kind) == expected, "round \(round): \(text)")
      }
      if expected.fault == kernel_json_fault_none.rawValue { #expect(expected.marks == plainMarks(text)) }
    }
  }

  private struct Found: Equatable {
    var marks: [UInt32]
    var fault: UInt8
    var faultAt: UInt32
    var flags: [Bool]
  }
  private func mark(_ text: [UInt8], _ kind: kernel_json_kind) -> Found {
    var marks = [UInt32](repeating: 0, count: text.count + 64)
    var found = kernel_json_marks()
    kernel_json_mark_by(kind, text, text.count, &marks, marks.count, &found)
    return Found(
      marks: Array(marks.prefix(Int(found.count))),
      fault: found.fault.rawValue,
      faultAt: found.fault_at,
      flags: [found.has_escapes, found.is_ascii]
    )
  }
  private func plainMarks(_ text: [UInt8]) -> [UInt32] {
    var marks: [UInt32] = []
    var (isInString, isEscaped, isInRun) = (false, false, false)
    for (place, byte) in text.enumerated() {
      let wasEscaped = isEscaped
      isEscaped = byte == UInt8(ascii: "\\") && !wasEscaped
      if byte == UInt8(ascii: "\""), !wasEscaped {
        isInString.toggle()
        isInRun = false
        marks.append(UInt32(place))
      } else if !isInString {
        let isOperator = "{}[]:,".utf8.contains(byte)
        let isOther = !isOperator && !" \t\n\r".utf8.contains(byte)
        if isOperator || (isOther && !isInRun) { marks.append(UInt32(place)) }
        isInRun = isOther
      }
    }
    return marks
  }
}

/// The suite of Nicolas Seriot, read from the folder that `SLUICE_VECTORS` names.
@Suite struct JSONSuiteTests {
  private static let folder =
    (ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors")
    + "/json-test-suite/test_parsing"
  private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

  @Test(.enabled(if: !files.isEmpty, "SLUICE_VECTORS names no folder with json-test-suite"))
  func `the suite's files are told apart`() throws {
    var counts: [Character: Int] = [:]
    for file in Self.files where file.hasSuffix(".json") {
      let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(file)")))
      var limits = JSONLimits()
      // A name that occurs twice is JSON; a topic's settings say whether it is taken.
      limits.allowsDuplicateNames = true
      var scanner = JSONScanner(bytesMax: 1 << 20, limits: limits)
      var isTaken = true
      do throws(JSONFault) { try scanner.check(text.span.bytes) } catch { isTaken = false }
      let kind = file.first!
      counts[kind, default: 0] += 1
      switch kind {
      case "y": #expect(isTaken, "\(file)")
      case "n": #expect(!isTaken, "\(file)")
      // What the standard leaves open: numbers of any size are taken, all else is refused. Docs/Protocols/json.md.
      default: #expect(isTaken == file.hasPrefix("i_number"), "\(file)")
      }
    }
    #expect(counts["y"]! >= 95 && counts["n"]! >= 187 && counts["i"]! >= 35)
  }
}
