import Bytes
import Testing

@testable import Detection

/// Forms in which data hides, and forms that hide none.
@Suite struct ScannerFormTests {
  private func scan(_ string: String, name: String = "") -> [String] {
    var scanner = TextScanner(textBytesMax: 4_096)
    let (text, name) = (Array(string.utf8), Array(name.utf8))
    let context = scanner.context(ofName: name.span.bytes)
    let count = scanner.scan(text.span.bytes, name: context, profile: DetectionProfile())
    return (0..<count).map { "\(scanner[$0].type) \(String(decoding: text[scanner[$0].range], as: UTF8.self))" }
  }

  @Test func `percent-encoded data is found with all of its bytes`() {
    #expect(scan("https://x.org/?u=ann%40example.org&k=1") == ["emailAddress ann%40example.org"])
    #expect(scan("to=%2B4915123456789&x") == ["phoneNumber %2B4915123456789"])
    #expect(scan("100%25 of %4x") == [])
  }

  @Test func `data behind escapes that a text still has is found`() {
    #expect(scan(#"{\"mail\":\"ann\u0040example.org\"}"#) == [#"emailAddress ann\u0040example.org"#])
    #expect(scan(#"ann\u0040example.org"#) == [#"emailAddress ann\u0040example.org"#])
  }

  @Test func `blanks, hyphens and digits beyond ASCII count as those of ASCII`() {
    let phone = "+33\u{202F}6\u{A0}12\u{A0}34\u{A0}56\u{A0}78"
    #expect(scan("call \(phone)") == ["phoneNumber \(phone)"])
    #expect(scan("SSN 266\u{2011}18\u{2011}4224.") == ["usSSN 266\u{2011}18\u{2011}4224"])
    #expect(scan("card ５２２８０９１９８７８７３５９７") == ["creditCard ５２２８０９１９８７８７３５９７"])
    #expect(scan("«ann@example.org»") == ["emailAddress ann@example.org"])
  }

  @Test func `a script without blanks ends where ASCII begins`() {
    #expect(scan("電話番号：090-1234-5678です") == ["phoneNumber 090-1234-5678"])
    #expect(scan("邮箱ann@example.org。") == ["emailAddress ann@example.org"])
  }

  @Test func `what telemetry is full of is nothing`() {
    let ordinary = [
      "3fa85f64-5717-4562-b3fc-412345678901", "id 12345678-1234-1234-1234-123456789012 ok",
      "2026-11-30T06:56:27.123456789Z", "2026-11-30 06:56:27,5 up", "from 2026-11-30 to 2026-12-01",
      "3b7c68e445fd80c7897caa258d5d4e5c155bb8e9", "d41d8cd98f00b204e9800998ecf8427e", "dev-04165baaad1e",
      "00-8d6266d495c0be545e8bf69bfb783e0c-04ea664854ccef13-01", "v12.27.8", "1.8.17-rc2+g08e0fcd", "1718604173",
      "took 8870ms", "351554903 bytes", "epoch 1730183806557", "logo@2x.png", "core@17.3.1", "#836914250",
    ]
    for text in ordinary { #expect(scan(text) == [], "\(text)") }
  }

  @Test func `what looks like those and is none of them is found`() {
    #expect(scan("at 2026-11-30T06:56:27Z 10.1.2.3 ") == ["ipAddress 10.1.2.3"])
    #expect(scan("3fa85f64-5717-4562-b3fc-412345678901 ann@example.org") == ["emailAddress ann@example.org"])
    #expect(scan("20:26:11:30:06:5a") == ["macAddress 20:26:11:30:06:5a"])
  }

  @Test func `numbers of one form are told apart by the word beside them`() {
    #expect(scan("BSN 659172720") == ["nlBSN 659172720"])
    #expect(scan("SIN 649 751 690") == ["caSIN 649 751 690"])
    #expect(scan("imei=014731578790556") == ["imei 014731578790556"])
  }

  @Test func `of an address within a link each part is told apart`() {
    #expect(scan("http://10.1.2.3:8080/u/ann@example.org") == ["ipAddress 10.1.2.3", "emailAddress ann@example.org"])
  }

  @Test func `what a scan finds does not depend on what was scanned before`() {
    var scanner = TextScanner(textBytesMax: 4_096)
    let texts = ["ann@example.org", "BSN 659172720", "", "a%40b.org", "plain", "card 5228 0919 8787 3597"]
    for text in texts + texts.reversed() {
      let bytes = Array(text.utf8)
      let count = scanner.scan(bytes.span.bytes, name: .none, profile: DetectionProfile())
      #expect((0..<count).map { String(decoding: bytes[scanner[$0].range], as: UTF8.self) } == scan(text).map(tail))
    }
  }
  private func tail(_ text: String) -> String { String(text.split(separator: " ", maxSplits: 1)[1]) }

  @Test func `any bytes can be scanned, and findings ascend without overlap`() {
    let parts = [
      "ann@example.org", "+49 151 23456789", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "%40", "%",
      "\\u0040",
      "\\", "::1", "10.0.0.1", "BSN", "659172720", "=", ":", " ", "-", "--", ".", "\u{A0}", "電話", "\u{200B}", "é", "\"",
      "-----BEGIN PRIVATE KEY-----", "<<<<<", "<", "eyJhbGciOiJIUzI1NiJ9", "2026-11-30", "T06:56:27Z", "1", "22", "333",
    ]
    var random = FixedRandom()
    var scanner = TextScanner(textBytesMax: 1_024)
    for round in 0..<3_000 {
      var text: [UInt8] = []
      while text.count < round % 300 {
        if round % 3 == 0 {
          text.append(UInt8.random(in: 0...255, using: &random))
        } else {
          text += Array(parts.randomElement(using: &random)!.utf8)
        }
      }
      let count = scanner.scan(text.span.bytes, name: .none, profile: DetectionProfile(minimum: UInt8(round % 101)))
      var end = 0
      for index in 0..<count {
        #expect(scanner[index].start >= end && scanner[index].end > scanner[index].start)
        end = scanner[index].end
      }
      #expect(end <= text.count)
      scanner.scanNumber(text.span.bytes, name: .none, profile: DetectionProfile())
    }
  }

  @Test func `names are cut into words`() {
    var scanner = TextScanner(textBytesMax: 64)
    for name in [
      "ssn", "user_ssn", "userSsn", "UserSSN", "user-ssn", "SSN2", "customers_social_security_number_in_the_us",
    ] {
      let bytes = Array(name.utf8)
      for _ in 0..<2 { #expect(scanner.context(ofName: bytes.span.bytes).isTelling, "\(name)") }
    }
    for name in ["", "assn", "lesson", "s", "session"] {
      let bytes = Array(name.utf8)
      #expect(!scanner.context(ofName: bytes.span.bytes).isTelling, "\(name)")
    }
  }
}
