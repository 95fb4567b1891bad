import Bytes
import Testing

@testable import Schemas

/// What holds for every format.
@Suite struct StringFormatTests {
  @Test func `formats are named as schemas write them`() {
    let names = [
      "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri",
      "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference",
      "uri-template", "uuid",
    ]
    #expect(StringFormat.allCases.map(\.name).sorted() == names)
    for name in names { #expect(StringFormat(named: name)?.name == name) }
  }

  @Test(arguments: ["", "Date-Time", "dateTime", "date-time ", "color", "int32", "uri-Reference"])
  func `a name that no standard gives is no format`(name: String) { #expect(StringFormat(named: name) == nil) }

  /// A text of each format that uses as much of its grammar as one text can.
  static let longest: [(StringFormat, String)] = [
    (.dateTime, "2024-02-29T23:59:59.123456789+23:59"), (.date, "2024-02-29"), (.time, "23:59:60.5Z"),
    (.duration, "P1Y2M3DT4H5M6S"), (.email, #""a\"b c"@[IPv6:1:2:3:4:5:6:127.0.0.1]"#), (.idnEmail, "실례.a@실례.테스트"),
    (.hostname, "a-b.xn--bcher-kva.Example"), (.idnHostname, "bücher.xn--bcher-kva。l·l.example"),
    (.ipv4, "255.255.255.255"), (.ipv6, "fe80:1:2:3:4:5:255.255.255.255"),
    (.uri, "a+b-c.1://u:%20p@[v1.a:b]:80/a;b/%C3%A9?q=1&r=?/#f/?"), (.uriReference, "//h:1/a/b:c?d#e"),
    (.iri, "http://ü:é@bücher.example/π%20?\u{E000}#ß"), (.iriReference, "é/a:b?ü#😀"),
    (.uriTemplate, "/a%20é{+x,y.z:9999,%C3%A9*}/{?b}"), (.uuid, "2EB8AA08-aa98-11EA-b4aa-73B441D16380"),
    (.jsonPointer, "/a~0~1b//é"), (.relativeJSONPointer, "120+3#"), (.regex, "^a+$"),
  ]

  @Test func `every format has its longest text, and takes it`() {
    #expect(Self.longest.map(\.0.rawValue).sorted() == StringFormat.allCases.map(\.rawValue))
    for (format, text) in Self.longest { #expect(format.accepts(text), "\(format.name): \(text)") }
  }

  @Test func `a text cut anywhere, even within a character, is judged by every format`() {
    for (_, text) in Self.longest {
      let bytes = Array(text.utf8)
      for end in 0...bytes.count {
        for start in [0, end / 2] {
          let part = Array(bytes[start..<end])
          for format in StringFormat.allCases { _ = format.accepts(part.span.bytes) }
        }
      }
    }
  }

  @Test func `random texts and random bytes are judged by every format`() {
    var random = SystemRandomNumberGenerator()
    let ascii = "0123456789abfvxnPTZ+-.:/@[]{}%?#\"\\~,* \u{0}"
    let pieces = (ascii + "éπ실·\u{3002}\u{200D}\u{94D}١۱א\u{E000}😀").unicodeScalars.map { String($0) }
    for round in 0..<4000 {
      let count = Int.random(in: 0..<48, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let bytes = round % 2 == 0 ? Array(text.utf8) : noise
      for format in StringFormat.allCases { _ = format.accepts(bytes.span.bytes) }
    }
  }

  @Test func `digits of other scripts, blanks and line ends have no place in the formats that machines write`() {
    let strict: Set<StringFormat> = [
      .dateTime, .date, .time, .duration, .email, .hostname, .ipv4, .ipv6, .uri, .uriReference, .uuid,
      .relativeJSONPointer,
    ]
    for (format, text) in Self.longest where strict.contains(format) {
      for added in [" \(text)", "\(text) ", "\(text)\n", "\n\(text)", "\(text)\u{0}", "\u{FEFF}\(text)"] {
        #expect(!format.accepts(added), "\(format.name): \(added.debugDescription)")
      }
      for (index, character) in text.enumerated() where character.isWholeNumber {
        var characters = Array(text)
        for digit in ["\u{661}", "\u{9E8}", "\u{FF11}"] {
          characters[index] = Character(digit)
          #expect(!format.accepts(String(characters)), "\(format.name): \(String(characters))")
        }
      }
    }
  }

  @Test func `an empty text has the formats whose grammars can be empty`() {
    let formats = StringFormat.allCases.filter { $0.accepts("") }
    #expect(formats == [.uriReference, .iriReference, .uriTemplate, .jsonPointer, .regex])
  }

  @Test func `sets of characters are those of their grammars`() {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    let digits = "0123456789"
    let unreserved = letters + digits + "-._~"
    let delimiters = "!$&'()*+,;="
    let sets: [(ASCIISet, String)] = [
      (.hexadecimal, digits + "ABCDEFabcdef"), (.host, letters + digits + "-"), (.scheme, letters + digits + "+-."),
      (.registeredName, unreserved + delimiters), (.userInformation, unreserved + delimiters + ":"),
      (.path, unreserved + delimiters + ":@/"), (.query, unreserved + delimiters + ":@/?"),
      (.templateLiteral, letters + digits + "!#$&'()*+,-./:;=?@[]_~"), (.variable, letters + digits + "_"),
      (.atom, letters + digits + "!#$%&'*+-/=?^_`{|}~"),
    ]
    for (set, characters) in sets {
      #expect((0...255).filter { set.contains($0) } == characters.utf8.sorted(), "\(characters)")
    }
  }
}
