import Bytes
import Foundation
import Testing

@testable import CLI

@Suite struct JSONCheckTests {
  private func find(_ bytes: [UInt8]) -> JSONCheck.Finding {
    let bytes = bytes
    return JSONCheck.find(in: bytes.span.bytes)
  }
  private func find(_ text: String) -> JSONCheck.Finding { find(Array(text.utf8)) }

  @Test(arguments: [
    "{}", "[]", "0", "-0", "1.5e+10", "-12.25E-3", "true", "false", "null", "\"\"", "\"\\u00e9\\n\\\\\\\"\"",
    "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":\"\u{1F600}\"}", " [ 1 , 2 ] ", "\"a longer text without anything in it\"",
  ]) func `JSON is taken as it is`(text: String) {
    #expect(find(text) == .json)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e",
    "--1",
    "nul", "nulL", "True", "\"", "\"\\x\"", "\"\\u12g4\"", "\"a\tb\"", "[1 2]", "{} {}", "[}", "{]", "NaN",
    "\u{FEFF}{}",
    "\"\\\"", "1 2", "[1]]",
  ]) func `what is not JSON is not taken for it`(text: String) {
    #expect(find(text) == .notJSON)
  }

  @Test func `bytes that are no UTF-8 are no JSON`() {
    let hostile: [[UInt8]] = [[0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]]
    for bytes in hostile { #expect(find([0x22] + bytes + [0x22]) == .notJSON) }
  }

  @Test func `line breaks between parts are told, since a line can't have them`() {
    #expect(find("{\n\"a\":1\r\n}") == .jsonInLines)
    #expect(find("\"\\n\"") == .json)
    #expect(find("\"\n\"") == .notJSON)
  }

  @Test func `JSON that is cut anywhere is not JSON`() {
    let text = Array(#"{"name":"a b","list":[1.5e3,true,null,{"ü":"\u00fc\\"}]}"#.utf8)
    #expect(find(text) == .json)
    for end in 0..<text.count { #expect(find(Array(text[..<end])) == .notJSON, "\(end)") }
  }

  @Test func `nesting is taken through 128 levels`() {
    #expect(find(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)) == .json)
    #expect(find(String(repeating: "[", count: 129) + String(repeating: "]", count: 129)) == .notJSON)
  }

  @Test func `it agrees with another reader on spoilt texts`() {
    let text = Array(#"{"a":[1,-2.5e7,"x\ny",false],"b":{"c":null,"d":"0123456789 abcdef"}}"#.utf8)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      var spoilt = text
      let letters = Array("{}[]\",:\\0e.-tfn \u{1}".utf8)
      spoilt[Int.random(in: 0..<text.count, using: &random)] = letters.randomElement(using: &random)!
      let isJSON = (try? JSONSerialization.jsonObject(with: Data(spoilt), options: [.fragmentsAllowed])) != nil
      let found = find(spoilt)
      // Foundation takes some numbers that RFC 8259 does not, such as 01 and 1.; nothing else.
      if found != .notJSON { #expect(isJSON, "\(String(decoding: spoilt, as: UTF8.self))") }
    }
  }

  @Test func `quoted text reads back as it was`() throws {
    let texts = [
      "", "plain text of some length", "\"\\\u{0}\u{1F}\u{7F}\n\r\t", "ü\u{1F600} end",
      String(repeating: "\"", count: 40),
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
      region.write(atMost: 4096) { $0.append(quoted: bytes.span.bytes) }
      let line = region.bytes.withUnsafeBytes { Data($0) }
      #expect(try JSONSerialization.jsonObject(with: line, options: [.fragmentsAllowed]) as? String == text)
    }
  }

  @Test func `base64 is what others write`() {
    for count in 0..<200 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ count) }
      var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
      region.write(atMost: 4096) { $0.append(base64: bytes.span.bytes) }
      let text = region.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      #expect(text == "\"\(Data(bytes).base64EncodedString())\"")
    }
  }
}

@Suite struct MomentTests {
  @Test func `times are written as others write them`() {
    let formatter = ISO8601DateFormatter()
    for second in stride(from: -2_000_000_000, through: 4_102_444_800, by: 12_345_671) {
      let text = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
      #expect(Moment.text(Int64(second) * 1_000_000_000) == text.dropLast() + ".000000000Z")
      #expect(Moment.read(text, nowNs: 0) == Int64(second) * 1_000_000_000)
    }
    #expect(Moment.text(-1) == "1969-12-31T23:59:59.999999999Z")
  }

  @Test func `times are read with fraction, zone or as an age`() {
    #expect(Moment.read("1970-01-01T00:00:01.5Z", nowNs: 0) == 1_500_000_000)
    #expect(Moment.read("1970-01-01T00:00:00.1234567899Z", nowNs: 0) == 123_456_789)
    #expect(Moment.read("1970-01-01t02:00:00+02:00", nowNs: 0) == 0)
    #expect(Moment.read("15m", nowNs: 900_000_000_000) == 0)
    #expect(Moment.read("2d", nowNs: 0) == -172_800_000_000_000)
    for text in ["", "m", "-5m", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z"] {
      #expect(Moment.read(text, nowNs: 0) == nil, "\(text)")
    }
  }
}
