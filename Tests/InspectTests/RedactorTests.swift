import Bytes
import Detection
import Events
import Formats
import Inspect
import Redaction
import Testing

/// Plans for tests: what each does is said in the words of the settings.
struct PlanMaker {
  var fields: [(path: String, operation: String, type: PersonalType?)] = []
  var types = PersonalTypes()
  var found = "replace"
  var kinds: [PersonalType: String] = [:]
  var isShadow = false

  static func operation(_ word: String) throws -> Operation { try OperatorCatalogue.operation(word) }

  func plan() throws -> RedactionPlan {
    let found = try PersonalType.allCases.map { try Self.operation(kinds[$0] ?? self.found) }
    let inKeys = try found.map { $0.isDeterministic && !$0.isDrop ? $0 : try Self.operation("replace") }
    return RedactionPlan(
      topic: TopicMark("t"),
      paths: try FieldPaths(fields.map(\.path)),
      fields: try fields.map { RedactionPlan.Rule(try Self.operation($0.operation), type: $0.type) },
      profile: DetectionProfile(types: types),
      found: found,
      foundInKeys: inKeys,
      version: 1,
      isShadow: isShadow
    )
  }
  /// An event as a plan leaves it.
  func redacted(_ event: String) throws -> String {
    var trial = RedactionTrial(try plan(), keys: .none, eventBytesMax: 1 << 16)
    let outcome = try trial.redact(Array(event.utf8))
    return outcome.event.map { String(decoding: $0, as: UTF8.self) } ?? "refused: \(outcome.refusal!)"
  }
}

@Suite struct RedactorTests {
  /// An inspector of a topic that has a plan.
  private static func inspector(
    _ maker: PlanMaker,
    _ counters: RedactionCounters = RedactionCounters(shards: 1, topics: 1)
  ) throws -> Inspector {
    var inspector = Inspector(
      shard: 0,
      counters: InspectionCounters(shards: 1, topics: 1),
      redactions: counters,
      topics: 1,
      eventBytesMax: 4096,
      limits: JSONLimits(),
      seed: 1
    )
    inspector.adopt([], RedactionRules(plans: [try maker.plan()]))
    return inspector
  }

  private static func drops(_ paths: String..., from event: String) throws -> String {
    var maker = PlanMaker()
    maker.fields = paths.map { ($0, "drop", nil) }
    return try maker.redacted(event)
  }

