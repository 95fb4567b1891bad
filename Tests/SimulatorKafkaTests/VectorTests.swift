import Bytes
import Foundation
import Kafka
import KafkaCaptures
import Simulator
import Testing

/// What librdkafka sent and Apache Kafka 3.8 took is taken, and holds the records that it had.
@Suite struct VectorTests {
  static let names = files(endingIn: ".hex").filter { $0.contains(".produce-v") }

  @Test(arguments: names)
  func `what Kafka took is taken`(file: String) throws {
    let frame = unhex(text(of: file))
    let (header, start) = try RequestHeader.read(frame.span.bytes)
    let request = try ProduceRequest.read(frame.span.bytes, from: start, version: header.version)
    let place = (name: request.topics[0].name, partition: request.topics[0].partitions[0].index)
    var client = TestClient()
    client.cluster.addTopic(place.name, partitions: Int(place.partition) + 1)

    let bytes = try client.exchange(frame).bytes.dropFirst(4)
    let answer = try ProduceResponse.readAnswer(Array(bytes).span.bytes, version: header.version).message
    #expect(answer.topics[0].partitions[0].error == .none, "\(client.cluster.remarks)")
    #expect(answer.topics[0].partitions[0].baseOffset == 0)
    try checkStored(String(file.prefix { $0 != "." }), client.cluster, place)
  }

  /// The batch lies there byte by byte, and its records are those that were sent.
  private func checkStored(_ name: String, _ cluster: KafkaCluster, _ place: (name: String, partition: Int32)) throws {
    let sent = unhex(text(of: name + ".batch.hex"))
    // All but the leader's epoch, which a broker sets.
    let stored = try #require(cluster.batches(of: place.name, place.partition).last)
    #expect(stored[16...] == sent[16...] && stored[..<12] == sent[..<12])
    let json = try JSONSerialization.jsonObject(with: Data(text(of: name + ".json").utf8)) as? [String: Any]
    let content = try #require(json?["batch"] as? [String: Any])
    let wanted = try #require(content["records"] as? [[String: Any]])
    let id = try #require(content["producerId"] as? Int64)
    #expect(id < 0 || cluster.producers(of: place.name, place.partition)[id] != nil)
    #expect(cluster.endOffset(of: place.name, place.partition) == Int64(wanted.count))
    guard name.contains("none") || name.contains("lz4") else { return }
    let records = cluster.records(of: place.name, place.partition)
    #expect(records.count == wanted.count)
    for (record, fields) in zip(records, wanted) {
      #expect(record.key.map(hex) == fields["key"] as? String)
      #expect(record.value.map(hex) == fields["value"] as? String)
      let headers = try #require(fields["headers"] as? [[Any]]).map { $0.map { $0 as? String } }
      #expect(record.headers.map { [String(decoding: $0.key, as: UTF8.self), $0.value.map(hex)] } == headers)
    }
  }
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  @Test func `a batch of several LZ4 blocks is taken`() throws {
    var client = TestClient()
    let batch = unhex(text(of: "mock216-big-lz4-multiblock.batch.hex"))
    #expect(try client.produce(batch).error == .none)
    #expect(client.cluster.records(of: "t", 0).count == 600)
  }

  /// Every byte of every captured batch matters, or is one that a broker overwrites.
  @Test func `a flipped bit is never taken`() throws {
    for file in ["apache38-02-lz4-idem-3rec", "apache38-00-none-idem-3rec"] {
      let batch = unhex(text(of: "\(file).batch.hex"))
      for place in batch.indices where !(12..<16).contains(place) {
        var client = TestClient()
        var flipped = batch
        flipped[place] ^= 1
        #expect(try client.produce(flipped).error != .none, "byte \(place) of \(file)")
      }
    }
  }

  @Test(arguments: ["apache38.frames", "apache38-sasl.frames"])
  func `what a captured client asks is answered in the form that it got`(file: String) throws {
    for line in text(of: file).split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts[2] == "C" else { continue }
      let frame = unhex(parts[3])
      let kinds: [KafkaAPI] = [.apiVersions, .metadata, .initProducerID, .findCoordinator, .produce]
      guard let api = KafkaAPI(rawValue: frame.span.bytes.integer(Int16.self, at: 0)), kinds.contains(api) else {
        continue
      }
      var client = TestClient { $0.createsTopics = true }
      let answer = try client.exchange(frame)
      #expect(!answer.closes && answer.bytes.count > 8, "\(api)")
      #expect(Array(answer.bytes[4..<8]) == Array(frame[4..<8]))
    }
  }
}
