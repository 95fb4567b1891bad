import Schemas
import Testing

/// RFC 6901 and the draft on relative pointers.
@Suite struct PointerFormatTests {
  @Test func `a JSON Pointer`() {
    StringFormat.jsonPointer.check(
      accepted: [
        "", "/", "//", "/foo/bar~0/baz~1/%a", "/foo//bar", "/foo/bar/", "/foo/0", "/a~1b", "/c%d", "/e^f", "/g|h",
        "/i\\j", "/k\"l", "/ ", "/m~0n", "/foo/-", "/foo/-/bar", "/~1~0~0~1~1", "/~1.1", "/~0.1", "/é\u{0}",
      ],
      refused: [
        Refused("/foo/bar~", "a tilde at the end"), Refused("/~2", "no such escape"),
        Refused("/~-1", "no such escape"), Refused("/~~", "a tilde after a tilde"),
        Refused("/~0~", "a tilde at the end"), Refused("/~0/~", "a tilde at the end"), Refused("#", "URI fragment"),
        Refused("#/", "URI fragment"), Refused("#a", "URI fragment"), Refused("a", "no slash"),
        Refused("0", "no slash"), Refused("a/a", "no slash"), Refused(" /a", "blank in front"),
      ]
    )
  }

  @Test func `a relative JSON Pointer`() {
    StringFormat.relativeJSONPointer.check(
      accepted: [
        "1", "0", "0/foo/bar", "2/0/baz/1/zip", "0#", "120/foo/bar", "10#", "0-1", "0+1", "0-1#", "2+10/foo", "0+0",
        "0/", "0/~0~1", "99999999999999999999999/a", "1-0/a",
      ],
      refused: [
        Refused("", "no number"), Refused("/foo/bar", "no number"), Refused("-1/foo/bar", "negative"),
        Refused("+1/foo", "sign"), Refused("0##", "two number signs"), Refused("0#/a", "`#` is the end"),
        Refused("01/a", "leading zero"), Refused("01#", "leading zero"), Refused("00", "leading zero"),
        Refused("0+01", "leading zero"), Refused("0+", "no number"), Refused("0-/a", "no number"),
        Refused("0+1+1", "two changes"), Refused("0+-1", "two signs"), Refused("0a", "no slash"),
        Refused("1/~2", "no such escape"), Refused("1 /a", "blank"), Refused("#", "no number"),
        Refused("0.5/a", "fraction"),
      ]
    )
  }
}
