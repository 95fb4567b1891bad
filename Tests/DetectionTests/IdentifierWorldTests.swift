import Testing

@testable import Detection

/// Numbers of persons outside of Europe.
@Suite struct IdentifierWorldTests {
  @Test func `a social security number has an area that is given out`() {
    USSocialSecurity.check(
      found: ["536-22-1234", "536 22 1234", "536.22.1234", "536221234", "53622-1234", "536-221234", "899-99-9999"],
      refused: [
        "000-22-1234", "666-22-1234", "900-22-1234", "987-65-4320", "536-00-1234", "536-22-0000", "078-05-1120",
        "219-09-9999", "123-45-6789", "111111111", "536-22.1234", "536-2-21234", "53-622-1234",
      ]
    )
    #expect(USSocialSecurity.finds("call 1-536-22-1234") == [])
    #expect(USSocialSecurity.finds("536-22-1234-5") == [])
    #expect(USSocialSecurity.findings(in: "536221234").first!.alone < 10)
    #expect(USSocialSecurity.findings(in: "536-22-1234").first!.alone >= 60)
    let unbroken = "536\u{2011}22\u{2011}1234"
    #expect(USSocialSecurity.finds(unbroken) == [unbroken])
  }

  @Test func `a social insurance number starts with neither 0 nor 8`() {
    CanadianSIN.check(
      found: ["130 692 544", "130-692-544", "130692544", "948 584 792"],
      refused: ["130 692 545", "046 454 286", "812 345 674", "111 111 111", "130-692 544"]
    )
  }

  @Test func `an Aadhaar number is checked by Verhoeff's scheme`() {
    Aadhaar.check(
      found: ["312345678909", "3123 4567 8909", "3998-7654-3211", "400123456787"],
      refused: ["312345678908", "1234 5678 9012", "3123 4567-8909", "222222222222", "3123 4567 8909 1234"]
    )
  }

  @Test func `Verhoeff's scheme finds every wrong digit and every pair that changed places`() {
    let valid = Array("312345678909".utf8)
    for place in valid.indices {
      for digit in UInt8(ascii: "0")...UInt8(ascii: "9") where digit != valid[place] {
        var other = valid
        other[place] = digit
        #expect(Aadhaar.finds(String(decoding: other, as: UTF8.self)) == [])
      }
      guard place > 0, valid[place] != valid[place - 1] else { continue }
      var other = valid
      other.swapAt(place, place - 1)
      #expect(Aadhaar.finds(String(decoding: other, as: UTF8.self)) == [])
    }
  }

  @Test func `a permanent account number tells whose it is`() {
    IndianPAN.check(
      found: ["ABCPD1234Z", "ABBPM4567S", "AAACA1234B", "abcpd1234z"],
      refused: ["ABCP1234DZ", "ABCPD12345", "ABCPD0000Z", "ABCPD123ZZ"]
    )
    #expect(IndianPAN.findings(in: "ABCPD1234Z").first!.alone > IndianPAN.findings(in: "ABCCD1234Z").first!.alone)
    #expect(IndianPAN.findings(in: "ABCND1234Z").first!.alone < 20)
  }

  @Test func `Australian numbers have weighted sums`() {
    AustralianTFN.check(
      found: ["876 543 210", "876543210"],
      refused: ["824 753 557", "876 543 211", "51 824 753 5564", "000000000"]
    )
    AustralianMedicare.check(
      found: ["2123 45670 1", "2123456701", "2123 45670 1/2", "21234567011"],
      refused: ["2123 25870 1", "2123258701", "1123 45670 1", "2123 45670 0", "7123456701"]
    )
  }

  @Test func `a Japanese number has a check digit`() {
    JapaneseMyNumber.check(
      found: ["123456789018", "1234 5678 9018", "1234-5678-9018"],
      refused: ["123456789017", "1234 5678 9017", "111111111111"]
    )
    #expect(JapaneseMyNumber.finds("マイナンバーは123456789018です") == ["123456789018"])
    #expect(JapaneseMyNumber.finds("番号：1234\u{2010}5678\u{2010}9018") == ["1234\u{2010}5678\u{2010}9018"])
  }

  @Test func `no detector finds anything in what machines write`() {
    let texts = [
      "55bab91c-d20b-42cf-98aa-a1f6d2b6c1ba", "2026-04-09T11:39:34.339Z", "12.27.8", "1.3.6.1.4.1.13809.66",
      "position 58.389014, 103.339745 acc 12m", "sku 819-076-1144X stock 86", "192.168.100.200", "ae:42:10:67:44:a9",
      "d41d8cd98f00b204e9800998ecf8427e", "000-10-5330", "12345678-1234-1234-1234-123456789012", "v11.13.27.142",
      "", "-", "<", "1", "..", "0.5296221234", "+31 6 1234 5678",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ]
    for detector in identifiers {
      for text in texts {
        #expect(detector.findings(in: text).filter { $0.alone >= 50 } == [], "\(detector): \(text)")
      }
    }
  }

  @Test func `random digits are seldom surely somebody's`() {
    var random = FixedRandom()
    for count in 8...20 {
      var sure = 0
      for _ in 0..<1000 {
        let text = random.digits(count).map(String.init).joined()
        if identifiers.contains(where: { $0.findings(in: text).contains { $0.alone >= 50 } }) { sure += 1 }
      }
      // A card of any brand passes most often: its first digits and one check digit.
      #expect(sure <= ((14...16).contains(count) ? 50 : 20), "\(sure) of 1000 with \(count) digits")
    }
  }

  @Test func `any text is read to its end and no further`() {
    let alphabet =
      Array("00112345678999ABLXPMZabk<<<-.. /:+\n".unicodeScalars) + ["\u{A0}", "\u{2011}", "\u{3042}", "ä"]
    var random = FixedRandom()
    for _ in 0..<4000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...64, using: &random) { text.append(alphabet.randomElement(using: &random)!) }
      let string = String(text)
      for detector in identifiers {
        for one in detector.findings(in: string) {
          #expect(one.start < one.end && one.end <= string.utf8.count && one.alone <= one.inContext)
        }
      }
    }
  }

  private let identifiers: [any Detector.Type] = [
    PassportMRZ.self, IBAN.self, CreditCard.self, IMEI.self, IMSI.self, ICCID.self, ItalianFiscalCode.self,
    FrenchNIR.self, FinnishHETU.self, SwedishPersonnummer.self, PolishPESEL.self, SpanishNIE.self, SpanishNIF.self,
    GermanTaxID.self, DutchBSN.self, UKNationalInsurance.self, UKHealthService.self, BrazilianCPF.self,
    BrazilianCNPJ.self, USSocialSecurity.self, CanadianSIN.self, Aadhaar.self, IndianPAN.self, AustralianTFN.self,
    AustralianMedicare.self, JapaneseMyNumber.self,
  ]
}
