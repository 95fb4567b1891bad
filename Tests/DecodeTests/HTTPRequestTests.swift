import Bytes
import Decode
import Events
import Testing

/// What a request is answered with, when nothing but it arrives.
func status(_ request: String, prepare: (inout Line<HTTPFront>) -> Void = { _ in }) -> (statuses: [Int], closed: Bool) {
  var line = Line<HTTPFront>()
  prepare(&line)
  line.receive(request)
  return (line.statuses, line.isFinished)
}

/// A request line and fields, with an event behind them.
func request(_ fields: [String], line: String = "POST /v1/events/temps HTTP/1.1", body: String = "") -> String {
  line + "\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}
let json = "Content-Type: application/json"

struct HTTPRequestTests {
  @Test func `a JSON event is taken in place and its receipt says where it went`() {
    var line = Line<HTTPFront>()
    line.receive(post(#"{"a":1}"#))
    let text = line.text
    #expect(
      text == """
        HTTP/1.1 200 OK\r
        Date: Fri, 20 Nov 2026 11:18:11 GMT\r
        Content-Type: application/json\r
        Content-Length: 196\r
        \r
        {"topic":"temps","partition":0,"offsets":{"first":0,"last":0},"events":1,"refused":0,\
        "acknowledged":"durable","received":{"time":"2026-11-20T11:18:11.000000042Z","clock":"unknown","errorNs":null}}
        """
    )
    let taken = line.consumer.taken
    #expect(taken.map(\.text) == [#"{"a":1}"#])
    #expect(taken[0].key == nil && taken[0].principal == 0)
  }

  @Test func `NDJSON lines are events; empty ones are nothing and the last may lack its end`() {
    var line = Line<HTTPFront>()
    line.receive(post("{1}\n\n{2}\r\n\r\n{3}", type: ndjson))
    let taken = line.consumer.taken.map(\.text)
    #expect(taken == ["{1}", "{2}", "{3}"])
    let found = responses(line.text)
    #expect(found.map(\.status) == [200])
    #expect(found[0].body.contains(#""offsets":{"first":0,"last":2},"events":3,"refused":0"#))
  }

  /// Each is ambiguous or broken: it is refused, the connection ends, and what follows it is never read.
  static let malformed: [(String, String)] = [
    (
      "both framings", request(["Host: h", json, "Content-Length: 5", "Transfer-Encoding: chunked"], body: "0\r\n\r\n")
    ),
    ("a repeated length", request(["Host: h", json, "Content-Length: 3", "Content-Length: 4"], body: "{1}")),
    ("the same length twice", request(["Host: h", json, "Content-Length: 3", "Content-Length: 3"], body: "{1}")),
    ("a list of lengths", request(["Host: h", json, "Content-Length: 3, 3"], body: "{1}")),
    ("a signed length", request(["Host: h", json, "Content-Length: +3"], body: "{1}")),
    ("a negative length", request(["Host: h", json, "Content-Length: -3"], body: "{1}")),
    ("a length with a blank", request(["Host: h", json, "Content-Length: 1 3"], body: "{1}")),
    ("a hexadecimal length", request(["Host: h", json, "Content-Length: 0x3"], body: "{1}")),
    ("an empty length", request(["Host: h", json, "Content-Length:"], body: "{1}")),
    ("a folded field", request(["Host: h", json, "A: b", " c", "Content-Length: 3"], body: "{1}")),
    ("a folded first field", request([" Host: h", json, "Content-Length: 3"], body: "{1}")),
    ("a bare LF", "POST /v1/events/temps HTTP/1.1\nHost: h\n\n"),
    ("a bare LF among fields", request(["Host: h\nA: b", json, "Content-Length: 3"], body: "{1}")),
    ("a bare LF at the end", "POST /v1/events/temps HTTP/1.1\r\nHost: h\r\n\n"),
    ("a bare CR", request(["Host: h\rA: b", json, "Content-Length: 3"], body: "{1}")),
    ("a bare CR in a value", request(["Host: h", "A: b\rc"])),
    ("two CR", "POST /v1/events/temps HTTP/1.1\r\r\nHost: h\r\n\r\n"),
    ("NUL in a value", request(["Host: h", "A: \0"])),
    ("NUL in a name", request(["Host: h", "A\0: b"])),
    ("NUL in the target", request(["Host: h"], line: "POST /v1/events/te\0mps HTTP/1.1")),
    ("DEL in a value", request(["Host: h", "A: \u{7F}"])),
    ("a blank before the colon", request(["Host: h", "Content-Length : 3", json], body: "{1}")),
    ("a tab before the colon", request(["Host: h", "Content-Length\t: 3", json], body: "{1}")),
    ("no colon", request(["Host: h", "Content-Length 3", json], body: "{1}")),
    ("an empty name", request(["Host: h", ": 3"])),
    ("a name that is none", request(["Host: h", "A(b): 3"])),
    ("a name beyond ASCII", request(["Host: h", "Ä: 3"])),
    ("no Host", request([json, "Content-Length: 3"], body: "{1}")),
    ("two Hosts", request(["Host: h", "Host: h", json, "Content-Length: 3"], body: "{1}")),
    ("a Host with a name before it", request(["Host: a@h", json, "Content-Length: 3"], body: "{1}")),
    ("a Host with a path", request(["Host: h/a", json, "Content-Length: 3"], body: "{1}")),
    ("a Host with a bad port", request(["Host: h:8o", json, "Content-Length: 3"], body: "{1}")),
    ("an open bracket", request(["Host: [::1", json, "Content-Length: 3"], body: "{1}")),
    (
      "chunks in HTTP/1.0",
      request(["Host: h", json, "Transfer-Encoding: chunked"], line: "POST /v1/events/temps HTTP/1.0")
    ),
    ("chunked twice", request(["Host: h", json, "Transfer-Encoding: chunked, chunked"])),
    ("two transfer codings", request(["Host: h", json, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"])),
    ("an empty transfer coding", request(["Host: h", json, "Transfer-Encoding:"])),
    ("two blanks in the request line", request(["Host: h"], line: "POST  /v1/events/temps HTTP/1.1")),
    ("a blank in the target", request(["Host: h"], line: "POST /v1/events/te mps HTTP/1.1")),
    ("a blank behind the version", request(["Host: h"], line: "POST /v1/events/temps HTTP/1.1 ")),
    ("a tab in the request line", request(["Host: h"], line: "POST\t/v1/events/temps HTTP/1.1")),
    ("no version", request(["Host: h"], line: "GET /")),
    ("a broken version", request(["Host: h"], line: "GET / HTTP/1.x")),
    ("another protocol", request(["Host: h"], line: "GET / HTPP/1.1")),
    ("a relative target", request(["Host: h"], line: "GET v1/topics HTTP/1.1")),
    ("a target with a fragment's scheme", request(["Host: h"], line: "GET ftp://h/ HTTP/1.1")),
    ("a target without an authority", request(["Host: h"], line: "GET http:///a HTTP/1.1")),
    ("a target beyond ASCII", request(["Host: h"], line: "GET /ä HTTP/1.1")),
    ("* for POST", request(["Host: h"], line: "POST * HTTP/1.1")),
    ("two types", request(["Host: h", json, json, "Content-Length: 3"], body: "{1}")),
    ("two credentials", request(["Host: h", json, "Authorization: Bearer secret", "Authorization: Bearer secret"])),
    ("two keys", request(["Host: h", json, "Sluice-Key: a", "Sluice-Key: a"])),
    ("an id that is none", request(["Host: h", json, "Sluice-Event-ID: 12", "Content-Length: 3"], body: "{1}")),
    ("a chunk's size that is none", chunkStream("xyz\r\n")),
    ("a signed chunk size", chunkStream("+3\r\n{1}\r\n0\r\n\r\n")),
    ("a prefixed chunk size", chunkStream("0x3\r\n{1}\r\n0\r\n\r\n")),
    ("a blank before a chunk's size", chunkStream(" 3\r\n{1}\r\n0\r\n\r\n")),
    ("a blank behind a chunk's size", chunkStream("3 \r\n{1}\r\n0\r\n\r\n")),
    ("an empty chunk size", chunkStream("\r\n{1}\r\n0\r\n\r\n")),
    ("LF behind a chunk's size", chunkStream("3\n{1}\r\n0\r\n\r\n")),
    ("CR in an extension", chunkStream("3;a\rb\r\n{1}\r\n0\r\n\r\n")),
    ("LF in an extension", chunkStream("3;a\nb\r\n{1}\r\n0\r\n\r\n")),
    ("NUL in an extension", chunkStream("3;a\0b\r\n{1}\r\n0\r\n\r\n")),
    ("an endless extension", chunkStream("3;" + String(repeating: "a", count: 400))),
    ("a chunk longer than it says", chunkStream("2\r\n{1}\r\n0\r\n\r\n")),
    ("a chunk without its end", chunkStream("3\r\n{1}0\r\n\r\n")),
    ("LF behind a chunk", chunkStream("3\r\n{1}\n0\r\n\r\n")),
    ("a folded trailer", chunkStream("3\r\n{1}\r\n0\r\nA: b\r\n c\r\n\r\n")),
    ("a trailer that is none", chunkStream("3\r\n{1}\r\n0\r\nGET / HTTP/1.1\r\n\r\n")),
    ("LF behind the last chunk", chunkStream("3\r\n{1}\r\n0\r\n\n")),
  ]
  static func chunkStream(_ body: String) -> String {
    request(["Host: h", json, "Transfer-Encoding: chunked"], body: body)
  }

  @Test(arguments: 0..<malformed.count)
  func `what is ambiguous or broken is refused and ends the connection`(_ index: Int) {
    let (name, text) = HTTPRequestTests.malformed[index]
    var line = Line<HTTPFront>()
    line.receive(text + post("{smuggled}"))
    let found = responses(line.text)
    let (failure, taken) = (line.failure, line.consumer.taken.map(\.text))
    #expect(found.map(\.status) == [400], "\(name)")
    #expect(found.first?.fields["connection"] == "close", "\(name)")
    #expect(failure == .malformed, "\(name)")
    #expect(!taken.contains("{smuggled}"), "\(name)")
  }

  static let unreadable: [(Int, String)] = [
    (400, "\u{16}\u{3}\u{1}\r\n\r\n"),
    (414, request(["Host: h"], line: "GET /" + String(repeating: "a", count: 300) + " HTTP/1.1")),
    (414, "GET /" + String(repeating: "a", count: 300)),
    (431, request(["Host: h", "A: " + String(repeating: "a", count: 1100)])),
    (431, request(["Host: h"] + Array(repeating: "A: b", count: 101))),
    (431, request(["Host: h"] + Array(repeating: "Prefer:", count: 96))),
    (501, request(["Host: h", json, "Transfer-Encoding: gzip, chunked"])),
    (501, request(["Host: h", json, "Transfer-Encoding: identity"])),
    (501, request(["Host: h"], line: "BREW /pot HTTP/1.1")),
    (501, request(["Host: h"], line: "CONNECT h:1 HTTP/1.1")),
    (505, request(["Host: h"], line: "GET / HTTP/2.0")),
    (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (417, request(["Host: h", json, "Expect: much", "Content-Length: 3"], body: "{1}")),
  ]

  @Test(arguments: unreadable)
  func `what can't be read on is refused by its own status`(_ expected: Int, _ text: String) {
    let (statuses, closed) = status(text + post("{smuggled}"))
    #expect(statuses == [expected])
    #expect(closed)
  }

  static let refused: [(Int, String)] = [
    (404, request(["Host: h"], line: "GET / HTTP/1.1")),
    (404, request(["Host: h"], line: "POST /v1/events/ HTTP/1.1")),
    (404, request(["Host: h"], line: "POST /v1/events/a/b HTTP/1.1")),
    (404, request(["Host: h"], line: "POST /v1/eventstemps HTTP/1.1")),
    (404, post("{1}", to: "none")),
    (404, post("{1}", to: "%74emps")),
    (403, post("{1}", to: "forbidden")),
    (405, request(["Host: h"], line: "GET /v1/events/temps HTTP/1.1")),
    (405, request(["Host: h", "Content-Length: 2"], line: "POST /pressure HTTP/1.1", body: "ab")),
    (405, request(["Host: h"], line: "DELETE /v1/topics HTTP/1.1")),
    (405, request(["Host: h"], line: "PUT /v1/events/temps HTTP/1.1")),
    (411, request(["Host: h", json])),
    (413, post(String(repeating: "a", count: 1001))),
    (413, post(String(repeating: "a", count: 3000))),
    (415, post("{1}", type: "text/plain")),
    (415, post("{1}", type: "application/jsonx")),
    (415, post("{1}", type: "application/json; charset=latin1")),
    (415, request(["Host: h", "Content-Length: 3"], body: "{1}")),
    (415, post("{1}", ["Content-Encoding: br"])),
    (415, post("{1}", ["Content-Encoding: gzip, gzip"])),
    (401, post("{1}", ["Authorization: Bearer wrong"])),
    (422, post("")),
    (422, post("", type: ndjson)),
    (422, post("\n\r\n", type: ndjson)),
  ]

  @Test(arguments: refused)
  func `what is only refused leaves the connection as it was`(_ expected: Int, _ text: String) {
    let (statuses, closed) = status(text + post("{1}"))
    #expect(statuses == [expected, 200])
    #expect(!closed)
  }

  static let unusual: [String] = [
    post("{1}", ["Host2: a", "Accept: */*"]), post("{1}", ["Connection: keep-alive, Upgrade"]),
    post("{1}", type: "application/json; charset=utf-8"), post("{1}", type: "APPLICATION/JSON;charset=\"UTF-8\";a=b"),
    post("{1}", type: "application/jsonl"), post("{1}", ["Content-Encoding: identity"]),
    post("{1}", ["Transfer: chunked", "X: \u{E4}\t b"]), post("{1}", ["Authorization: Basic abc"]),
    post("{1}", to: "temps?a=b/c"), post("{1}", version: "1.7"),
    request(["Host: [::1]:80", json, "Content-Length: 3"], body: "{1}"),
    request(["Host:", json, "Content-Length: 3"], body: "{1}"),
    request(["HOST: h:80", json, "content-LENGTH: \t3 \t"], body: "{1}"),
    request(["Host: h", json, "Content-Length: 003"], body: "{1}"),
    request(["Host: h", json, "Content-Length: 3"], line: "POST http://h:80/v1/events/temps HTTP/1.1", body: "{1}"),
    request(["Host: h", json, "Content-Length: 3"], line: "POST https://h/v1/events/temps?x HTTP/1.1", body: "{1}"),
    chunked(["{1}"]), chunked(["{1}"], ext: ";a=\"b\""), chunked(["{1}"], trailers: "Content-Length: 4\r\nA: b\r\n"),
    request(["Host: h", json, "TRANSFER-ENCODING: CHUNKED"], body: "00000003\r\n{1}\r\n0000\r\n\r\n"),
  ]

  @Test(arguments: unusual)
  func `what is unusual and clear is taken`(_ text: String) {
    var line = Line<HTTPFront>()
    line.receive(text + post("{2}"))
    let (statuses, taken) = (line.statuses, line.consumer.taken.map(\.text))
    #expect(statuses == [200, 200])
    #expect(taken == ["{1}", "{2}"])
  }

  @Test func `a head may have as many bytes as the limit says, and not one more`() {
    func padded(_ count: Int) -> String {
      let bare = request(["Host: h", "A: "], line: "OPTIONS * HTTP/1.1")
      return request(
        ["Host: h", "A: " + String(repeating: "a", count: count - bare.utf8.count)],
        line: "OPTIONS * HTTP/1.1"
      )
    }
    #expect(status(padded(1024)).statuses == [204])
    #expect(status(padded(1025)).statuses == [431])
  }

  @Test func `as many fields are taken as the limit says, and not one more`() {
    func fields(_ count: Int) -> String {
      request(["Host: h"] + Array(repeating: "A: b", count: count - 1), line: "OPTIONS * HTTP/1.1")
    }
    #expect(status(fields(100)).statuses == [204])
    #expect(status(fields(101)).statuses == [431])
  }

  @Test func `events and bodies end at their limits`() {
    #expect(status(post(String(repeating: "a", count: 1000))).statuses == [200])
    #expect(status(post(String(repeating: "a", count: 1001))).statuses == [413])
    let line = String(repeating: "a", count: 99) + "\n"
    #expect(status(post(String(repeating: line, count: 200), type: ndjson)).statuses == [200])
    let over = status(post(String(repeating: line, count: 200) + "b", type: ndjson))
    #expect(over.statuses == [413])
    #expect(over.closed, "a body over the limit is not read")
    #expect(status(chunked(Array(repeating: line, count: 200), type: ndjson)).statuses == [200])
    #expect(status(chunked(Array(repeating: line, count: 200) + ["b"], type: ndjson)).statuses == [207])
  }

  @Test func `what a request says of its events comes with them`() {
    var line = Line<HTTPFront>(requiresKey: true)
    let more = ["Authorization: Bearer secret", "Sluice-Key: device 9", id, trace]
    line.receive(post("{1}", to: "doors", more))
    line.receive(chunked(["{", "2}"], more))
    line.receive(post("{3}\n{4}", type: ndjson, [more[0], more[1], trace]))
    let taken = line.consumer.taken
    #expect(taken.map(\.text) == ["{1}", "{2}", "{3}", "{4}"])
    #expect(taken.map(\.topic) == [1, 0, 0, 0])
    #expect(taken.allSatisfy { $0.principal == 7 && $0.key == Array("device 9".utf8) })
    #expect(
      taken.map(\.origin.eventID) == [
        0x0189_0a5d_ac96_774b_bcce_b302_099a_8057, 0x0189_0a5d_ac96_774b_bcce_b302_099a_8057, nil, nil,
      ]
    )
    let expected = TraceParent(
      trace: 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c,
      parent: 0xb7ad_6b71_6920_3331,
      flags: 1
    )
    #expect(taken.allSatisfy { $0.origin.trace == expected })
  }

  @Test(arguments: [
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
  ])
  func `a trace that is none is ignored`(_ value: String) {
    var line = Line<HTTPFront>()
    line.receive(post("{1}", ["traceparent: \(value)"]))
    let traces = line.consumer.taken.map(\.origin.trace)
    #expect(traces == [nil])
  }

  @Test func `one id or a long key can't be many events'`() {
    #expect(status(post("{1}", type: ndjson, [id])).statuses == [400])
    let key = "Sluice-Key: " + String(repeating: "k", count: 48)
    #expect(status(post("{1}", type: ndjson, [key])).statuses == [200])
    #expect(status(post("{1}", type: ndjson, [key + "k"])).statuses == [400])
  }

  @Test func `a listener that asks for a key takes none but valid ones`() {
    var line = Line<HTTPFront>(requiresKey: true)
    line.receive(
      post("{1}") + "GET /v1/topics HTTP/1.1\r\nHost: h\r\n\r\n" + post("{2}", ["Authorization: bearer secret"])
    )
    let found = responses(line.text)
    #expect(found.map(\.status) == [401, 401, 200])
    #expect(found[0].fields["www-authenticate"] == "Bearer")
    let refused = line.desk.refused[Int(Refusal.unauthenticated.rawValue)]
    #expect(refused == 2)
  }

  @Test func `a peer that waits for leave gets it once, and only then`() {
    for pieces in [["{1}"], ["{", "1}"]] {
      var line = Line<HTTPFront>()
      line.receive(request(["Host: h", json, "Content-Length: 3", "Expect: 100-continue"]))
      let before = line.text
      #expect(before == "HTTP/1.1 100 Continue\r\n\r\n")
      for piece in pieces { line.receive(piece) }
      let statuses = line.statuses
      #expect(statuses == [100, 200])
    }
    #expect(status(post("{1}", ["Expect: 100-continue"])).statuses == [200], "its body is here")
    let refused = status(request(["Host: h", "Content-Type: a/b", "Content-Length: 3", "Expect: 100-continue"]))
    #expect(refused.statuses == [415])
    #expect(refused.closed, "nobody knows whether the body will come")
    let old = request(
      ["Host: h", json, "Content-Length: 3", "Expect: 100-continue"],
      line: "POST /v1/events/temps HTTP/1.0"
    )
    #expect(status(old).statuses == [])
  }

  @Test func `a head that comes again is known, whatever its length says`() {
    var line = Line<HTTPFront>()
    var expected: [String] = []
    for count in 1...300 {
      let body = String(repeating: "x", count: count)
      expected.append(body)
      line.receive(post(body, count % 3 == 0 ? ["A: \(count % 2)"] : []))
    }
    let taken = line.consumer.taken.map(\.text)
    #expect(taken == expected)
  }

  @Test func `leave is asked for once a head, and again when the rules have changed`() {
    let event = "{" + String(repeating: "e", count: 14) + "}"
    var line = Line<HTTPFront>()
    for _ in 0..<10 { line.receive(post(event) + post(event, ["Authorization: Bearer secret"])) }
    let asked = line.consumer.grants
    // The connection remembers the slot of its last head only.
    #expect(asked == 20)
    line.receive(post(event) + post(event) + post(event))
    let known = line.consumer.grants
    #expect(known == 21)
    line.desk.forgetGrants()
    line.consumer.grantRefusal = .forbidden
    line.replies = []
    line.receive(post(event))
    let statuses = line.statuses
    #expect(statuses == [403])
  }

  @Test func `a known head opens nothing where a key is needed`() {
    let event = "{" + String(repeating: "e", count: 14) + "}"
    var line = Line<HTTPFront>()
    // The last of these takes the slot at which every front looks first.
    for number in 0..<64 { line.receive(post(event, ["A: \(number)"])) }
    line.receive(post(event, ["A: 63"]))
    let grants = line.consumer.grants
    #expect(grants == 64, "the head is known")
    line.front = HTTPFront(FrontTraits(requiresKey: true))
    line.replies = []
    line.receive(post(event, ["A: 63"]))
    let statuses = line.statuses
    #expect(statuses == [401])
  }

  @Test func `a credential that is none any more opens nothing, however well its head is known`() {
    let event = "{" + String(repeating: "e", count: 14) + "}"
    var line = Line<HTTPFront>(requiresKey: true)
    let request = post(event, ["Authorization: Bearer secret"])
    line.receive(request + request)
    line.consumer.secret = "other"
    line.receive(request)
    let statuses = line.statuses
    #expect(statuses == [200, 200, 401])
  }

  @Test func `a head that is known but for one byte is read`() {
    let known = post("{1}", ["A: b"])
    for place in 0..<known.utf8.count - 3 {
      for byte: UInt8 in [0, 0x0A, 0x0D, 0x20, 0x31, 0x7F, 0x80] {
        var bytes = Array(known.utf8)
        bytes[place] = byte
        let alone = outcome(HTTPFront.self, bytes, cuts: [])
        var line = Line<HTTPFront>()
        line.receive(known)
        line.consumer.taken = []
        (line.replies, line.consumer.numbers) = ([], Array(repeating: 0, count: 16))
        line.receive(bytes)
        let isSame = Outcome(line) == alone
        #expect(isSame, "byte \(place) as \(byte)")
      }
    }
  }
}
