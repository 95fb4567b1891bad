import Foundation
import Testing

@testable import Load

struct EventGeneratorTests {
  private func events(_ count: Int, seed: UInt64, bytes: Int? = nil) -> [[UInt8]] {
    var generator = EventGenerator(seed: seed, bytes: bytes)
    return (0..<count).map { index in
      var output: [UInt8] = []
      generator.append(sequence: UInt64(index), to: &output)
      return output
    }
  }
  private func object(_ event: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(event)) as? [String: Any])
  }

  @Test func `the same seed makes the same events and another one others`() {
    #expect(events(200, seed: 9) == events(200, seed: 9))
    #expect(events(200, seed: 9) != events(200, seed: 10))
  }

  @Test func `events are what the telemetry schema wants`() throws {
    for event in events(2_000, seed: 3) {
      let fields = try object(event)
      #expect((180...500).contains(event.count))
      let id = try #require(fields["event_id"] as? String)
      #expect(id.wholeMatch(of: /[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}/) != nil)
      let time = try #require(fields["ts"] as? String)
      #expect(time.wholeMatch(of: /2026-01-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z/) != nil)
      #expect((fields["device_id"] as? String)?.count == 16)
      let kinds = ["heartbeat", "metric", "screen_view", "crash", "purchase", "location"]
      #expect(kinds.contains(try #require(fields["type"] as? String)))
      #expect(try #require(fields["seq"] as? Int) >= 0)
      #expect((0.0..<1.0).contains(try #require(fields["battery"] as? Double)))
      let metrics = try #require(fields["metrics"] as? [String: Any])
      #expect((-60.0...60.0).contains(try #require(metrics["temp_c"] as? Double)))
      #expect((-109 ... -30).contains(fields["rssi"] as? Int ?? -30))
      #expect((fields["msg"] as? String)?.count ?? 0 <= 512)
      let known: Set = [
        "event_id", "ts", "device_id", "type", "seq", "app", "os", "battery", "rssi", "online", "msg", "metrics",
      ]
      #expect(known.isSuperset(of: fields.keys))
    }
  }

  @Test(arguments: [51, 52, 59, 60, 61, 64, 100, 200, 256, 300, 512, 1024, 65_536])
  func `an event of a given size has exactly that size and stays JSON`(bytes: Int) throws {
    for event in events(50, seed: 4, bytes: bytes) {
      #expect(event.count == bytes)
      #expect(try object(event)["event_id"] != nil)
    }
  }

  @Test func `events of 300 bytes have all required fields`() throws {
    for event in events(500, seed: 5, bytes: 300) {
      let fields = try object(event)
      for name in ["event_id", "ts", "device_id", "type", "seq", "app", "os", "battery", "metrics"] {
        #expect(fields[name] != nil)
      }
    }
  }

  @Test func `the sequence stands where the generator says`() {
    var generator = EventGenerator(seed: 0x1_0000_00AB)
    var output: [UInt8] = []
    for sequence in [0, 1, 0xABC, 0xFFFF_FFFF_FFFF] as [UInt64] {
      let place = generator.append(sequence: sequence, to: &output)
      let digits = String(decoding: output[place..<place + 12], as: UTF8.self)
      #expect(UInt64(digits, radix: 16) == sequence)
      let id = EventGenerator.id(run: 0xAB, sequence: sequence)
      #expect(String(decoding: output[place - 24..<place + 12], as: UTF8.self) == id)
    }
  }

  @Test func `hexadecimal digits are those of the language`() {
    for value in [0, 1, 9, 10, 0x1234_5678, 0x9ABC_DEF0, 0xDEAD_BEEF, .max] as [UInt32] {
      let digits = withUnsafeBytes(of: hexadecimal(value).bigEndian) { String(decoding: $0, as: UTF8.self) }
      let wanted = String(value, radix: 16)
      #expect(digits == String(repeating: "0", count: 8 - wanted.count) + wanted)
    }
  }

  @Test func `a connection stamps every event of every request with its own id`() {
    var dialect = HTTPDialect(plan(batch: 3))
    var image = RequestImage()
    for _ in 0..<4 { dialect.appendRequest(to: &image) }
    var connection = Connection<HTTPAnswers>(image, greeting: [], batch: 3, requestIDDistance: nil)
    for request in 0..<3 { connection.assign(sequence: UInt64(0xFFFF_FFF0 + request * 3), timeNs: 1) }
    let sent = connection.takeSend().map { String(decoding: $0, as: UTF8.self) } ?? ""
    let ids = sent.matches(of: /"event_id":"([^"]*)"/).map { String($0.output.1) }
    #expect(ids == (0..<9).map { EventGenerator.id(run: 1, sequence: 0xFFFF_FFF0 + UInt64($0)) })
    let second = connection.takeSend() == nil
    #expect(second)
  }

  @Test func `an NDJSON request is as long as it says`() throws {
    var dialect = HTTPDialect(plan(batch: 100))
    var image = RequestImage()
    dialect.appendRequest(to: &image)
    let text = String(decoding: image.bytes, as: UTF8.self)
    let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
    let length = try #require(parts[0].firstMatch(of: /Content-Length: (\d+)/)?.output.1)
    #expect(Int(length) == parts[1].utf8.count)
    #expect(parts[1].split(separator: "\n").count == 100)
    #expect(parts[0].hasPrefix("POST /v1/events/events HTTP/1.1\r\nHost: "))
  }

  private func plan(batch: Int) -> LoadPlan {
    var plan = LoadPlan()
    plan.batch = batch
    return plan
  }
}
