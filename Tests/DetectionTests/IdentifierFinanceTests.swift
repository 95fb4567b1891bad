import Testing

@testable import Detection

/// Payment cards, bank accounts and tax numbers that companies have.
@Suite struct IdentifierFinanceTests {
  @Test func `a card has a brand, a length that the brand has, and a check digit`() {
    CreditCard.check(
      found: [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "2223003122003222",
        "2720 9900 0000 0007", "378282246310005", "3782 822463 10005", "3714-496353-98431", "30569309025904",
        "3056 930902 5904", "38520000023237", "6011111111111117", "3530111333300000", "6200 0000 0000 0005",
        "6759649826438453", "5019717010103742", "122000000000003", "4222222222222", "2200 0000 0000 0004",
        "4111\u{A0}1111\u{A0}1111\u{A0}1111", "4111\u{202F}1111\u{202F}1111\u{202F}1111",
      ],
      refused: [
        "4111111111111112", "4111 1111-1111 1111", "4111  1111 1111 1111", "41111111 11111111", "9111111111111111",
        "378282246310006", "3782 8224 6310 005", "2721000000000004", "2220990000000006", "0000000000000000",
        "411111111111116", "41111111111114", "1759087680092", "1777931245332982120",
      ]
    )
    #expect(CreditCard.finds("4012888888881881 4012-8888-8888-1881 4012 8888 8888 1881").count == 3)
    #expect(CreditCard.finds("4111 1111 1111 1111 exp 09/28 cvv 123") == ["4111 1111 1111 1111"])
    #expect(CreditCard.finds("4111-1111-1111-1111-1111") == [])
    #expect(CreditCard.finds("4111 1111 1111 1111 1111") == [])
    #expect(CreditCard.finds("1111 4111 1111 1111 1111") == [])
    #expect(CreditCard.finds("invalid iban AT30 4404 6692 1523 9027") == [])
    #expect(CreditCard.finds("00000000-4111-1111-1111-111111111111") == [])
  }

  @Test func `an account has the length of its country, and a remainder of one`() {
    IBAN.check(
      found: [
        "GB29NWBK60161331926819", "GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "FR1420041010050500013M02606", "FR14 2004 1010 0505 0001 3M02 606", "NO9386011117947", "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S", "gb29nwbk60161331926819", "DE89-3704-0044-0532-0130-00",
        "BR1800360305000010009795493C1", "LC55HEMM000100010012001200023015", "BE68 5390 0754 7034",
        "GB29\u{A0}NWBK\u{A0}6016\u{A0}1331\u{A0}9268\u{A0}19",
      ],
      refused: [
        "GB29NWBK60161331926818", "GB29NWBK6016133192681", "XX29NWBK60161331926819", "GB29 NWBK-6016 1331 9268 19",
        "GB29 NWBK 60161331 9268 19", "DE89 3704 0044 0532 0130", "DE8937040044053201300O",
      ]
    )
    #expect(IBAN.finds("DE89 3704 0044 0532 0130 00 200 OK") == ["DE89 3704 0044 0532 0130 00"])
    #expect(IBAN.finds("NO93 8601 1117 947 123") == [])
    #expect(IBAN.finds("IBAN:DE89370400440532013000;BIC") == ["DE89370400440532013000"])
  }

  @Test func `every length of an account that fits is found`() {
    var random = FixedRandom()
    for (country, length) in [("NO", 15), ("AT", 20), ("CH", 21), ("ES", 24), ("PL", 28), ("MT", 31), ("RU", 33)] {
      let rest = random.digits(length - 4).map(String.init).joined()
      let numeral = "\(rest)\(country)00".flatMap { letter -> [Int] in
        guard let value = letter.hexDigitValue, value < 10 else {
          let rank = Int(letter.asciiValue!) - 55
          return [rank / 10, rank % 10]
        }
        return [value]
      }
      let check = 98 - numeral.reduce(0) { ($0 * 10 + $1) % 97 }
      let account = country + (check < 10 ? "0" : "") + "\(check)\(rest)"
      #expect(IBAN.finds(account) == [account])
      for digit in "0123456789" where digit != account.last! {
        #expect(IBAN.finds(String(account.dropLast()) + String(digit)) == [])
      }
    }
  }

  @Test func `a taxpayer's number of Brazil has two check digits`() {
    BrazilianCPF.check(
      found: ["529.982.247-25", "52998224725", "529982247-25", "529 982 247 25", "529.982.247/25", "111.444.777-35"],
      refused: [
        "529.982.247-24", "529.982.247-15", "111.111.111-11", "00000000000", "529.982-247-25", "187.144.245.17",
        "52.998.224.725",
      ]
    )
    BrazilianCNPJ.check(
      found: [
        "11.222.333/0001-81", "11222333000181", "112223330001-81", "12.ABC.345/01DE-35", "12ABC34501DE35",
      ],
      refused: [
        "11.222.333/0001-82", "11.222.333/0001-71", "12.ABC.345/01DE-36", "11.222.333-0001-81", "00000000000000",
        "12.abc.345/01de-35",
      ]
    )
    #expect(
      BrazilianCPF.findings(in: "529.982.247-25").first!.alone > BrazilianCPF.findings(in: "52998224725").first!.alone
    )
  }
}
