import Bytes
import Decode
import Events
import Testing

/// What came of a stream.
struct Outcome: Equatable {
  var taken: [Recorder.Taken]
  var refusedByFront: [Refusal]
  var replies: [UInt8]
  var failure: Refusal?
  var isFinished: Bool
  var refused: [UInt64]

  init<F: Front & ~Copyable>(_ line: borrowing Line<F>) {
    taken = line.consumer.taken
    refusedByFront = line.consumer.refusedByFront
    replies = line.replies
    failure = line.failure
    isFinished = line.isFinished
    refused = (0..<32).map { line.desk.refused[$0] }
  }
}

/// Feeds `stream` in the given pieces and checks that nothing of the desk is kept.
func outcome<F: Front & ~Copyable>(
  _: F.Type,
  _ stream: [UInt8],
  cuts: [Int],
  prepare: (inout Line<F>) -> Void = { _ in }
) -> Outcome {
  var line = Line<F>()
  prepare(&line)
  var start = 0
  for cut in cuts + [stream.count] where cut > start {
    line.receive(stream[start..<cut])
    start = cut
  }
  let outcome = Outcome(line)
  line.front.abandon(at: &line.desk)
  #expect(line.desk.answersFree == line.desk.answersCapacity, "every answer goes back to the pool")
  return outcome
}

struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

