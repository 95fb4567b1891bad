import Bytes
import Detection
import Events
import Formats
import Inspect
import Redaction
import Testing

/// What an event keeps that its topic's plan has been through before.
@Suite struct RedactionExemptionTests {
  private let topic = TopicID(rawValue: 0)
  private let card = "4111111111111111"

  private func keys() throws -> RedactionKeys {
    let secret = String(repeating: "0123456789abcdef", count: 4)
    let lines = ["pseudonym", "tokenize"].map { "\($0).1 \($0) active 2026-01-31T12:00:00Z hex:\(secret)\n" }
    let text = Array("sluice-redaction-keys 1\n\(lines.joined())".utf8)
    return try RedactionKeyFile(text.span.bytes, file: "keys").keys(text.span.bytes)
  }
  /// A plan that is told from others by its version alone.
  private func plan(version: UInt32 = 7) throws -> RedactionPlan {
    let tokenize = try PlanMaker.operation("tokenize")
    let fields = ["/name", "/list/*/id"]
    return RedactionPlan(
      topic: TopicMark("t"),
      paths: try FieldPaths(fields),
      fields: try fields.map { _ in RedactionPlan.Rule(try PlanMaker.operation("pseudonym"), type: .person) },
      profile: DetectionProfile(types: .all),
      found: try PersonalType.allCases.map { $0 == .creditCard ? tokenize : try PlanMaker.operation("replace") },
      foundInKeys: try PersonalType.allCases.map {
        $0 == .creditCard ? tokenize : try PlanMaker.operation("replace")
      },
      version: version
    )
  }
  private func inspector(version: UInt32 = 7) throws -> Inspector {
    var inspector = Inspector(
      shard: 0,
      counters: InspectionCounters(shards: 1, topics: 1),
      redactions: RedactionCounters(shards: 1, topics: 1),
      topics: 1,
      eventBytesMax: 1 << 16,
      limits: JSONLimits(),
      seed: 1
    )
    inspector.adopt([], RedactionRules(plans: [try plan(version: version)], keys: try keys()))
    return inspector
  }
  /// An event as it is kept.
  private func kept(_ event: String, by inspector: inout Inspector) -> String {
    let bytes = Array(event.utf8)
    let none = bytes.span.bytes.extracting(0..<0)
    guard inspector.inspect(bytes.span.bytes, attribute: none, of: topic) == .changed else { return event }
    let splices = inspector.takeSplices()
    var region = Region(id: RegionID(rawValue: 0), byteCount: 1 << 17)
    region.write(atMost: bytes.count + splices.growth) { $0.append(bytes.span.bytes, with: splices) }
    inspector.putSplices(splices)
    return region.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
  private func again(_ event: String, _ paths: String, plan: UInt32 = 7, _ inspector: inout Inspector) -> String {
    let list = Array(paths.utf8)
    inspector.exempt(list.span.bytes, redactedBy: plan, of: topic)
    defer { inspector.endExemption() }
    return kept(event, by: &inspector)
  }

  private func text(of region: borrowing Region) -> String {
    region.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private var event: String { #"{"name":"Ida","list":[{"id":"a"},{"id":7}],"m":"card \#(card)","card":\#(card)}"# }
  private let everything = #"["/name","/list/*/id","/m","/card"]"#

  @Test func `what the same plan has redacted stays as it is, to the byte`() throws {
    var inspector = try inspector()
    let first = kept(event, by: &inspector)
    #expect(!first.contains("Ida") && !first.contains(card))
    #expect(kept(first, by: &inspector) != first, "a pseudonym of a pseudonym")
    #expect(again(first, everything, &inspector) == first)
    #expect(kept(first, by: &inspector) != first, "the exemption holds for one event")
  }

  @Test func `what the list does not name is redacted again`() throws {
    var inspector = try inspector()
    let first = kept(event, by: &inspector)
    let second = again(first, #"["/list/*/id","/m","/card"]"#, &inspector)
    #expect(second != first)
    let (one, two) = (try JSONValue(Array(first.utf8)).object, try JSONValue(Array(second.utf8)).object)
    #expect(one?["name"]?.string != two?["name"]?.string && one?["m"]?.string == two?["m"]?.string)
    for list in ["", "[]", "[\"/name\"", "7", "{}", #"["/names"]"#, #"["name"]"#, #"["/Name"]"#, #"[1,["/name"]]"#] {
      #expect(again(first, list, &inspector) == kept(first, by: &inspector), "\(list)")
    }
  }

  @Test func `of another plan nobody knows what it left`() throws {
    var inspector = try inspector()
    let first = kept(event, by: &inspector)
    let afresh = kept(first, by: &inspector)
    #expect(again(first, everything, plan: 8, &inspector) == afresh)
    #expect(again(first, everything, plan: 0, &inspector) == afresh)
    var other = try self.inspector(version: 8)
    #expect(again(first, everything, &other) == afresh)
  }

  @Test func `a place that is listed hides nothing but tokens`() throws {
    var inspector = try inspector()
    let event = #"{"m":"card \#(card) of bob@example.org","other":"\#(card)"}"#
    let redacted = again(event, #"["/m"]"#, &inspector)
    #expect(redacted.hasPrefix(#"{"m":"card \#(card) of <EMAIL_ADDRESS>","other":""#), "\(redacted)")
    #expect(!redacted.dropFirst(20).contains(card), "\(redacted)")
  }

  @Test func `tokens in a key stay, and a record's name among the headers always does`() throws {
    var inspector = try inspector()
    let (key, payload, paths) = (Array(card.utf8), Array("{}".utf8), [UInt8]())
    var details = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    details.count = EventDetails.headBytes
    let (name, value) = (Array("ce_card".utf8), Array("bob@example.org".utf8))
    let isMarked = details.append(replayOf: key.span.bytes)
    let hasMore = details.append(header: name.span.bytes, value: value.span.bytes)
    try #require(isMarked && hasMore)
    EventDetails(headerCount: 2, headerBytes: details.count - EventDetails.headBytes).store(in: &details)
    let event = Event(
      grant: Grant(topic: topic, principal: .anonymous, eventBytesMax: 4096),
      origin: Origin(),
      key: key.span.bytes,
      hasKey: true,
      payload: payload.span.bytes,
      details: details.bytes
    )
    for (plan, isKept) in [(UInt32(7), true), (8, false), (0, false)] {
      inspector.exempt(paths.span.bytes, redactedBy: plan, of: topic)
      #expect(inspector.inspect(event) == .changed)
      inspector.endExemption()
      #expect(inspector.hasOtherKey == !isKept && inspector.hasOtherDetails)
      let metadata = inspector.takeMetadata()
      let headers = text(of: metadata.details)
      inspector.putMetadata(metadata)
      #expect(headers.contains("sluice-replay \(card)") && headers.contains("<EMAIL_ADDRESS>"), "\(headers)")
    }
  }
}
