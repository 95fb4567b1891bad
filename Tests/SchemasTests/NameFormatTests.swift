import Schemas
import Testing

/// Host names and mailboxes: RFC 1123, RFC 5890 to 5893, RFC 5321 and RFC 6531.
@Suite struct NameFormatTests {
  static let label63 = String(repeating: "a", count: 63)
  /// 253 octets: three labels of 63 and one of 61.
  static let name253 = [label63, label63, label63, String(repeating: "b", count: 61)].joined(separator: ".")

  @Test func `a host name`() {
    StringFormat.hostname.check(
      accepted: [
        "www.example.com", "localhost", "a", "1", "1host", "h0stn4me", "hostnam3", "host-name", "a--b", "ab--cd",
        "3com.com", "EXAMPLE.Com", "1.2.3", "1.2.3.4.5", "1.2.3.a", "123", Self.label63, Self.name253,
        "xn--4gbwdl.xn--wgbh1c", "xn--ihqwcrb4cv8a8dqg056pqjye", "XN--BCHER-KVA.example", "xn--zca29lwxobi7a",
        "xn--qmbc", "a.xn--bcher-kva.b",
      ],
      refused: [
        Refused("", "empty"), Refused(".", "empty labels"), Refused("a..b", "an empty label"),
        Refused(".example", "empty label"), Refused("example.", "the root's dot"),
        Refused("-host", "hyphen in front"), Refused("host-", "hyphen at the end"),
        Refused("a.-b.c", "hyphen in front"), Refused("a.b-.c", "hyphen at the end"), Refused("-", "a hyphen"),
        Refused("host_name", "underscore"), Refused("_host", "underscore"), Refused("host name", "blank"),
        Refused("a,b", "comma"), Refused(Self.label63 + "a", "64 octets"), Refused(Self.name253 + "b", "254 octets"),
        Refused("bücher.de", "a U-label"), Refused("a\u{3002}b", "a dot of another script"), Refused("a/b", "slash"),
        Refused("a:80", "port"), Refused("*.a", "star"), Refused("192.168.0.1", "dotted-decimal form"),
        Refused("999.1.1.1", "dotted-decimal form"), Refused("a@b", "mailbox"), Refused("xn--X", "Punycode cut"),
        Refused("xn--", "A-label of nothing"), Refused("xn--aaa-", "Punycode of ASCII"),
        Refused("XN--aa---o47jg78q", "U-label with hyphens in the third and fourth place"),
        Refused("xn--hello-txk", "U-label that starts with a combining mark"),
        Refused("xn--chb89f", "disallowed U+0640"), Refused("xn--ls8h", "disallowed: an emoji"),
        Refused("xn--e-xbb", "not normalized"), Refused("xn--99999999", "overflow"),
        Refused("a.xn--0", "no Punycode"),
      ]
    )
  }

  @Test func `an international host name`() {
    StringFormat.idnHostname.check(
      accepted: [
        "실례.테스트", "bücher.example", "Example.bücher", "xn--ihqwcrb4cv8a8dqg056pqjye", "bücher.xn--bcher-kva",
        "ab--cd", "www.example.com", "\u{df}\u{3c2}\u{f0b}\u{3007}", "\u{6fd}\u{6fe}", "a\u{3002}b", "a\u{ff0e}ü",
        "a\u{ff61}b.c", "faß.de", "1host.ü", String(repeating: "\u{e9}", count: 57), "日本語。jp",
      ],
      refused: [
        Refused("", "empty"), Refused(".", "empty"), Refused("\u{3002}", "empty labels"),
        Refused("ü.", "the root's dot"), Refused("ü\u{3002}", "the root's dot"), Refused(".ü", "an empty label"),
        Refused("ü..a", "an empty label"), Refused("\u{ff0e}a", "an empty label"),
        Refused("Bücher.example", "upper case is disallowed, not mapped"),
        Refused("\u{302e}실례.테스트", "a combining mark in front"), Refused("실\u{302e}례.테스트", "disallowed U+302E"),
        Refused("bu\u{308}cher", "not normalized"), Refused("-ü", "hyphen in front"),
        Refused("ü-", "hyphen at the end"), Refused("ü.-a", "hyphen in front"),
        Refused("ab--ü", "hyphens in the third and fourth place"), Refused("ab--cd.ü", "a reserved label"),
        Refused("xn--X.ü", "no A-label"), Refused("xn--X", "no A-label"), Refused("-> $1.00 --", "signs"),
        Refused("a_ü", "underscore"), Refused("a ü", "blank"), Refused("ü/a", "slash"),
        Refused("\u{903}hello", "a combining mark in front"), Refused("\u{300}hello", "a combining mark in front"),
        Refused("\u{488}hello", "a combining mark in front"), Refused("\u{640}\u{7fa}", "disallowed"),
        Refused("\u{3031}\u{3032}\u{3033}\u{3034}\u{3035}\u{302e}\u{302f}\u{303b}", "disallowed"),
        Refused("😀.example", "disallowed"), Refused("\u{ff41}.ü", "full width"), Refused("\u{378}", "unassigned"),
        Refused(String(repeating: "\u{e9}", count: 58), "64 octets when encoded"), Refused("a\u{0}ü", "NUL"),
        Refused(String(repeating: "ü", count: 500), "longer than any label"), Refused("אa", "both directions"),
        Refused("1א", "a digit before letters from right to left"), Refused("\u{660}", "an Arabic digit in front"),
      ]
    )
  }

