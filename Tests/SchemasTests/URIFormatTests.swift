import Schemas
import Testing

/// RFC 3986, RFC 3987 and RFC 6570.
@Suite struct URIFormatTests {
  /// U+FDD0, which may not stand in the source.
  static let noncharacter = UnicodeScalar(0xFDD0 as UInt32).map(Character.init) ?? "?"

  /// What is wrong wherever it stands.
  static let neverInURIs = [
    Refused("http://a/<b>", "<>"), Refused("http://a/\"b\"", "quotes"), Refused("http://a/{b}", "braces"),
    Refused("http://a/b|c", "|"), Refused("http://a/b^c", "^"), Refused("http://a/b`c", "`"),
    Refused("http://a/b\\c", "\\"), Refused("http://a/b c", "blank"),
    Refused("http://a/b[c]", "brackets in the path"), Refused("http://a/?[", "in the query"),
    Refused("http://a/#[", "in the fragment"), Refused("http://a/#b#c", "two fragments"), Refused("http://a/%", "%"),
    Refused("http://a/%2", "% and a digit"), Refused("http://a/%2g", "% and a letter"),
    Refused("http://a/?%zz", "% and z"), Refused("http://a/\u{7f}", "DEL"), Refused("http://a/\u{0}", "NUL"),
    Refused("http://a b/", "blank in the host"), Refused("http://a@b@c/", "two at signs"),
    Refused("http://a:8a/", "port with a letter"), Refused("http://a:80:90/", "two ports"),
    Refused("http://a:-80/", "negative port"), Refused("http://[::1/", "bracket open"),
    Refused("http://::1]/", "not opened"), Refused("http://[::1]a/", "text after the literal"),
    Refused("http://[1.2.3.4]/", "IPv4 in brackets"), Refused("http://[]/", "empty literal"),
    Refused("http://[fe80::1%25eth0]/", "zone"), Refused("http://[:::1]/", "no IPv6"),
    Refused("http://[v.a]/", "no version"), Refused("http://[v1.]/", "no address"), Refused("http://[v1]/", "no dot"),
    Refused("http://[vg.a]/", "version"), Refused("http://2001:db8::1/", "IPv6 without brackets"),
    Refused("https://[@example.org/test.txt", "bracket in user information"),
    Refused("https://]@example.org/", "bracket"), Refused("http://\u{661}/\u{80}", "control character beyond ASCII"),
  ]

  @Test func `a URI`() {
    StringFormat.uri.check(
      accepted: [
        "http://foo.bar/?baz=qux#quux", "http://foo.com/blah_(wikipedia)_blah#cite-1",
        "http://foo.bar/?q=Test%20URL-encoded", "http://xn--nw2a.xn--j6w193g/",
        "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", "http://223.255.255.254",
        "ftp://ftp.is.co.za/rfc/rfc1808.txt", "ldap://[2001:db8::7]/c=GB?objectClass?one",
        "mailto:John.Doe@example.com", "news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212",
        "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "http://a:/", "http://a:0080", "http://", "http:///a",
        "http:", "a:", "a:b:c", "a+1.-:/", "x:/a//b", "http://a?b", "http://a#", "http://@a", "http://:@a",
        "http://[v7.a:b]", "http://[::ffff:1.2.3.4]:8080/", "http://999.999.999.999/", "file:///etc/hosts",
        "http://a/?a?b/c#d?e/f", "data:,A%20note", "http://user@[::1]",
      ],
      refused: Self.neverInURIs + [
        Refused("//foo.bar/?baz=qux#quux", "no scheme"), Refused("/abc", "no scheme"), Refused("foo", "no scheme"),
        Refused("", "empty"), Refused("\\\\WINDOWS\\fileshare", "backslashes"),
        Refused(":// should fail", "no scheme"), Refused("://a", "no scheme"),
        Refused("bar,baz:foo", "comma in the scheme"), Refused("1http://a", "digit in front"),
        Refused("+a:b", "sign in front"), Refused("h_t:a", "underscore in the scheme"),
        Refused("http//a", "no colon"), Refused("#f", "no scheme"), Refused("http://ü/", "beyond ASCII"),
        Refused("http://a/é", "beyond ASCII"), Refused("htt%70://a", "% in the scheme"),
      ]
    )
  }

  @Test func `a URI reference`() {
    StringFormat.uriReference.check(
      accepted: [
        "", "http://foo.bar/?baz=qux#quux", "//foo.bar/?baz=qux#quux", "/abc", "abc", "#fragment", "?q", "?", "#",
        "./a:b", "a/b:c", "../..", "/", "//", "///", "a?b:c", "a#b:c", "@", "a;b", "%41", "/a:b", "//u@h:1", ".",
        "a@b/c",
      ],
      refused: Self.neverInURIs + [
        Refused("\\\\WINDOWS\\fileshare", "backslashes"), Refused("abc#frag\\ment", "backslash"),
        Refused("1a:b", "no scheme"), Refused(":a", "colon in the first segment"),
        Refused("%41:b", "colon in the first segment"), Refused("é", "beyond ASCII"), Refused("a b", "blank"),
        Refused("//a:b", "port"), Refused("//a\\b", "backslash"), Refused("_:a", "no scheme"),
      ]
    )
  }

