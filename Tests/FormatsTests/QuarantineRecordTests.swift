import Bytes
import Events
import Formats
import Foundation
import Testing

struct QuarantineRecordTests {
  /// The record of the document: the payload `{"a":7}`, sent to topic 2, held against version 3.
  static let payload = Array("{\"a\":7}".utf8)
  static let verdict = Array("{\"reason\":\"invalid\",\"instance\":\"/a\"}".utf8)

  /// A record as it is written.
  static func written(_ verdict: [UInt8] = verdict) -> [UInt8] {
    let payload = payload
    let record = QuarantineRecord(
      topic: TopicID(rawValue: 2),
      schemaVersion: 3,
      payloadBytes: payload.count,
      digest: ContentDigest(of: payload.span.bytes),
      verdict: verdict.span.bytes
    )
    let count = record.byteCount
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    region.write(atMost: QuarantineRecord.byteCountMax) { $0.append(record) }
    #expect(region.count == count)
    return region.bytes.withUnsafeBytes { Array($0) }
  }
  static func fault(_ bytes: [UInt8]) -> QuarantineFault? {
    do throws(QuarantineFault) { _ = try QuarantineRecord(decoding: bytes.span.bytes) } catch { return error }
    return nil
  }

  @Test func `a record is laid out as documented`() throws {
    let document = try String(contentsOf: root.appendingPathComponent("Docs/Protocols/quarantine.md"), encoding: .utf8)
    let lines = document.split(separator: "\n").drop { $0 != "## Example" }.drop { !$0.hasPrefix("```") }.dropFirst()
    var bytes: [UInt8] = []
    for line in lines.prefix(while: { !$0.hasPrefix("```") }) {
      let parts = line.split(separator: " ")
      #expect(parts.first.flatMap { Int($0, radix: 16) } == bytes.count, "\(line)")
      bytes += parts.dropFirst().prefix { $0.count == 2 && UInt8($0, radix: 16) != nil }.map { UInt8($0, radix: 16)! }
    }
    #expect(bytes == Self.written())
    let record = try QuarantineRecord(decoding: bytes.span.bytes)
    let verdict = Self.verdict
    let isSame = record.verdict.equals(verdict.span.bytes)
    #expect(isSame && record.topic.rawValue == 2 && record.schemaVersion == 3 && record.payloadBytes == 7)
  }

  private var root: URL {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root
  }

  @Test(arguments: [
    // FIPS 180-4's examples, as NIST publishes them.
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `the digest is SHA-256`(text: String, digest: String) {
    let bytes = Array(text.utf8)
    #expect("\(ContentDigest(of: bytes.span.bytes))" == digest)
  }

  @Test func `a record cut anywhere or grown is refused`() {
    let whole = Self.written()
    for count in 0..<whole.count {
      #expect(Self.fault(Array(whole[..<count])) == .length(count), "\(count)")
    }
    #expect(Self.fault(whole + [0x7D]) == .length(whole.count + 1))
  }

  @Test func `an unknown version, bytes without meaning and no object are refused`() {
    let whole = Self.written()
    func changed(_ place: Int, _ byte: UInt8) -> QuarantineFault? {
      var bytes = whole
      bytes[place] = byte
      return Self.fault(bytes)
    }
    #expect(changed(0, 2) == .version(2))
    for place in [1, 14, 15] { #expect(changed(place, 1) == .reserved, "\(place)") }
    #expect(changed(48, 0x5B) == .verdict && changed(whole.count - 1, 0x20) == .verdict)
    #expect(changed(12, 1) == .length(whole.count))
  }

  @Test func `a verdict has 2 to 1024 bytes`() {
    let longest = Array("{\"a\":\"\(String(repeating: "x", count: 1016))\"}".utf8)
    #expect(longest.count == QuarantineRecord.verdictBytesMax)
    for verdict in [Array("{}".utf8), longest] {
      let bytes = Self.written(verdict)
      #expect(Self.fault(bytes) == nil && bytes.count <= QuarantineRecord.byteCountMax)
    }
    var bytes = Self.written(longest)
    bytes.insert(0x78, at: 60)
    (bytes[12], bytes[13]) = (0x04, 0x01)
    #expect(Self.fault(bytes) == .verdict)
    bytes = Self.written(Array("{}".utf8))
    bytes.removeLast()
    bytes[13] = 1
    #expect(Self.fault(bytes) == .verdict)
  }

  @Test func `what is read of random bytes can be written again`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = (0..<Int.random(in: 0...80)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if bytes.count > 50 {
        (bytes[0], bytes[1], bytes[12], bytes[14], bytes[15]) = (1, 0, 0, 0, 0)
        (bytes[13], bytes[48], bytes[bytes.count - 1]) = (UInt8(bytes.count - 48), 0x7B, 0x7D)
      }
      do throws(QuarantineFault) {
        let record = try QuarantineRecord(decoding: bytes.span.bytes)
        var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
        region.write(atMost: record.byteCount) { $0.append(record) }
        let isSame = region.bytes.equals(bytes.span.bytes)
        #expect(isSame)
      } catch { #expect(bytes.count <= 50) }
    }
  }
}
