import Testing

@testable import Detection

struct ContactPhoneTests {
  private func found(_ text: String, from minimum: UInt8 = 60) -> [String] {
    ContactScan.texts(PhoneNumber.self, in: text, from: minimum)
  }

  @Test(arguments: [
    "+1 201-555-0123", "+12015550123", "+1 (201) 555-0123", "+44 20 7946 0958", "+49 (0)30 123456", "+49.1512.3456789",
    "+33 6 12 34 56 78", "+33\u{A0}6\u{A0}12\u{A0}34\u{A0}56\u{A0}78", "+1-201-555-0123", "+1.2015550123",
    "+1 201\u{2011}555\u{2011}0123", "0049 30 123678", "00447400795211", "011 44 20 7946 0958",
    "+1 201-555-0123 ext. 12",
    "+1-201-555-0123;ext=7", "+1 201 555 0123x45", "+55 (11) 96123-4567", "+290 22158",
  ])
  func `a number with its country's code is found alone and as a whole`(_ number: String) {
    for text in [number, "to \(number) via", "tel:\(number)", "(\(number))", "phone=\(number)", "call \(number)."] {
      let contacts = ContactScan.find(PhoneNumber.self, in: text)
      #expect(contacts.map(\.text) == [number], "\(text)")
      #expect(contacts.allSatisfy { $0.alone >= 60 })
    }
  }

  @Test(arguments: [
    "(201) 555-0123", "201-555-0123", "1-201-555-0123", "07400 172735", "01512 3452086", "06 12 34 56 78",
    "612 34 56 78", "312 345 6789", "02 1252 5935", "06-12345678", "512 345 678", "(11) 96123-4567", "081234 56789",
    "98765 43210", "0412 345 678", "090-1234-5678", "138 1234 5678", "55 1234 5678", "0 532 123 45 67",
    "0 (917) 123 4567", "070-123 45 67", "040 1234567", "079 123 45 67", "0470 12 34 56", "0664 1234567",
    "085 123 4567",
    "010-1234-5678", "8 (912) 345-67-89", "030/123456", "030 / 123456", "12 34 56 78", "(030) 123 4567", "2015550123",
    "07400172735",
  ])
  func `a number as it is dialled within its country is found near a word`(_ number: String) {
    for text in [number, "phone: \(number) saved", "phone=\(number),", "call \(number)."] {
      let contacts = ContactScan.find(PhoneNumber.self, in: text)
      #expect(contacts.map(\.text) == [number], "\(text)")
      #expect(contacts.allSatisfy { $0.inContext >= 80 })
    }
  }

  @Test(arguments: [
    "2026-01-02", "01.02.2026", "2026-01-02 12:30:45", "1761423630", "1761423630755", "12.15.49.121", "192.168.100.200",
    "52.520008", "+52.520008 +13.404954", "+49.123456", "1.234.567,89", "25347725", "20260102", "+0530", "+86400",
    "+911", "sku 514-753-7618Y", "00-282114a1a246c451bc96a81016332039-92d7bcf1d15da979-01", "0000000042", "1111111111",
    "4.17.2100001", "a+4915123456789", "7+4915123456789", "+11235550123", "+999123456789",
  ])
  func `dates, times, versions, sizes and parts are no numbers`(_ text: String) {
    #expect(ContactScan.find(PhoneNumber.self, in: text) == [])
  }

  @Test(arguments: ["330-851-9076-11", "4012-0888-8888-1881", "3308519076", "623-073-766"])
  func `what other numbers look like too is not sure alone`(_ text: String) {
    #expect(ContactScan.find(PhoneNumber.self, in: text).allSatisfy { $0.alone < 50 })
  }

  @Test func `a number stands in no longer number, token or name`() {
    for text in [
      "x+12015550123y", "12015550123456789", "_201-555-0123", "201-555-0123_a", "201-555-0123.5", "a.201-555-0123",
    ] {
      #expect(found(text) == [], "\(text)")
    }
  }

  @Test func `the whole of a value is a number when its name says so`() {
    for text in ["2015550123", "+12015550123", "(201) 555-0123", "612345678", "0151 23456789", "25347725"] {
      #expect(ContactScan.value(PhoneValue.self, text)?.range == 0..<text.utf8.count, "\(text)")
    }
    for text in ["12345", "1761423630", "1761423630755", "2026-01-02", "iPhone 15", "12.345678", "0000000000", "n/a"] {
      #expect(ContactScan.value(PhoneValue.self, text)?.range == nil, "\(text)")
    }
  }

  @Test func `each code has its lengths, and codes nobody has have none`() {
    #expect(CallingCode.nationalDigits(1) == 10...10)
    #expect(CallingCode.nationalDigits(49) == 6...11)
    #expect(CallingCode.nationalDigits(358) == 6...11)
    for code in [0, 2, 21, 28, 29, 35, 37, 59, 83, 89, 210, 384, 424, 510, 693, 889, 999] {
      #expect(CallingCode.nationalDigits(code) == nil, "\(code)")
    }
  }
}
