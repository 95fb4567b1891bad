import Schemas
import Testing

/// RFC 2673, RFC 4291 and RFC 4122.
@Suite struct AddressFormatTests {
  @Test func `an IPv4 address`() {
    StringFormat.ipv4.check(
      accepted: ["192.168.0.1", "0.0.0.0", "255.255.255.255", "87.10.0.1", "1.2.3.4"],
      refused: [
        Refused("127.0.0.0.1", "five parts"), Refused("127.0.0", "three parts"), Refused("127.0", "two parts"),
        Refused("256.256.256.256", "above 255"), Refused("1.2.3.256", "above 255"), Refused("0x7f000001", "a number"),
        Refused("2130706433", "a number"), Refused("0x7f.0.0.1", "hexadecimal"),
        Refused("087.10.0.1", "leading zero"), Refused("1.2.3.00", "leading zero"),
        Refused("1.2.3.01", "leading zero"), Refused("1\u{9E8}7.0.0.1", "Bengali"),
        Refused("192.168.1.0/24", "prefix length"), Refused("1.2.3.", "a part without digits"),
        Refused(".1.2.3.4", "dot"), Refused("1..2.3", "a part without digits"), Refused("1.2.3.4.", "dot"),
        Refused("1.2.3.-4", "sign"), Refused("1.2.3.1000", "four digits"), Refused("1,2,3,4", "commas"),
        Refused("\u{FF11}.2.3.4", "full width"), Refused("99999999999999999999.1.1.1", "overflow"),
      ]
    )
  }

  @Test func `an IPv6 address`() {
    StringFormat.ipv6.check(
      accepted: [
        "::1", "::", "1::", "::abef", "::42:ff:1", "d6::", "1:d6::42", "1::d6:192.168.0.1", "1:2::192.168.0.1",
        "::ffff:192.168.0.1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8", "1:2:3:4:5:6::8", "FFFF:ffff:FFFF:ffff:FFFF:ffff:255.255.255.255",
        "0000:0000:0000:0000:0000:0000:0000:0000", "::1.2.3.4", "1::1.2.3.4", "::2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5::1.2.3.4",
      ],
      refused: [
        Refused("12345::", "five digits"), Refused("::00001", "five digits"),
        Refused("1:1:1:1:1:1:1:1:1", "nine groups"), Refused("1:2:3:4:5:6:7", "seven groups"),
        Refused("1:2:3:4:5:6:7:8::", "`::` for nothing"), Refused("::1:2:3:4:5:6:7:8", "`::` for nothing"),
        Refused("1:2:3:4::5:6:7:8", "`::` for nothing"), Refused("1::d6::42", "`::` twice"),
        Refused(":2:3:4:5:6:7:8", "a colon in front"), Refused("1:2:3:4:5:6:7:", "a colon at the end"),
        Refused(":2:3:4::8", "a colon in front"), Refused(":::1", "three"), Refused("1:::2", "three colons"),
        Refused(":", "a colon"), Refused(":::", "three colons"), Refused("1", "a group"),
        Refused("::laptop", "letters"), Refused("1::2:192.168.256.1", "IPv4 above 255"),
        Refused("::1.2.3", "IPv4 of three"), Refused("1::2:192.168.ff.1", "IPv4 in hexadecimal"),
        Refused("::ffff:192.168.0.01", "IPv4 with a leading zero"), Refused("1.2.3.4", "IPv4 alone"),
        Refused("1.2.3.4::", "IPv4 in front"), Refused("1:2:1.2.3.4:5:6:7", "IPv4 inside"),
        Refused("1:2:3:4:5:6:7:1.2.3.4", "nine groups"), Refused("::1.2.3.4:5", "IPv4 inside"),
        Refused("1:2:3:4:5:1.2.3.4", "seven groups"), Refused("1:2:3:4:5:6::1.2.3.4", "`::` for nothing"),
        Refused("fe80::a%eth1", "zone"), Refused("fe80::/64", "prefix length"), Refused("[::1]", "brackets"),
        Refused("100:100:100:100:100:100:255.255.255.255.255", "five parts"),
        Refused("1:2:3:4:5:6:7:\u{9EA}", "Bengali"), Refused("1:2::192.16\u{9EA}.0.1", "Bengali"),
        Refused(" ::1", "blank"), Refused("::g", "not hexadecimal"),
      ]
    )
  }

  @Test func `a UUID`() {
    StringFormat.uuid.check(
      accepted: [
        "2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
        "2eb8aa08-AA98-11ea-B4Aa-73B441D16380", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "98d80576-482e-427f-8434-7f86890ab222",
        "99c17cbb-656f-f64a-940f-1a4568f03487",
      ],
      refused: [
        Refused("2eb8aa08-aa98-11ea-b4aa-73b441d1638", "a digit too few"),
        Refused("2eb8aa08-aa98-11ea-b4aa-73b441d163800", "one more"),
        Refused("2eb8aa08-aa98-11ea-73b441d16380", "a part too few"),
        Refused("2eb8aa08aa9811eab4aa73b441d16380", "no hyphens"),
        Refused("2eb8aa08aa98-11ea-b4aa73b441d16380", "hyphens missing"),
        Refused("2eb8-aa08-aa98-11ea-b4aa73b44-1d16380", "places"),
        Refused("2eb8aa08-aa98-11ea-b4ga-73b441d16380", "g"),
        Refused("{2eb8aa08-aa98-11ea-b4aa-73b441d1638}", "braces"),
        Refused("2eb8aa08_aa98_11ea_b4aa_73b441d16380", "underscores"),
        Refused("urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380", "URN"),
        Refused("2eb8aa08-aa98-11ea-b4aa-73b441d1638\u{9EA}", "Bengali"),
        Refused("-eb8aa08-aa98-11ea-b4aa-73b441d16380", "hyphen"),
      ]
    )
  }

  @Test func `a UUID's digits are the hexadecimal ones in each of their places`() {
    let text = Array("01234567-89ab-cdef-ABCD-EF0123456789".utf8)
    for place in text.indices where text[place] != UInt8(ascii: "-") {
      for byte in UInt8(0)...255 {
        var changed = text
        changed[place] = byte
        let isDigit = Character(UnicodeScalar(byte)).isASCII && Character(UnicodeScalar(byte)).isHexDigit
        #expect(StringFormat.uuid.accepts(changed.span.bytes) == isDigit, "\(byte) at \(place)")
      }
    }
  }
}