  @Test func `characters that need a context have theirs`() {
    StringFormat.idnHostname.check(
      accepted: [
        "l\u{b7}l", "\u{3b1}\u{375}\u{3b2}", "\u{5d0}\u{5f3}\u{5d1}", "\u{5d0}\u{5f4}\u{5d1}", "\u{30fb}\u{3041}",
        "\u{30fb}\u{30a1}", "\u{30fb}\u{4e08}", "\u{628}\u{660}\u{628}", "\u{6f0}0", "\u{915}\u{94d}\u{200d}\u{937}",
        "\u{915}\u{94d}\u{200c}\u{937}", "\u{628}\u{64a}\u{200c}\u{628}\u{64a}",
        "\u{628}\u{64b}\u{200c}\u{64b}\u{628}", "\u{5d0}1", "\u{10d00}\u{10d30}", "xn--1-zhc",
      ],
      refused: [
        Refused("a\u{b7}l", "middle dot without an l before it"), Refused("\u{b7}l", "nothing before the middle dot"),
        Refused("l\u{b7}a", "middle dot without an l after it"), Refused("l\u{b7}", "nothing after the middle dot"),
        Refused("\u{3b1}\u{375}s", "keraia without a Greek letter after it"),
        Refused("\u{3b1}\u{375}", "nothing after the keraia"),
        Refused("a\u{5f3}\u{5d1}", "geresh without Hebrew before it"),
        Refused("\u{5f3}\u{5d1}", "nothing before the geresh"),
        Refused("a\u{5f4}\u{5d1}", "gershayim without Hebrew before it"),
        Refused("\u{5f4}\u{5d1}", "nothing before the gershayim"),
        Refused("def\u{30fb}abc", "katakana middle dot without kana or Han"),
        Refused("\u{30fb}", "katakana middle dot alone"), Refused("\u{5d0}\u{660}1", "Arabic and European digits"),
        Refused("\u{5d0}1\u{660}", "Arabic and European digits"),
        Refused("\u{10d00}\u{10d30}1", "Rohingya and European digits"), Refused("xn--1-zhc64b", "the same encoded"),
        Refused("\u{5d0}\u{5f3}a", "both directions"),
        Refused("\u{627}\u{200c}\u{628}", "no joining before the non-joiner"),
        Refused("\u{628}\u{660}\u{6f0}", "both rows of Arabic digits"), Refused("\u{628}\u{6f0}\u{660}", "both rows"),
        Refused("\u{915}\u{200d}\u{937}", "joiner without a virama"),
        Refused("\u{200d}\u{937}", "nothing before the joiner"),
        Refused("a\u{200c}b", "non-joiner between letters that do not join"), Refused("\u{200c}", "non-joiner alone"),
      ]
    )
  }

  @Test func `the whole of an international name fits the DNS when it is encoded`() {
    // xn-- and 59 octets more: 63, with a dot 64.
    let label = String(repeating: "\u{e9}", count: 57)
    let three = [label, label, label].joined(separator: ".")
    #expect(StringFormat.idnHostname.accepts(three + "." + String(repeating: "a", count: 63)) == false)
    var longest = 0
    for count in 1...63 where StringFormat.idnHostname.accepts(three + "." + String(repeating: "a", count: count)) {
      longest = count
    }
    #expect(longest == 253 - 3 * 64)
  }

