import Testing

@testable import Detection

/// Numbers of equipment and SIM cards, and zones that machines read.
@Suite struct IdentifierDeviceTests {
  @Test func `equipment has a reporting body and a check digit`() {
    IMEI.check(
      found: ["490154203237518", "49-015420-323751-8", "35 209900 176148 1", "352099001761481", "352099-00-176148-1"],
      refused: ["490154203237519", "35 209900-176148 1", "35209900176148", "000000000000000", "222222222222222"]
    )
    #expect(IMEI.findings(in: "3520990017614823").first!.alone < 10, "with a version there is no check digit")
  }

  @Test func `a subscriber's number tells nothing alone`() {
    IMSI.check(found: ["310150123456789", "262011234567890", "26201123456789"], refused: ["110150123456789", "123"])
    #expect(IMSI.findings(in: "310150123456789").first!.alone < 10)
  }

  @Test func `a SIM card starts with 89 and has a check digit`() {
    ICCID.check(
      found: ["8991101200003204514", "8991 1012 0000 3204 514", "89910000000000000004"],
      refused: ["8991101200003204511", "7991101200003204515", "899110120000320451"]
    )
  }

  private static let names = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
  private static let data = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
  private static let card =
    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"

  @Test func `the lines of a passport are found together and alone`() {
    for between in ["\n", "\r\n", " ", ""] {
      let zone = Self.names + between + Self.data
      #expect(PassportMRZ.finds("mrz: \(zone) end") == [zone])
    }
    #expect(PassportMRZ.finds(Self.names) == [Self.names])
    #expect(PassportMRZ.finds("scan=\(Self.data);") == [Self.data])
    let small = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
    #expect(PassportMRZ.finds(small) == [small])
    #expect(PassportMRZ.finds("\(Self.card)\n") == [Self.card])
    // Without any filler.
    let full = "AB12345671UTO7408122F1204159ZE184226B1234508"
    #expect(PassportMRZ.finds(full) == [full])
  }

  @Test func `a zone with a wrong check digit is none`() {
    for place in [9, 19, 27] {
      var data = Array(Self.data)
      data[place] = data[place] == "1" ? "2" : "1"
      #expect(PassportMRZ.finds(String(data)) == [])
    }
    #expect(PassportMRZ.finds(Self.card.replacing("7408122", with: "7408123")) == [])
    #expect(PassportMRZ.finds(Self.card.replacing("D231458907", with: "D231458908")) == [])
    #expect(PassportMRZ.finds("std::cout << x; A<B<C>> y; <html><b>P<I</b>") == [])
    #expect(PassportMRZ.finds(String(repeating: "<", count: 500)) == [])
    #expect(PassportMRZ.finds(String(repeating: "A<<", count: 500)) == [])
  }

  @Test func `a zone is cut anywhere without being found`() {
    for count in 1..<Self.data.count { #expect(PassportMRZ.finds(String(Self.data.prefix(count))) == []) }
    for count in 1..<Self.card.count { #expect(PassportMRZ.finds(String(Self.card.prefix(count))) == []) }
  }
}
