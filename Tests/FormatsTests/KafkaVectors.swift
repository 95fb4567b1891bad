import Bytes
import Foundation
import Testing

/// A batch captured from librdkafka, most of them accepted by Apache Kafka 3.8, and what another decoder found in it.
struct KafkaVector: Sendable, CustomTestStringConvertible {
  struct File: Decodable, Sendable {
    var batch: Batch
  }
  struct Batch: Decodable, Sendable {
    var baseOffset: UInt64
    var batchLength: Int
    var partitionLeaderEpoch: Int32
    var crc: String
    var attributes: UInt16
    var codec: String
    var transactional: Bool
    var control: Bool
    var lastOffsetDelta: Int32
    var baseTimestamp: Int64
    var maxTimestamp: Int64
    var producerId: Int64
    var producerEpoch: Int16
    var baseSequence: Int32
    var recordCount: Int32
    var records: [Record]?
  }
  struct Record: Decodable, Sendable {
    var ts_delta: Int64
    var off_delta: Int32
    var key: String?
    var value: String?
    var headers: [[String?]]
  }
  var name: String
  var bytes: [UInt8]
  var batch: Batch
  var testDescription: String { name }

  static let all: [KafkaVector] = {
    do { return try load() } catch { fatalError("Tests/Vectors/kafka can't be read: \(error)") }
  }()
  private static func load() throws -> [KafkaVector] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Vectors/kafka")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try names.filter { $0.hasSuffix(".json") }.sorted().map { file in
      let name = String(file.dropLast(5))
      let text = try String(contentsOf: folder.appendingPathComponent(name + ".batch.hex"), encoding: .utf8)
      let json = try Data(contentsOf: folder.appendingPathComponent(file))
      return KafkaVector(
        name: name,
        bytes: unhex(text.trimmingCharacters(in: .whitespacesAndNewlines)),
        batch: try JSONDecoder().decode(File.self, from: json).batch
      )
    }
  }
  static func of(_ codecs: String...) -> [KafkaVector] { all.filter { codecs.contains($0.batch.codec) } }
}

/// The bytes of a hexadecimal text.
func unhex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8).map { $0 <= 0x39 ? $0 - 0x30 : ($0 | 0x20) - 0x57 }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
/// The hexadecimal text of bytes.
func hex(_ bytes: RawSpan) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for place in 0..<bytes.byteCount {
    text += [digits[Int(bytes.byte(place) >> 4)], digits[Int(bytes.byte(place) & 15)]]
  }
  return String(decoding: text, as: UTF8.self)
}
/// A region for tests.
func region(bytes: Int) -> Region { Region(id: RegionID(rawValue: 0), byteCount: bytes) }