  @Test func `a mailbox`() {
    StringFormat.email.check(
      accepted: [
        "joe.bloggs@example.com", "te~st@example.com", "~test@example.com", "test~@example.com", "te.s.t@example.com",
        "a@b", #""joe bloggs"@example.com"#, #""joe..bloggs"@example.com"#, #""joe@bloggs"@example.com"#,
        #"""@example.com"#, #""a\"b\\c\ "@example.com"#, "joe.bloggs@[127.0.0.1]", "joe.bloggs@[127.000.000.001]",
        "joe.bloggs@[IPv6:::1]", "a@[ipv6:1:2:3:4:5:6:7:8]", "a@[IPv6:1:2:3:4:5:6:127.0.0.1]",
        "a@[IPv6:1:2:3:4:5:6::]", "!#$%&'*+-/=?^_`{|}~@a", "a@1.2.3.4",
        "a@" + String(repeating: "b", count: 63) + ".c", String(repeating: "a", count: 64) + "@b",
        String(repeating: "a", count: 64) + "@" + String(NameFormatTests.name253.suffix(189)),
        "joe@xn--bcher-kva.example",
      ],
      refused: [
        Refused("2962", "no at sign"), Refused("", "empty"), Refused("@", "nothing"), Refused("a@", "no domain"),
        Refused("@example.com", "no local part"), Refused(".test@example.com", "dot in front"),
        Refused("test.@a", "dot at the end"), Refused("te..st@example.com", "two dots"),
        Refused("a@b@c", "two at signs"), Refused("a b@c", "blank"),
        Refused("joe.bloggs@invalid=domain.com", "sign in the domain"), Refused("a@b_c", "underscore in the domain"),
        Refused("a@-b", "hyphen in front"), Refused("a@b-", "hyphen at the end"), Refused("a@b..c", "empty label"),
        Refused("a@b.", "the root's dot"), Refused("a@.b", "empty label"),
        Refused("joe.bloggs@[127.0.0.300]", "above 255"), Refused("a@[127.0.0]", "three parts"),
        Refused("a@[::1]", "no tag"), Refused("a@[IPv6:1::2:3:4:5:6:7]", "`::` for one"),
        Refused("a@[IPv6:::12345]", "five digits"), Refused("a@[x:y]", "a tag that is not registered"),
        Refused("a@[]", "empty"), Refused("a@[127.0.0.1", "open"), Refused("a@127.0.0.1]", "not opened"),
        Refused("a@[127.0.0.1]b", "after the literal"), Refused(#""a"b@c"#, "text after quotes"),
        Refused(#""a@c"#, "open quotes"), Refused(#""a\"@c"#, "open quotes"), Refused(#"a"b"@c"#, "quotes inside"),
        Refused("\"a\nb\"@c", "line end"), Refused("\"a\tb\"@c", "tab"),
        Refused(#""Winston Smith" <winston.smith@recdep.minitrue>"#, "display name"), Refused("a@b (c)", "comment"),
        Refused("user1@oceania.org, user2@oceania.org", "two"), Refused("<a@b>", "brackets"),
        Refused("é@example.com", "é"), Refused("\"é\"@example.com", "é"), Refused("a@é.com", "é"),
        Refused(String(repeating: "a", count: 65) + "@b", "65 octets"),
        Refused("a@" + String(repeating: "b", count: 64), "label of 64 octets"),
        Refused(#""\"#, "cut after a backslash"),
        Refused(String(repeating: "a", count: 64) + "@" + String(NameFormatTests.name253.suffix(190)), "255 octets"),
      ]
    )
  }

  @Test func `an international mailbox`() {
    StringFormat.idnEmail.check(
      accepted: [
        "실례@실례.테스트", "joe.bloggs@example.com", "é@example.com", "\"é \"@example.com", "a@bücher.example",
        "a@[127.0.0.1]", "a@ab--cd.com", String(repeating: "é", count: 32) + "@b",
      ],
      refused: [
        Refused("2962", "no at sign"), Refused("실례", "no at sign"), Refused("실례@", "no domain"),
        Refused("é.@b", "dot at the end"), Refused("é..é@b", "two dots"),
        Refused("a@Bücher.example", "not a U-label"), Refused("a@ü\u{3002}b", "only full stops part"),
        Refused("a@ü.", "the root's dot"), Refused("a@.ü", "empty label"),
        Refused("a@\u{300}a", "a combining mark in front"), Refused("\"\\é\"@b", "backslash before é"),
        Refused(String(repeating: "é", count: 33) + "@b", "66 octets"), Refused("é b@c", "blank"),
        Refused("é@[é]", "é in a literal"),
      ]
    )
  }
}
