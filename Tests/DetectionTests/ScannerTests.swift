import Bytes
import Testing

@testable import Detection

/// Nine digits whose sum is a multiple of ten: much else has that, too.
private enum NineDigits: Detector {
  static var type: PersonalType { .nlBSN }
  static var triggers: [Trigger] { [.digits(9...9)] }
  static var words: [StaticString] { ["bsn", "citizen number"] }
  static func match(_ text: RawSpan, at token: Token) -> Match? {
    Match(token.start..<token.end, alone: 20, inContext: 90)
  }
}
/// Nine digits of another kind.
private enum OtherNineDigits: Detector {
  static var type: PersonalType { .caSIN }
  static var triggers: [Trigger] { [.digits(9...9)] }
  static var words: [StaticString] { ["sin", "numéro d'assurance"] }
  static func match(_ text: RawSpan, at token: Token) -> Match? {
    Match(token.start..<token.end, alone: 60, inContext: 80)
  }
}
/// A word in angle brackets and all that is between them.
private enum Bracketed: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.byte(UInt8(ascii: "<"))] }
  static var words: [StaticString] { ["key"] }
  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let end = text.first(UInt8(ascii: ">"), from: token.start) else { return nil }
    return Match(token.start..<end + 1, alone: 70, inContext: 70)
  }
}
/// The whole of a value.
private enum Whole: Detector {
  static var type: PersonalType { .person }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] { ["full name"] }
  static func match(_ text: RawSpan, at token: Token) -> Match? {
    Match(token.start..<token.end, alone: 0, inContext: 75)
  }
}

/// What the scanner makes of what detectors find.
@Suite struct ScannerTests {
  private static let detectors = [
    DetectorEntry(NineDigits.self), DetectorEntry(OtherNineDigits.self), DetectorEntry(Bracketed.self),
    DetectorEntry(Whole.self),
  ]

  private func scan(
    _ string: String,
    name: String = "",
    profile: DetectionProfile = DetectionProfile(),
    isNumber: Bool = false
  ) -> [String] {
    var scanner = TextScanner(textBytesMax: 8_192, types: .all, detectors: Self.detectors)
    let (text, name) = (Array(string.utf8), Array(name.utf8))
    let context = scanner.context(ofName: name.span.bytes)
    let count =
      isNumber
      ? scanner.scanNumber(text.span.bytes, name: context, profile: profile)
      : scanner.scan(text.span.bytes, name: context, profile: profile)
    return (0..<count).map { index in
      let finding = scanner[index]
      return "\(finding.type) \(String(decoding: text[finding.range], as: UTF8.self)) \(finding.confidence)"
    }
  }

  @Test func `what is weak counts with a word before it, behind it or in its name`() {
    #expect(scan("BSN 123456782") == ["nlBSN 123456782 90"])
    #expect(scan("the citizen number is 123456782") == ["nlBSN 123456782 90"])
    #expect(scan("123456782 is my BSN") == ["nlBSN 123456782 90"])
    #expect(scan("123456782", name: "customerBsn") == ["nlBSN 123456782 90"])
    #expect(scan("123456782", name: "CITIZEN_NUMBER") == ["nlBSN 123456782 90"])
    #expect(scan("\\\"bsn\\\":\\\"123456782\\\"") == ["nlBSN 123456782 90"])
    #expect(scan("numero d'assurance 123456782") == ["caSIN 123456782 80"])
  }

  @Test func `the nearest word tells`() {
    #expect(scan("BSN 123456782 SIN 123456782") == ["nlBSN 123456782 90", "caSIN 123456782 80"])
    #expect(scan("bsn of the order 123456782") == [])
    #expect(scan("order of a bsn 123456782") == ["nlBSN 123456782 90"])
    #expect(scan("123456782", name: "bsn_order") == ["nlBSN 123456782 90"])
  }

  @Test func `what a word, a joint or a unit makes ordinary is nothing`() {
    #expect(scan("it is 123456782") == ["caSIN 123456782 60"])
    for text in ["order 123456782", "ord-123456782", "x_123456782", "TRACKING: 123456782", "123456782 bytes"] {
      #expect(scan(text) == [], "\(text)")
    }
    #expect(scan("123456782", name: "orderNumber") == [])
    #expect(scan("BSN-123456782") == ["nlBSN 123456782 90"])
  }

  @Test func `what tells of whole values tells nothing of what stands farther behind it`() {
    #expect(scan("full name 123456782") == [])
    #expect(scan("full name: 123456782") == [])
    #expect(scan("full name at 123456782") == ["caSIN 123456782 60"])
  }

  @Test func `a label of another value does not reach the next`() {
    #expect(scan("bsn=1 offset=123456782") == [])
    #expect(scan("bsn=987654321 zip=123456782") == ["nlBSN 987654321 90", "caSIN 123456782 60"])
  }

  @Test func `of what overlaps the surer stays, and what does not overlap it`() {
    #expect(scan("<it is 123456782>") == ["secret <it is 123456782> 70"])
    #expect(scan("<bsn 123456782> 123456782") == ["nlBSN 123456782 90", "caSIN 123456782 60"])
  }

  @Test func `a profile says what is looked for and how sure it must be`() {
    #expect(scan("it is 123456782", profile: DetectionProfile(types: PersonalTypes(.secret))) == [])
    var profile = DetectionProfile()
    profile[.caSIN] = 61
    #expect(scan("it is 123456782", profile: profile) == [])
    profile[.nlBSN] = 20
    #expect(scan("it is 123456782", profile: profile) == ["nlBSN 123456782 20"])
  }

  @Test func `a name can make the whole of a value something`() {
    #expect(scan("Zoë", name: "fullName") == ["person Zoë 75"])
    #expect(scan("Zoë", name: "full_name") == ["person Zoë 75"])
    #expect(scan("Zoë", name: "name") == [])
  }

  @Test func `a number is judged by its name alone`() {
    #expect(scan("123456782", name: "bsn", isNumber: true) == ["nlBSN 123456782 90"])
    #expect(scan("123456782", isNumber: true) == ["caSIN 123456782 60"])
    #expect(scan("123456782", name: "offset", isNumber: true) == [])
    #expect(scan("-123456782", name: "bsn", isNumber: true) == [])
    #expect(scan("123456782.5", name: "bsn", isNumber: true) == [])
    #expect(scan("1e9", name: "bsn", isNumber: true) == [])
  }

  @Test func `more than there is room for counts as found up to the end`() {
    let many = String(repeating: "bsn 123456782 ", count: 200)
    let found = scan(many)
    #expect(found.count == TextScanner.findingsMax)
    #expect(found.last!.count > 1_000)
    #expect(found.last!.hasSuffix(" 90"))
  }
}
