import Bytes
import Decode
import Events
import Testing

/// CloudEvents 1.0.2 over HTTP, in all three modes.
struct CloudEventTests {
  /// What becomes of one request: its event, if it is taken, and its answer.
  private func outcome(_ request: String) -> (event: Recorder.Taken?, answer: Response) {
    var line = Line<HTTPFront>()
    line.receive(request)
    let taken = line.consumer.taken
    #expect(taken.count <= 1)
    return (taken.first, responses(line.text)[0])
  }
  private func isRefused(_ request: String, as reason: String) -> Bool {
    let (event, answer) = outcome(request)
    return event == nil && answer.status == 400 && answer.body.contains("\"reason\":\"\(reason)\"")
  }

  // MARK: Binary mode

  @Test func `attributes that are fields become headers of the record`() throws {
    let more =
      attributes + ["ce-time: 2018-04-05T17:31:00Z", "ce-dataschema: http://s/temps/7", "ce-comexampleext: a b"]
    for type in ["application/json", "text/xml; charset=\"iso-8859-1\"", "a/b; c=%41", ndjson] {
      let event = try #require(outcome(post("[1,\n2]", type: type, more)).event)
      #expect(event.text == "[1,\n2]", "the data is stored as it is")
      #expect(
        event.headers == [
          "content-type": type, "ce_specversion": "1.0", "ce_id": "1", "ce_source": "/a", "ce_type": "t",
          "ce_subject": "Euro €", "ce_time": "2018-04-05T17:31:00Z", "ce_dataschema": "http://s/temps/7",
          "ce_comexampleext": "a b",
        ]
      )
      #expect(event.schema == "http://s/temps/7")
      #expect(event.timeNs == 1_522_949_460_000_000_000)
    }
  }

  @Test func `data may be missing, and its type too`() throws {
    let fields = (["Host: h", "Content-Length: 0"] + attributes).map { $0 + "\r\n" }.joined()
    let (event, answer) = outcome("POST /v1/events/temps HTTP/1.1\r\n\(fields)\r\n")
    #expect(answer.status == 200)
    #expect(event?.text == "")
    #expect(event?.headers["ce_id"] == "1" && event?.headers["content-type"] == nil)
  }

  @Test(arguments: [
    ("a", "a"), ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"), ("%e2%82%ac", "€"), ("\"a b\"", "a b"),
    (#""a\"b\\c%20d""#, #"a"b\c d"#), ("x\"y z\"", "xy z"), ("%2541", "%41"), ("%22", "\""), ("a\\b", "a\\b"),
  ])
  func `values are unquoted and decoded once`(field: String, expected: String) {
    #expect(outcome(post("{}", attributes + ["ce-ext: \(field)"])).event?.headers["ce_ext"] == expected)
  }

  @Test(arguments: [
    "ce-ext: %", "ce-ext: %2", "ce-ext: %2x", "ce-ext: \"a", "ce-ext: \"a\\", "ce-ext: %00", "ce-ext: %1F",
    "ce-ext: %7F",
    "ce-ext: %C2%80", "ce-ext: %C2", "ce-ext: %C0%AF", "ce-ext: %ED%A0%80", "ce-ext: %EF%BF%BF", "ce-ext: %F4%90%80%80",
    "ce-ext: %EF%B7%90", "ce-ext: %FF", "ce-my-ext: a", "ce-my_ext: a", "CE-ID: 2", "ce-subject: a\r\nce-Subject: a",
    "ce-subject:", "ce-time: yesterday", "ce-time:", "ce-dataschema:", "ce-ext: %02",
    "ce-" + String(repeating: "n", count: 61) + ": a",
  ])
  func `a field that is no attribute is refused`(field: String) {
    #expect(isRefused(post("{}", attributes.dropLast() + [field]), as: "bad_envelope"), "\(field)")
  }

  @Test func `each attribute that every event needs is needed`() {
    let needed = attributes.dropLast()
    for index in needed.indices {
      var fields = Array(needed)
      fields.remove(at: index)
      #expect(isRefused(post("{}", fields), as: "bad_envelope"))
      fields.append(needed[index].split(separator: ":")[0] + ":")
      #expect(isRefused(post("{}", fields), as: "bad_envelope"))
    }
    #expect(outcome(post("{}", Array(needed))).answer.status == 200)
    for version in ["0.3", "1.1", "2", "1.0.2"] {
      let fields = needed.dropFirst() + ["ce-specversion: \(version)"]
      #expect(isRefused(post("{}", Array(fields)), as: "unknown_spec_version"))
    }
  }

  @Test func `fields that only look like attributes mean nothing`() {
    let (event, answer) = outcome(post("{}", ["ce-foo: bar", "ce-: x", "ce: y", "cex-id: 1"]))
    #expect(answer.status == 200)
    #expect(event?.headers == [:] && event?.origin == Origin())
    #expect(outcome(post("a", type: "text/plain", ["ce-foo: bar"])).answer.status == 415)
  }

  @Test func `attributes are bounded`() {
    var limits = testLimits
    limits.headBytesMax = 8 << 10
    // Key and value of each stand behind their lengths, of which one here has two bytes.
    let others = (14 + 16) + (15 + 4) + (6 + 2) + (10 + 3) + (8 + 2) + (5 + 2)
    for (room, status) in [(0, 200), (1, 431)] {
      var line = Line<HTTPFront>(limits: limits)
      let last = "ce-e: " + String(repeating: "x", count: 3072 - others + room)
      line.receive(post("{}", attributes.dropLast() + [last]) + post("{2}"))
      let statuses = line.statuses
      #expect(statuses == [status, 200], "\(room)")
    }
    for (count, status) in [(57, 200), (58, 431)] {
      var line = Line<HTTPFront>(limits: limits)
      line.receive(post("{}", attributes.dropLast() + (0..<count).map { "ce-e\($0): x" }) + post("{2}"))
      let statuses = line.statuses
      #expect(statuses.first == status, "\(count)")
    }
  }

  // MARK: Structured mode

  @Test func `an envelope is stored as it came`() throws {
    let more = #","time":"2018-04-05T17:31:00.5+02:00","dataschema":"http:\/\/s\/temps\/7","data":{"id":7},"x":[{}]"#
    let text = " " + envelope("1", more) + "\n"
    for request in [
      post(text, type: structured, ["Sluice-Key: k"]), chunked([text], type: structured, ["Sluice-Key: k"]),
    ] {
      let (event, answer) = outcome(request)
      #expect(answer.status == 200)
      #expect(event?.text == text && event?.key == Array("k".utf8))
      #expect(event?.headers == ["content-type": "application/cloudevents+json"])
      #expect(event?.schema == "http://s/temps/7", "as it means, not as it is written")
      #expect(event?.timeNs == 1_522_942_260_500_000_000)
    }
  }

  @Test(arguments: [
    "{}", "[]", "7", "\"a\"", #"{"specversion":"1.0","id":"1","source":"/a"}"#, envelope(""),
    envelope("1", #","id":"2""#),
    envelope("1", #","\u0069d":"2""#), envelope("1", #","time":"no""#), envelope("1", #","time":7"#),
    envelope("1", #","dataschema":"""#), envelope("1", #","subject":"""#), envelope("1", #","subject":{}"#),
    envelope("1", #","datacontenttype":1"#), envelope("1", #","data":1,"data_base64":"AA==""#),
    envelope("1", #","data_base64":7"#), envelope("1", #","data":1,"data":2"#), envelope("\\u0000"),
    envelope("\\ud800"),
    envelope("1\\u007f"), #"{"specversion":"1.0","id":1,"source":"/a","type":"t"}"#,
    #"{"specversion":1.0,"id":"1","source":"/a","type":"t"}"#,
    #"{"specversion":"1.0","id":null,"source":"/a","type":"t"}"#,
    #"{"specversion":"1.0","ID":"1","source":"/a","type":"t"}"#, envelope(String(repeating: "i", count: 3073)),
  ])
  func `an envelope that can't be one is refused`(text: String) {
    var limits = testLimits
    limits.eventBytesMax = 5000
    var line = Line<HTTPFront>(limits: limits)
    line.consumer.eventBytesMax = 5000
    line.receive(post(text, type: structured))
    let statuses = line.statuses
    #expect(statuses == [400], "\(text)")
    #expect(line.text.contains("bad_envelope"), "\(text)")
  }

  @Test func `what is absent may be null`() {
    let nulls =
      #","time":null,"subject":null,"dataschema":null,"data":null,"data_base64":"AA==","datacontenttype":null"#
    let (event, answer) = outcome(post(envelope("1", nulls), type: structured))
    #expect(answer.status == 200)
    #expect(event?.schema == "" && event?.timeNs == nil)
  }

  @Test func `an envelope that is no JSON, or of another version, is refused by name`() {
    for text in ["{", envelope("1") + "}", envelope("1").dropLast() + ",}", envelope("\u{1}")] as [String] {
      #expect(isRefused(post(text, type: structured), as: "malformed_body"), "\(text)")
    }
    let old = envelope("1").replacing("1.0", with: "0.3")
    #expect(isRefused(post(old, type: structured), as: "unknown_spec_version"))
    #expect(outcome(post("", type: structured)).answer.status == 422)
    #expect(outcome(post(envelope("1"), type: "application/cloudevents+avro")).answer.status == 415)
    #expect(outcome(post(envelope("1"), type: "application/cloudevents+json; charset=utf-16")).answer.status == 415)
  }

  @Test func `an envelope is as large as an event may be`() {
    // The consumer takes events of 1,000 bytes.
    let bare = envelope("1", #","data":"""#).utf8.count
    for (count, status) in [(1000, 200), (1001, 413)] {
      let text = envelope("1", #","data":"\#(String(repeating: "x", count: count - bare))""#)
      #expect(outcome(post(text, type: structured)).answer.status == status)
      #expect(outcome(chunked([text], type: structured)).answer.status == status)
    }
  }

  // MARK: Batches

  @Test func `a bad envelope costs only itself`() {
    var line = Line<HTTPFront>()
    let first = envelope("1", #","dataschema":"s1""#)
    line.receive(
      post("[ \(first),{}, \(envelope("2").replacing("1.0", with: "9")) ,7,\(envelope("3"))]", type: batch, [version])
    )
    let (taken, refused) = (line.consumer.taken, line.consumer.refusedByFront)
    #expect(taken.map(\.text) == [first, envelope("3")])
    #expect(taken.map(\.schema) == ["s1", "12"])
    #expect(refused == [.badEnvelope, .unknownSpecVersion, .badEnvelope])
    let answer = responses(line.text)[0]
    #expect(answer.status == 207)
    #expect(answer.body.contains(#"{"event":2,"reason":"unknown_spec_version","status":400,"retryable":false}"#))
  }

  @Test func `a batch may be empty, but must be an array, and has no id of its own`() {
    #expect(outcome(post("[]", type: batch)).answer.status == 200)
    #expect(isRefused(post(envelope("1"), type: batch), as: "malformed_body"))
    #expect(isRefused(post("[\(envelope("1"))", type: batch), as: "malformed_body"))
    #expect(isRefused(post("[\(envelope("1"))]", type: batch, [id]), as: "malformed"))
    #expect(outcome(post("", type: batch)).answer.status == 422)
  }

  @Test func `a batch that stalls goes on at its next envelope`() {
    var line = Line<HTTPFront>()
    (line.consumer.laters, line.consumer.latersLeft) = (3, 2)
    let envelopes = (0..<5).map { envelope("\($0)") }
    line.receive(post("[\(envelopes.joined(separator: " , "))]", type: batch))
    let (texts, statuses) = (line.consumer.taken.map(\.text), line.statuses)
    #expect(texts == envelopes)
    #expect(statuses == [200])
  }

  // MARK: Names

  @Test func `source and id name an event, however it is sent`() throws {
    // Python: h = hashlib.sha256(b"/a\x001").digest()[:16]; six bits of it are the version and the variant.
    let expected: UInt128 = 0x40494432_9863_8c4b_a350_63cba78c66ea
    var ids: Set<UInt128?> = []
    for request in [
      post("{}", attributes), post(envelope("1"), type: structured), post("[\(envelope("1"))]", type: batch),
      post(#"{"type":"t","id":"\u0031","source":"\/a","specversion":"1.0"}"#, type: structured),
      post("{}", ["ce-type: u", "ce-source: %2Fa", "ce-id: \"1\"", "ce-specversion: 1.0"]),
    ] {
      ids.insert(try #require(outcome(request).event).origin.eventID)
    }
    #expect(ids == [expected])
    for other in [envelope("2"), envelope("1").replacing("/a", with: "/b"), envelope("1").replacing("/a", with: "")] {
      #expect(outcome(post(other, type: structured)).event?.origin.eventID != expected)
    }
    let given = try #require(outcome(post("{}", attributes + [id])).event)
    #expect(given.origin.eventID == 0x01890a5d_ac96_774b_bcce_b302099a8057, "who says it outright is believed")
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1969-12-31t23:59:59.25z", -750_000_000), ("2026-11-20T11:18:11.000000042Z", utcNs),
      ("2000-02-29T00:00:00+00:00", 951_782_400_000_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
      ("2017-01-01T00:59:60+01:00", 1_483_228_800_000_000_000), ("2026-11-20T11:18:11.0000000429999999Z", utcNs),
      ("1600-03-01T00:00:00Z", nil), ("9999-12-31T23:59:59.999-23:59", nil), ("0000-01-01T00:00:00+23:59", nil),
      ("2262-04-11T23:47:16.854775807Z", Int64.max), ("2262-04-11T23:47:16.854775808Z", nil),
    ] as [(String, Int64?)]
  )
  func `a time is read to the nanosecond`(text: String, expected: Int64?) {
    let (event, answer) = outcome(post("{}", attributes + ["ce-time: \(text)"]))
    #expect(answer.status == 200)
    #expect(event?.timeNs == expected, "\(text)")
  }

  @Test(arguments: [
    "2026-11-20", "2026-11-20T11:18:11", "2026-11-20 11:18:11Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60",
    "2026-01-01T00:00:00ZZ", "2026-1-01T00:00:00Z", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z", "1530000000",
  ])
  func `what is no time of RFC 3339 is refused`(text: String) {
    #expect(isRefused(post("{}", attributes + ["ce-time: \(text)"]), as: "bad_envelope"), "\(text)")
  }
}
