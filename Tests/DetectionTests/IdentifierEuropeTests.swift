import Testing

@testable import Detection

/// Numbers of persons in Europe.
@Suite struct IdentifierEuropeTests {
  @Test func `a national insurance number has a prefix that is given out`() {
    UKNationalInsurance.check(
      found: [
        "AB123456C", "AB 12 34 56 C", "AB-12-34-56-C", "AB 123456 C", "AB 123456C", "ab123456c", "HH 01 02 03 D",
      ],
      refused: [
        "BG123456A", "GB123456A", "NT123456A", "ZZ123456A", "DA123456A", "AO123456A", "AB123456E", "AB12345C",
        "AB 12-34 56 C", "FQ 00 00 00 C",
      ]
    )
  }

  @Test func `a patient's number has a check digit`() {
    UKHealthService.check(
      found: ["943 476 5919", "9434765919", "943-476-5919", "401-023-2137"],
      refused: ["943 476 5918", "9434 765 919", "943 476-5919", "0000000000"]
    )
    #expect(UKHealthService.finds("sku 943-476-5919X") == [])
    #expect(UKHealthService.finds("call +44 943 476 5919") == [])
    #expect(UKHealthService.finds("nhs_no=943 476 5919 200 OK") == ["943 476 5919"])
  }

  @Test func `a German tax number has one digit more than once`() {
    GermanTaxID.check(
      found: ["86095742719", "65929970489", "47036892816", "47 036 892 816", "12345678903"],
      refused: ["86095742718", "01234567890", "11111111111", "11112345678", "1234567890"]
    )
    #expect(GermanTaxID.findings(in: "12345678903").first!.alone < 20, "ten different digits are a sample")
  }

  @Test func `a French number has a month, a department and a key`() {
    FrenchNIR.check(
      found: [
        "255081416802538", "2 55 08 14 168 025 38", "2550814168025 38", "2 55 08 14 168 025 38",
        "2-55-08-14-168-025-38", "1 84 12 2A 451 089 33", "184122A45108933",
        "2\u{A0}55\u{A0}08\u{A0}14\u{A0}168\u{A0}025\u{A0}38",
      ],
      refused: [
        "255081416802539", "2 55 08 14 168 025 39", "555081416802538", "255131416802538", "2 55 0814 168 025 38",
        "255081416802500",
      ]
    )
  }

  @Test func `a Spanish number ends with its letter`() {
    SpanishNIF.check(
      found: ["12345678Z", "12345678-Z", "12.345.678-Z", "12.345.678Z", "12345678z", "1111111G", "K0867756N"],
      refused: ["12345678A", "12345678", "12345678I", "123456789Z", "12.345.678-A", "K0867756M"]
    )
    SpanishNIE.check(
      found: ["X1234567L", "X-1234567-L", "Y1234567-X", "Z1234567R", "x1234567l"],
      refused: ["X1234567M", "W1234567L", "X123456L", "X12345678L"]
    )
  }

  @Test func `an Italian code has names, a day and a check letter`() {
    ItalianFiscalCode.check(
      found: ["MRTMTT91D08F205J", "RSSMRA85T10A562S", "mrtmtt91d08f205j", "RSS MRA 85T10 A562S"],
      refused: ["MRTMTT91F08F205J", "MRTMTT91D72F205J", "MRTMTT91D32F205J", "MATMTT91D08F205J", "MRTMTT91D08F20J"]
    )
    let wrong = ItalianFiscalCode.findings(in: "MRTMTT91D08F205K")
    #expect(wrong.first!.alone < 50, "only a word makes one with a wrong letter likely")
    // The letters L to N and P to V stand for digits.
    #expect(ItalianFiscalCode.findings(in: "RSSMRA85T10A56NH").first!.alone > 90)
  }

  @Test func `a Dutch number passes the test of eleven`() {
    DutchBSN.check(
      found: ["111222333", "123456782", "1112.22.333", "123 456 782"],
      refused: ["123456783", "000000000", "111111111", "12345678"]
    )
  }

  @Test func `a Polish number has a day of its century`() {
    PolishPESEL.check(
      found: ["44051401458", "02070803628", "02270803624"],
      refused: ["44051401358", "85040812345", "11111121111", "11113221116"]
    )
  }

  @Test func `a Swedish number has a day and a check digit`() {
    SwedishPersonnummer.check(
      found: [
        "811228-9874", "8112289874", "19811228-9874", "198112289874", "701063-2391", "900118+9811", "18900118+9811",
      ],
      refused: ["811228-9875", "811328-9873", "810229-9871", "811228.9874", "811228 9874", "22811228-9874"]
    )
  }

  @Test func `a Finnish code has a sign for its century`() {
    FinnishHETU.check(
      found: ["131052-308T", "131052-308t", "010594Y9032", "010516B903X", "131052+308T", "020504A902E"],
      refused: ["131052-308U", "131052G308T", "131052/308T", "320152-308T", "300249-308T", "131052-001T"]
    )
  }
}