  @Test func `an IRI`() {
    StringFormat.iri.check(
      accepted: [
        "http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://ƒøø.com/blah_(wîkïpédiå)_blah#ßité-1",
        "http://ƒøø.ßår/?q=Test%20URL-encoded", "http://[2001:0db8:85a3:0000:0000:8a2e:0370:7334]",
        "http://a/?\u{E000}\u{F8FF}\u{F0000}\u{10FFFD}", "urn:é",
        "http://a/\u{A0}\u{D7FF}\u{F900}\u{FDCF}\u{FDF0}\u{FFEF}\u{10000}\u{1FFFD}\u{E1000}\u{EFFFD}",
        "http://é:ü@a/",
      ],
      refused: Self.neverInURIs + [
        Refused("/abc", "no scheme"), Refused("âππ", "no scheme"), Refused("é:a", "scheme beyond ASCII"),
        Refused("", "empty"), Refused("http://2001:0db8:85a3:0000:0000:8a2e:0370:7334", "IPv6 without brackets"),
        Refused("\\\\WINDOWS\\filëßåré", "\\"), Refused("http://a/\u{E000}", "private use in the path"),
        Refused("http://a/#\u{E000}", "private use in the fragment"),
        Refused("http://\u{E000}/", "private use in the host"),
        Refused("http://a/\(Self.noncharacter)", "not a character"), Refused("http://a/\u{FFFD}", "special"),
        Refused("http://a/\u{1FFFE}", "not a character"), Refused("http://a/\u{9F}", "C1"),
        Refused("http://a/\u{E0041}", "tag"), Refused("http://a/?\u{FFFFE}", "not a character"),
        Refused("http://a:\u{661}", "port"), Refused("http://a/\u{200E}", "mark of direction"),
        Refused("http://a/?\u{202E}", "mark of direction"), Refused("http://[v1.é]/", "literal beyond ASCII"),
      ]
    )
  }

  @Test func `an IRI reference`() {
    StringFormat.iriReference.check(
      accepted: [
        "", "http://ƒøø.ßår/?∂éœ=πîx#πîüx", "//ƒøø.ßår/?∂éœ=πîx#πîüx", "/âππ", "âππ", "#ƒrägmênt", "?\u{E000}", "é/a:b",
      ],
      refused: Self.neverInURIs + [
        Refused("\\\\WINDOWS\\filëßåré", "backslashes"), Refused("#ƒräg\\mênt", "backslash"),
        Refused("é:a", "colon in the first segment"), Refused("\u{E000}", "private use in the path"),
        Refused("é\u{200F}", "mark of direction"),
      ]
    )
  }

  @Test func `a URI template`() {
    StringFormat.uriTemplate.check(
      accepted: [
        "", "http://example.com/dictionary/{term:1}/{term}", "dictionary/{term:1}/{term}",
        "http://example.com/dictionary", "{a}{b}", "{+x,hello,y}", "{#path:6}here", "X{.var:3}", "{/var:1,var}",
        "{;hello:5}", "{?x,y,empty}", "{&list*}", "{=a}", "{,a}", "{!a}", "{@a}", "{|a}", "{a.b.c}", "{%C3%A9}",
        "{a%20b:9999}", "{_}", "{1}", "é\u{E000}{a}", "a'b", "[x]", "{a*,b*}", "{semi:1,b}",
      ],
      refused: [
        Refused("http://example.com/dictionary/{term:1}/{term", "open"), Refused("{", "open"),
        Refused("}", "not opened"), Refused("{}", "no variable"), Refused("a}b", "not opened"),
        Refused("{{a}}", "nested"), Refused("{a,}", "no variable"), Refused("{+}", "no variable"),
        Refused("{a b}", "blank"), Refused("{ a}", "blank"), Refused("{a:0}", "prefix of 0"),
        Refused("{a:}", "no number"), Refused("{a:01}", "leading zero"), Refused("{a:10000}", "above 9999"),
        Refused("{a:b}", "letter"), Refused("{a:1*}", "two modifiers"), Refused("{a*:1}", "two modifiers"),
        Refused("{*a}", "modifier in front"), Refused("{.}", "no variable"), Refused("{a.}", "dot at the end"),
        Refused("{a..b}", "two dots"), Refused("{..a}", "two dots"), Refused("{a-b}", "hyphen"),
        Refused("{~a}", "no operator"), Refused("{$a}", "no operator"), Refused("{??a}", "two operators"),
        Refused("{é}", "beyond ASCII"), Refused("{%zz}", "no hexadecimal digits"), Refused("{a=b}", "default"),
        Refused("a b", "blank"), Refused("%", "%"), Refused("%2", "% and a digit"), Refused("<a>", "<>"),
        Refused("a\"b", "quote"), Refused("a\\b", "\\"), Refused("a^b", "^"), Refused("a`b", "`"),
        Refused("a|b", "|"), Refused("\u{7f}", "DEL"), Refused("\u{85}", "C1"),
        Refused("{a:\u{661}}", "an Arabic digit"), Refused("{a:1", "open"), Refused("{a%2}", "% and a digit"),
      ]
    )
  }
}