  @Test func `an event that a plan changes nothing of stays as it is, to the byte`() throws {
    var maker = PlanMaker()
    maker.types = .all
    maker.fields = [("/absent", "drop", nil)]
    for event in [
      "{}", "[]", "3", "\"x\"", "null", " { \"a\" : [ 1 , { } , \"b\\u0041\" ] }\n",
      #"{"id":"0b0f7f1e-7c53-4ab7-8a12-4fd1b7f3c3aa"}"#,
    ] { #expect(try maker.redacted(event) == event) }
  }

  @Test func `a member that is taken out takes a comma with it`() throws {
    let event = #"{"a":1,"b":2,"c":3}"#
    #expect(try Self.drops("/a", from: event) == #"{"b":2,"c":3}"#)
    #expect(try Self.drops("/b", from: event) == #"{"a":1,"c":3}"#)
    #expect(try Self.drops("/c", from: event) == #"{"a":1,"b":2}"#)
    #expect(try Self.drops("/a", "/b", from: event) == #"{"c":3}"#)
    #expect(try Self.drops("/b", "/c", from: event) == #"{"a":1}"#)
    #expect(try Self.drops("/a", "/c", from: event) == #"{"b":2}"#)
    #expect(try Self.drops("/*", from: event) == "{}")
    #expect(try Self.drops("/*", from: #"[1, "x", {"y": 2}]"#) == "[]")
    #expect(try Self.drops("/1", from: #"[1, "x", {"y": 2}]"#) == #"[1, {"y": 2}]"#)
    #expect(try Self.drops("/b", from: "{ \"a\" : {\"q\":[1]} ,\n \"b\" : \"x\" }") == "{ \"a\" : {\"q\":[1]} }")
    #expect(try Self.drops("/a", from: "{ \"a\" : 1 ,\n \"b\" : [] }") == "{ \"b\" : [] }")
    #expect(try Self.drops("", from: event) == "null")
  }

  @Test func `whatever is taken out, what stays is JSON without it`() throws {
    // Every set of members of an object of five, nested once, with blanks here and there.
    for set in 0..<32 {
      var paths: [String] = []
      for member in 0..<5 where set >> member & 1 == 1 { paths += ["/m\(member)", "/in/m\(member)"] }
      var maker = PlanMaker()
      maker.fields = paths.map { ($0, "drop", nil) }
      let inner = (0..<5).map { "\"m\($0)\" :\t[\($0), {\"m\($0)\":\"\"}]" }.joined(separator: " ,\n")
      let redacted = try maker.redacted("{\(inner),\"in\":{\(inner)}}")
      let value = try JSONValue(Array(redacted.utf8))
      let kept = (0..<5).filter { set >> $0 & 1 == 0 }.map { "m\($0)" }
      #expect(value.object?.names == kept + ["in"], "\(redacted)")
      #expect(value.object?["in"]?.object?.names == kept, "\(redacted)")
    }
  }

  @Test func `a field is exchanged whatever it holds`() throws {
    var maker = PlanMaker()
    maker.fields = [
      ("/s", "replace", nil), ("/n", "replace", nil), ("/o", "replace", nil), ("/list/*", "replace", .emailAddress),
    ]
    #expect(try maker.redacted(#"{"s":"secret"}"#) != #"{"s":"secret"}"#)
    for value in ["7.5", "true", "false", #"{"deep":["secret"]}"#, "[]"] {
      let redacted = try maker.redacted("{\"n\":\(value)}")
      let text = try JSONValue(Array(redacted.utf8)).object?["n"]?.string
      #expect(text != nil && !redacted.contains("secret"), "\(redacted)")
    }
    #expect(try maker.redacted(#"{"n":null}"#) == #"{"n":null}"#, "there is nothing in it")
    #expect(try maker.redacted(#"{"list":["a",1]}"#) == #"{"list":["<EMAIL_ADDRESS>","<EMAIL_ADDRESS>"]}"#)
  }

  @Test func `an operator for leaves goes to all that a field holds, and leaves alone what is empty`() throws {
    var maker = PlanMaker()
    maker.fields = [("/f", "mask", nil)]
    let masked = try maker.redacted(#"{"f":{"a":"xy","b":[12,{},[]],"c":null}}"#)
    #expect(masked == #"{"f":{"a":"**","b":["**",{},[]],"c":null}}"#)
    for empty in ["{}", "[ ]", "[[],{ }]"] {
      let event = "{\"f\":\(empty)}"
      #expect(try maker.redacted(event) == event)
    }
  }

  @Test func `what is found is exchanged where it stands, in strings, names and numbers`() throws {
    var maker = PlanMaker()
    maker.types = .all
    #expect(try maker.redacted(#"{"m":"to bob@example.org now"}"#) == #"{"m":"to <EMAIL_ADDRESS> now"}"#)
    #expect(try maker.redacted(#"{"bob@example.org":1}"#) == #"{"<EMAIL_ADDRESS>":1}"#)
    #expect(
      try maker.redacted(#"["bob@example.org",["eve@example.org"]]"#) == #"["<EMAIL_ADDRESS>",["<EMAIL_ADDRESS>"]]"#
    )
    #expect(try maker.redacted(#"{"card":4111111111111111}"#) == #"{"card":"<CREDIT_CARD>"}"#)
    #expect(try maker.redacted(#""bob@example.org""#) == #""<EMAIL_ADDRESS>""#)
  }

  @Test func `what is found in a name is told`() throws {
    var maker = PlanMaker()
    maker.types = .all
    var trial = RedactionTrial(try maker.plan(), keys: .none, eventBytesMax: 4096)
    let spans = try trial.redact(Array(#"{"a":{"to bob@example.org":1}}"#.utf8)).spans
    #expect(spans.map(\.text) == ["bob@example.org"] && spans.first?.path == "/a/to bob@example.org")
    #expect(spans.first?.start == 3 && spans.first?.operation == "replace")
  }

  @Test func `what is split by escapes is found, and all of it is exchanged`() throws {
    var maker = PlanMaker()
    maker.types = .all
    #expect(try maker.redacted(#"{"m":"to bob\u0040example.org\tnow"}"#) == #"{"m":"to <EMAIL_ADDRESS>\tnow"}"#)
    #expect(try maker.redacted(#"{"m":"\"\u0062ob@example.o\u0072\u0067\""}"#) == #"{"m":"\"<EMAIL_ADDRESS>\""}"#)
    #expect(try maker.redacted(#"{"m":"\ud83d\ude00bob@example.org"}"#).hasSuffix(#"<EMAIL_ADDRESS>"}"#))
  }

  @Test func `a finding whose operator takes out takes its member out`() throws {
    var maker = PlanMaker()
    maker.types = .all
    maker.kinds[.emailAddress] = "drop"
    #expect(try maker.redacted(#"{"a":1,"m":"10.1.2.3 bob@example.org","z":2}"#) == #"{"a":1,"z":2}"#)
    #expect(try maker.redacted(#""bob@example.org""#) == "null")
  }

  @Test func `a key that is missing or too old has events refused, until there is a fresh one`() throws {
    let line = "pseudonym.1 pseudonym active 2026-01-31T12:00:00Z hex:\(String(repeating: "c0ffee42", count: 8))"
    let text = Array("sluice-redaction-keys 1\n\(line)\n".utf8)
    let file = try RedactionKeyFile(text.span.bytes, file: "keys")
    var maker = PlanMaker()
    maker.fields = [("/name", "pseudonym", .person)]
    var inspector = Inspector(
      shard: 0,
      counters: InspectionCounters(shards: 1, topics: 1),
      redactions: RedactionCounters(shards: 1, topics: 1),
      topics: 1,
      eventBytesMax: 4096,
      limits: JSONLimits(),
      seed: 1
    )
    inspector.take(file.keys(text.span.bytes))
    inspector.adopt([], RedactionRules(plans: [try maker.plan()]))
    func inspect(_ event: String, by inspector: inout Inspector) -> Inspection {
      let bytes = Array(event.utf8)
      return inspector.inspect(
        bytes.span.bytes,
        attribute: bytes.span.bytes.extracting(0..<0),
        of: TopicID(rawValue: 0)
      )
    }
    let event = #"{"name":"Ida"}"#
    var found: [Inspection] = [inspect(event, by: &inspector)]
    inspector.take(file.keys(text.span.bytes, staleAtNs: 1000))
    for now: Int64 in [999, 1000] {
      inspector.advance(toNs: now)
      found.append(inspect(event, by: &inspector))
    }
    found.append(inspect(#"{"other":"Ida"}"#, by: &inspector))
    inspector.take(file.keys(text.span.bytes, staleAtNs: 2000))
    found.append(inspect(event, by: &inspector))
    #expect(found == [.refused(.keyUnavailable), .changed, .refused(.keyUnavailable), .passes, .changed])
  }

  @Test func `a plan that is only tried changes nothing`() throws {
    var maker = PlanMaker()
    maker.types = .all
    maker.isShadow = true
    let counters = RedactionCounters(shards: 1, topics: 1)
    var inspector = try Self.inspector(maker, counters)
    let event = Array(#"{"m":"bob@example.org"}"#.utf8)
    let topic = TopicID(rawValue: 0)
    let inspection = inspector.inspect(event.span.bytes, attribute: event.span.bytes.extracting(0..<0), of: topic)
    inspector.confirm(topic)
    #expect(inspection == .passes)
    #expect(counters.total(topic, .scanned) == 1 && counters.total(topic, .changed) == 1)
    let sample = inspector.shadowVerdict.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    #expect(sample == #""redacts":["/m"]"#)
  }

  @Test(arguments: [
    #"a#7\"bap@example.org"#, #"a\\bap@example.org"#, #"\u0000bap@example.org\u001f"#, #"10.1.2.3\"10.1.2.4"#,
    #"a\\\"bap@example.org\\\"10.1.2.3"#,
  ]) func `where something was exchanged is told as JSON, also in names that need escapes`(name: String) throws {
    var maker = PlanMaker()
    maker.types = .all
    var inspector = Inspector(
      shard: 0,
      counters: InspectionCounters(shards: 1, topics: 1),
      redactions: RedactionCounters(shards: 1, topics: 1),
      topics: 1,
      eventBytesMax: 4096,
      limits: JSONLimits(),
      seed: 1
    )
    inspector.adopt([], RedactionRules(plans: [try maker.plan()]))
    let event = Array("{\"\(name)\":\"eve@example.org\"}".utf8)
    let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 4096)
    #expect(inspector.redactAside(Event(grant: grant, origin: Origin(), payload: event.span.bytes)) == nil)
    let paths = inspector.takePaths()
    let list = paths.bytes.withUnsafeBytes { Array($0) }
    #expect(try (JSONValue(list).array?.count ?? 0) >= 2, "\(String(decoding: list, as: UTF8.self))")
    #expect(!String(decoding: list, as: UTF8.self).contains("example.org"))
  }

  @Test func `what is no JSON is refused by a topic that has a plan`() throws {
    var maker = PlanMaker()
    maker.types = .all
    var inspector = try Self.inspector(maker)
    for text in ["", "{", "bob@example.org", #"{"a":1}}"#] {
      let bytes = Array(text.utf8)
      let found = inspector.inspect(
        bytes.span.bytes,
        attribute: bytes.span.bytes.extracting(0..<0),
        of: TopicID(rawValue: 0)
      )
      #expect(found == .refused(.malformedEvent), "\(text)")
      let verdict = inspector.verdict.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      #expect(verdict.contains("message") && !verdict.contains("bob"), "\(verdict)")
    }
  }

  @Test func `more to be exchanged than there is room for is refused, not kept`() throws {
    var maker = PlanMaker()
    maker.fields = [("/*", "replace", nil)]
    let event = "[" + (0..<5000).map { "\($0)" }.joined(separator: ",") + "]"
    #expect(try maker.redacted(event) == "refused: tooComplex")
  }

  /// Whether the name of an event in an envelope is given up, and what the envelope becomes.
  private static func inspected(_ envelope: String, data: String) throws -> (Inspection, isRenamed: Bool) {
    var maker = PlanMaker()
    maker.types = .all
    maker.fields = [("/secret", "replace", nil)]
    var inspector = try Self.inspector(maker)
    let payload = Array(envelope.utf8)
    let start = data.isEmpty ? 0 : envelope.utf8.count - envelope.split(separator: data, maxSplits: 1).last!.utf8.count
    let content = data.isEmpty ? 0..<0 : start - data.utf8.count..<start
    var details = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    details.count = EventDetails.headBytes
    EventDetails(content: content).store(in: &details)
    let event = Event(
      grant: Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 4096),
      origin: Origin(),
      key: payload.span.bytes.extracting(0..<0),
      hasKey: false,
      payload: payload.span.bytes,
      details: details.bytes
    )
    let inspection = inspector.inspect(event)
    return (inspection, inspector.hasOtherName)
  }

  private static func headers(_ metadata: borrowing Metadata) -> (text: String, count: Int) {
    let text = metadata.details.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    return (text, EventDetails(reading: metadata.details.bytes).headerCount)
  }
  @Test func `an attribute whose name is personal data is left out of the record's headers`() throws {
    var maker = PlanMaker()
    maker.types = .all
    var inspector = try Self.inspector(maker)
    var details = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    details.count = EventDetails.headBytes
    for (name, value) in [("ce_type", "t"), ("ce_4111111111111111", "x"), ("ce_unit20260131", "y")] {
      let (name, value) = (Array(name.utf8), Array(value.utf8))
      let fits = details.append(header: name.span.bytes, value: value.span.bytes)
      #expect(fits)
    }
    EventDetails(headerCount: 3, headerBytes: details.count - EventDetails.headBytes).store(in: &details)
    let payload = Array("{}".utf8)
    let event = Event(
      grant: Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 4096),
      origin: Origin(),
      key: payload.span.bytes.extracting(0..<0),
      hasKey: false,
      payload: payload.span.bytes,
      details: details.bytes
    )
    #expect(inspector.inspect(event) == .changed && inspector.hasOtherDetails && inspector.hasOtherName)
    let metadata = inspector.takeMetadata()
    let (kept, count) = Self.headers(metadata)
    inspector.putMetadata(metadata)
    #expect(count == 2 && kept.contains("ce_type") && kept.contains("ce_unit20260131") && !kept.contains("4111"))
  }

  @Test func `an id that is made of what was exchanged in an envelope is given up, wherever that stands`() throws {
    let data = #"{"secret":"x"}"#
    let inside = try Self.inspected(#"{"source":"/s","data":\#(data)}"#, data: data)
    #expect(inside == (.changed, false), "the data has no part in the id")
    let before = try Self.inspected(#"{"source":"bob@example.org","data":{"a":1}}"#, data: #"{"a":1}"#)
    let behind = try Self.inspected(#"{"data":{"a":1},"source":"bob@example.org"}"#, data: #"{"a":1}"#)
    let without = try Self.inspected(#"{"source":"bob@example.org","secret":"y"}"#, data: "")
    for found in [before, behind, without] { #expect(found == (.changed, true)) }
    let other = try Self.inspected(#"{"secret":"y","data":{"a":1}}"#, data: #"{"a":1}"#)
    #expect(other == (.passes, false), "paths are about the data")
  }
}
