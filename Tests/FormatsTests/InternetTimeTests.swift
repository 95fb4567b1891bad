import Formats
import Testing

@Suite struct InternetTimeTests {
  private func time(_ text: String) -> InternetTime? {
    let bytes = Array(text.utf8)
    return InternetTime(bytes.span.bytes)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00.000000001z", 1), ("1970-01-01T00:00:00.0000000019Z", 1),
    ("1969-12-31T23:59:59Z", -1_000_000_000), ("1970-01-01T01:30:00+01:30", 0), ("1969-12-31T22:00:00-02:00", 0),
    ("2026-11-20T12:00:00Z", 1_795_176_000_000_000_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
    ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
  ])
  func `a moment is counted from 1970`(text: String, ns: Int64) { #expect(time(text)?.utcNs == ns) }

  @Test(arguments: ["0000-01-01T00:00:00Z", "1677-09-21T00:00:00Z", "2262-04-12T00:00:00Z", "9999-12-31T23:59:59Z"])
  func `a moment that nanoseconds can't hold is one all the same`(text: String) {
    #expect(time(text) != nil && time(text)?.utcNs == nil)
  }

  @Test func `a moment that is cut anywhere is none`() {
    let text = "2026-11-20T12:00:00.25+01:00"
    for count in 0..<text.utf8.count { #expect(time(String(text.prefix(count))) == nil, "\(count)") }
    #expect(time(text) != nil && time(text + "0") == nil)
  }

  @Test(arguments: [
    "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
    "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+00:60", "2026-01-01 00:00:00Z", "2026-1-01T00:00:00Z ", "+026-01-01T00:00:00Z",
  ])
  func `what RFC 3339 does not know is no moment`(text: String) { #expect(time(text) == nil) }
}
