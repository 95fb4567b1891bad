import Testing

@testable import Detection

/// Names of people by their keys.
@Suite struct KeyedNameTests {
  @Test func `a value under the key of a name is one`() {
    for name in [
      "first_name", "lastName", "FullName", "surname", "vorname", "apellidos", "prénom", "Nazwisko", "customerName",
    ] {
      for value in [
        "Zoë", "Anna Maria", "Jean-Luc", "O'Neill", "O’Neill", "van der Berg", "J. R. Tolkien", "MÜLLER", "anna",
      ] {
        #expect(KeyedScan.find(.person, in: value, name: name) == [value], "\(name) \(value)")
      }
    }
    #expect(KeyedScan.find(.person, in: "山田太郎", name: "氏名") == ["山田太郎"])
    #expect(KeyedScan.find(.person, in: "Анна", name: "имя") == ["Анна"])
  }

  @Test func `a value that is no name is none`() {
    let long = String(repeating: "a", count: 61)
    for value in [
      "", "A", "unknown", "NULL", "SOME_CONSTANT", "a@b.org", "user42", "x=1", long, "a  b", "Fine! Thanks", "→ go",
    ] {
      #expect(KeyedScan.find(.person, in: value, name: "first_name") == [], "\(value)")
    }
    for name in ["name", "deviceName", "file_name", "hostname", "username", "filename", "first", "product_name"] {
      #expect(KeyedScan.find(.person, in: "Anna Schmidt", name: name) == [], "\(name)")
    }
  }

  @Test func `a general key needs a name of several words`() {
    for name in ["nombre", "nom", "naam", "nome"] {
      #expect(KeyedScan.find(.person, in: "Juan Pérez de la Cruz", name: name) == [])
      #expect(KeyedScan.find(.person, in: "Juan Pérez", name: name) == ["Juan Pérez"])
      for value in ["Sensor", "sala de estar", "iphone"] {
        #expect(KeyedScan.find(.person, in: value, name: name) == [])
      }
    }
  }

  @Test func `a keyed part of a text is found`() {
    for (text, found) in [
      ("first_name=Zoë last=x", "Zoë"), ("Nachname: Müller-Lüdenscheidt, Ort: Ulm", "Müller-Lüdenscheidt"),
      ("profile updated name=Burghard Gröttner email=a@b.org", "Burghard Gröttner"),
      ("{\"surname\":\"O'Neill\"}", "O'Neill"), ("full name: Colin van Spreeuwel phone: 1", "Colin van Spreeuwel"),
      ("name=Carlos Eduardo Nogueira phone=+5511", "Carlos Eduardo Nogueira"),
    ] { #expect(KeyedScan.find(.person, in: text) == [found], "\(text)") }
    for text in [
      "name=Living Room", "name=eth0 phone=1", "hostname=Alpha Beta email=a", "file_name=Report Final mail=",
      "10:00:00",
      "first_name=", "name: Galaxy S21", "last_name=unknown", "rename=Foo Bar email=",
    ] { #expect(KeyedScan.find(.person, in: text) == [], "\(text)") }
  }
}