let ndjson = "application/x-ndjson"
let id = "Sluice-Event-ID: 01890a5d-ac96-774b-bcce-b302099a8057"
let structured = "application/cloudevents+json; charset=utf-8"
let batch = "application/cloudevents-batch+json"
let version = "Sluice-Schema-Version: 12"
let attributes = ["CE-SpecVersion: 1.0", "ce-id: 1", "ce-source: /a", "ce-type: t", "ce-subject: Euro%20%E2%82%AC"]
func envelope(_ id: String, _ more: String = "") -> String {
  #"{"specversion":"1.0","id":"\#(id)","source":"/a","type":"t"\#(more)}"#
}
let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/// Streams of requests, each with what makes it special.
let httpStreams: [(name: String, bytes: [UInt8])] = {
  let long = String(repeating: "x", count: 1200)
  let texts: [(String, String)] = [
    ("json", post("{1}") + post("{2}", to: "doors", ["Sluice-Key: k", id, trace])),
    ("empty lines before requests", "\r\n" + post("{1}") + "\r\n" + post("{2}")),
    ("ndjson", post("{1}\n{2}\r\n\n{3}", type: ndjson, ["Sluice-Key: device-9", trace]) + post("{4}\n", type: ndjson)),
    ("json in chunks", chunked(["{", "\"a\"", ":1}"], ["Sluice-Key: k"]) + chunked(["{2}"])),
    ("ndjson in chunks", chunked(["{1}\n{2", "}\n", "{3}\r", "\n\n{4", "4", "4}"], type: ndjson) + post("{5}")),
    (
      "chunks with extensions and trailers", chunked(["{1}\n{", "2}"], type: ndjson, trailers: "A: b\r\n", ext: ";a=b")
    ),
    ("a long line", post("{1}\n\(long)\n{2}", type: ndjson) + post("{3}")),
    ("a long line in chunks", chunked(["{1}\nxx", long, "x\n{2}", "\n"], type: ndjson) + post("{3}")),
    (
      "lines that end in every way",
      post("\r\n\n{1}\r\n\r\r\n{2}\r\n\n\r\n\r{3}\r\r\n{4}\n\r{5}\n\r\n", type: ndjson) + post("{6}\r", type: ndjson)
    ),
    ("a long event", post(long) + post("{2}")),
    ("a long event in chunks", chunked([long, long]) + post("{2}")),
    ("refused and discarded", post(long, to: "none") + chunked([long, "b"], type: "text/plain") + post("{1}")),
    ("empty bodies", post("") + post("", type: ndjson) + chunked([]) + chunked(["\n\r\n"], type: ndjson) + post("{1}")),
    ("resources", "GET /v1/topics HTTP/1.1\r\nHost: h\r\n\r\nHEAD /pressure HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("refused in the middle", post("{1}\nbad\n{2}\nbusy\n", type: ndjson) + post("bad") + post("busy\n", type: ndjson)),
    ("old", post("{1}", ["Connection: keep-alive"], version: "1.0") + post("{2}", version: "1.0")),
    ("closing", post("{1}", ["Connection: close"]) + post("{2}")),
    ("malformed later", post("{1}") + "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"),
    (
      "malformed in chunks",
      "POST /v1/events/temps HTTP/1.1\r\nHost: h\r\nContent-Type: \(ndjson)\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n5\r\n{1}\n{\r\n-1\r\n"
    ),
    ("too many bytes in chunks", chunked(Array(repeating: long + "\n", count: 18), type: ndjson)),
    ("an array", post(#" [ {"a":1} ,{"b":[2,"]"]}, 3,"x"]"# + "\r\n", ["Sluice-Key: k", trace]) + post("{2}")),
    ("an array in chunks", chunked(["[{\"a\"", ":1}", ",\n", "2", "]"]) + chunked([" ", "[", "]"])),
    ("an array larger than an event", post("[\"\(long)\",\(String(repeating: "7,", count: 900))7]") + post("{2}")),
    ("the same in chunks", chunked(["\n[", "\"\(long)\",", String(repeating: "7,", count: 900), "7]"]) + post("{2}")),
    ("arrays that are none", post("[{},]") + post("[1] 2") + post("[") + post("[\"\u{1}\"]") + post("{2}")),
    ("a large body that is none", post("  " + long) + chunked([" ", long]) + post("{2}")),
    ("an array with refused ones", post(#"[{"a":1},bad]"#) + post(#"[1,"\#(long)",2]"#) + post("{2}")),
    ("a batch", post("[\(envelope("1")),{},\(envelope("2")), 7 ]", type: batch) + post("[]", type: batch)),
    ("an envelope", post(envelope("1"), type: structured, [trace]) + post("{}", type: structured) + post("{2}")),
    ("an envelope in chunks", chunked([" {", String(envelope("1").dropFirst())], type: structured)),
    ("attributes", post("<a/>", type: "text/xml", attributes) + post("", attributes) + post("{}", ["ce-id: 1"])),
    ("attributes in chunks", chunked(["{", "}"], attributes) + chunked([], attributes)),
    (
      "a schema's version",
      post("{1}", [version]) + post("{1}\n{2}", type: ndjson, [version]) + post("[1,2]", [version])
    ),
    ("topic too long to be one", post("{1}", to: String(repeating: "t", count: 300)) + post("{2}")),
  ]
  let lines = "{1}\n{2}\r\n\n" + String(repeating: "y", count: 1100) + "\n{3}"
  return texts.map { ($0.0, Array($0.1.utf8)) } + [
    ("gzip", Gzip.post(Gzip.stored(lines)) + Array(post("{4}").utf8)),
    ("gzip in chunks", Gzip.chunked(Gzip.stored(lines), size: 7) + Array(post("{4}").utf8)),
    ("gzip of one event", Gzip.post(Gzip.stored("{1}"), type: "application/json", ["Sluice-Key: k"])),
    ("gzip in two members", Gzip.post(Gzip.stored("{1}\n{") + Gzip.stored("2}\n"))),
    ("gzip of an array", Gzip.post(Gzip.stored("[1, 2,{}]"), type: "application/json", ["Sluice-Key: k"])),
    ("gzip of a batch", Gzip.post(Gzip.stored("[\(envelope("1")),{}]"), type: batch)),
    ("gzip and garbage", Gzip.post(Gzip.stored("{1}\n") + [1, 2, 3]) + Array(post("{4}").utf8)),
    ("gzip that expands", Gzip.post(Gzip.repeated(0x61, runs: 150)) + Array(post("{4}").utf8)),
  ]
}()

struct CutTests {
  @Test(arguments: 0..<httpStreams.count)
  func `requests cut anywhere, once or everywhere, say the same`(_ index: Int) {
    let (name, bytes) = httpStreams[index]
    func prepare(_ line: inout Line<HTTPFront>) {
      line.consumer.refuses = [("bad", .forbidden), ("busy", .overloaded)]
    }
    let whole = outcome(HTTPFront.self, bytes, cuts: [], prepare: prepare)
    #expect(!whole.replies.isEmpty)
    let step = max(1, bytes.count / 700)
    for cut in stride(from: 1, to: bytes.count, by: step) {
      let cutOnce = outcome(HTTPFront.self, bytes, cuts: [cut], prepare: prepare)
      guard cutOnce == whole else {
        Issue.record("\(name), cut at \(cut): \(String(decoding: cutOnce.replies, as: UTF8.self))")
        return
      }
    }
    let crumbs = outcome(HTTPFront.self, bytes, cuts: Array(1..<bytes.count), prepare: prepare)
    let isSame = crumbs == whole
    #expect(isSame, "\(name), byte by byte")
  }

  @Test(arguments: 0..<httpStreams.count)
  func `events taken at once and events offered one by one come to the same`(_ index: Int) {
    let (name, bytes) = httpStreams[index]
    for lanes in [[0], [0, 0, 1], []] as [[UInt16]] {
      func prepare(_ line: inout Line<HTTPFront>) {
        line.consumer.refuses = [("bad", .forbidden), ("busy", .overloaded)]
        line.consumer.lanes = lanes
      }
      // Twice, so that heads come again.
      let atOnce = outcome(HTTPFront.self, bytes + bytes, cuts: [], prepare: prepare)
      let oneByOne = outcome(HTTPFront.self, bytes + bytes, cuts: []) { line in
        prepare(&line)
        line.consumer.takesPlain = false
      }
      let isSame = atOnce == oneByOne
      #expect(isSame, "\(name), lanes \(lanes)")
    }
  }

  @Test(arguments: 0..<httpStreams.count)
  func `a consumer that says later to every event is offered it again, once`(_ index: Int) {
    let (name, bytes) = httpStreams[index]
    func prepare(_ line: inout Line<HTTPFront>) {
      line.consumer.refuses = [("bad", .forbidden), ("busy", .overloaded)]
    }
    let whole = outcome(HTTPFront.self, bytes, cuts: [], prepare: prepare)
    for seed in 0..<20 {
      var generator = Generator(state: UInt64(seed))
      let cuts = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        Int.random(in: 1..<bytes.count, using: &generator)
      }
      let stalled = outcome(HTTPFront.self, bytes, cuts: cuts.sorted()) { line in
        prepare(&line)
        (line.consumer.laters, line.consumer.latersLeft) = (2, 2)
      }
      let isSame = stalled == whole
      #expect(isSame, "\(name), seed \(seed)")
    }
  }

  @Test func `random streams in random pieces say the same`() {
    for seed in 0..<300 {
      var generator = Generator(state: UInt64(seed))
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        bytes += httpStreams.randomElement(using: &generator)!.bytes
      }
      if seed % 2 == 1 {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      let whole = outcome(HTTPFront.self, bytes, cuts: [])
      let count = Int.random(in: 1...30, using: &generator)
      let cuts = (0..<count).map { _ in Int.random(in: 0..<bytes.count, using: &generator) }.sorted()
      let pieces = outcome(HTTPFront.self, bytes, cuts: cuts)
      let isSame = pieces == whole
      #expect(isSame, "seed \(seed)")
    }
  }
}
