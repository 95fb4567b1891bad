import Testing

@testable import Detection

/// Days of birth by their keys.
@Suite struct KeyedDateTests {
  private static let dates = [
    "1984-03-17", "1984/03/17", "1984.3.17", "17.03.1984", "17/03/1984", "3/17/1984", "17-3-1984", "17 March 1984",
    "17. März 1984", "March 17, 1984", "Mar 17th, 1984", "17 de marzo de 1984", "17 mars 1984", "17 grudnia 1984",
    "1 février 2001", "1984年3月17日",
  ]

  @Test(arguments: dates) func `a date under such a key is a day of birth`(date: String) {
    for name in ["birthDate", "date_of_birth", "DOB", "geburtsdatum", "fechaNacimiento", "syntymäaika", "生年月日"] {
      #expect(KeyedScan.find(.birthDate, in: date, name: name) == [date], "\(name)")
    }
    #expect(KeyedScan.find(.birthDate, in: date, name: "created") == [])
  }

  @Test(arguments: dates) func `a date behind such a word is a day of birth`(date: String) {
    for sentence in [
      "born on #, in Rome", "dob=#", "Geburtsdatum: #;", "né le # à Lyon", "date of birth #.", "data urodzenia #",
    ] {
      let text = sentence.replacing("#", with: date)
      #expect(KeyedScan.find(.birthDate, in: text) == [date], "\(text)")
    }
    for sentence in ["due on #", "#", "updated # 10:00", "born at # 10:22:31"] {
      #expect(KeyedScan.find(.birthDate, in: sentence.replacing("#", with: date)) == [])
    }
  }

  @Test func `a value may be packed, short or have a time`() {
    for value in ["19840317", "17031984", "17.03.84", "1984-03-17T00:00:00Z", "1984-03-17 00:00:00.000"] {
      #expect(KeyedScan.find(.birthDate, in: value, name: "dob") == [value])
    }
    #expect(KeyedScan.findNumber(.birthDate, "19840317", name: "dob") == ["19840317"])
  }

  @Test func `what is no day is none`() {
    for value in [
      "1984-13-17", "1984-02-32", "2084-03-17", "1784-03-17", "1.2.3", "17.03.19845", "March", "1984", "0", "",
    ] {
      #expect(KeyedScan.find(.birthDate, in: value, name: "dob") == [], "\(value)")
      #expect(KeyedScan.find(.birthDate, in: "dob \(value)") == [], "\(value)")
    }
    #expect(KeyedScan.findNumber(.birthDate, "31", name: "birth_count") == [])
  }
}
