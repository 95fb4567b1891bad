import Bytes
import Events
import Formats
import Foundation
import Testing

struct QuarantineRecordTests {
  /// The record of the document: the payload `{"a":7}`, sent to topic 2, held against version 3.
  static let payload = Array("{\"a\":7}".utf8)
  static let verdict = Array("{\"reason\":\"invalid\",\"instance\":\"/a\"}".utf8)

  /// A record as it is written, with the payload `{"a":7}`.
  static func written(_ verdict: [UInt8] = verdict, plan: UInt32 = 0, paths: String = "") -> [UInt8] {
    let (payload, paths) = (payload, Array(paths.utf8))
    let record = QuarantineRecord(
      topic: TopicID(rawValue: 2),
      schemaVersion: 3,
      payloadBytes: payload.count,
      digest: ContentDigest.none,
      verdict: verdict.span.bytes,
      plan: plan,
      paths: paths.span.bytes
    )
    let count = record.byteCount + payload.count
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    let isWritten = region.append(record, payload: payload.span.bytes, with: Splices(countMax: 1, textBytesMax: 1))
    #expect(isWritten && region.count == count)
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
    let payload = Self.payload
    let isKept = record.payload != nil && record.payload!.equals(payload.span.bytes)
    #expect(isSame && record.topic.rawValue == 2 && record.schemaVersion == 3 && record.payloadBytes == 7)
    #expect(isKept && record.digest == ContentDigest(of: payload.span.bytes))
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

  @Test func `parts of a payload are exchanged on its way into the record, whose digest is of what is kept`() throws {
    let payload = Array("{\"mail\":\"a@x.org\"}".utf8)
    var splices = Splices(countMax: 2, textBytesMax: 64)
    splices.text.append("<EMAIL_ADDRESS>")
    let hasRoom = splices.append(9..<16, newStart: 0, note: 0)
    #expect(hasRoom)
    let (verdict, paths) = (Self.verdict, Array("[\"/mail\"]".utf8))
    let record = QuarantineRecord(
      topic: TopicID(rawValue: 2),
      schemaVersion: 0,
      payloadBytes: payload.count,
      digest: ContentDigest.none,
      verdict: verdict.span.bytes,
      plan: 0xFEED,
      paths: paths.span.bytes
    )
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    let isWritten = region.append(record, payload: payload.span.bytes, with: splices)
    #expect(isWritten)
    let bytes = region.bytes.withUnsafeBytes { Array($0) }
    let read = try QuarantineRecord(decoding: bytes.span.bytes)
    let kept = Array("{\"mail\":\"<EMAIL_ADDRESS>\"}".utf8)
    let isKept = read.payload != nil && read.payload!.equals(kept.span.bytes)
    let hasPaths = read.paths.equals(paths.span.bytes)
    #expect(isKept && hasPaths && read.plan == 0xFEED && read.payloadBytes == payload.count)
    #expect(read.digest == ContentDigest(of: kept.span.bytes))
  }

  @Test func `a payload without room is not written`() {
    let (payload, verdict) = (Self.payload, Self.verdict)
    let record = QuarantineRecord(
      topic: TopicID(rawValue: 2),
      schemaVersion: 3,
      payloadBytes: payload.count,
      digest: ContentDigest.none,
      verdict: verdict.span.bytes
    )
    for room in [record.byteCount + payload.count, record.byteCount + payload.count - 1] {
      var region = Region(id: RegionID(rawValue: 0), byteCount: room)
      let isWritten = region.append(record, payload: payload.span.bytes, with: Splices(countMax: 1, textBytesMax: 1))
      #expect(isWritten == (room == record.byteCount + payload.count) && region.count == (isWritten ? room : 0))
    }
  }

  @Test func `a record of version 1 has no payload`() throws {
    var bytes = Self.written()
    // Version, flags; without plan and bytes kept, and without the payload.
    (bytes[0], bytes[1]) = (1, 0)
    bytes.removeSubrange(48..<56)
    bytes.removeLast(Self.payload.count)
    let record = try QuarantineRecord(decoding: bytes.span.bytes)
    let verdict = Self.verdict
    let isSame = record.verdict.equals(verdict.span.bytes)
    let hasPayload = record.payload != nil
    #expect(isSame && !hasPayload && record.plan == 0 && record.payloadBytes == 7)
  }

  @Test func `a record cut anywhere or grown is refused`() {
    let whole = Self.written(paths: "[\"/a\"]")
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
    #expect(changed(0, 3) == .version(3))
    #expect(changed(1, 4) == .reserved)
    #expect(changed(1, 3) == .reserved && changed(48, 1) == .reserved)
    // Bytes that are kept are flagged so.
    #expect(changed(1, 0) == .length(whole.count))
    #expect(changed(56, 0x5B) == .verdict && changed(56 + Self.verdict.count - 1, 0x20) == .verdict)
    #expect(changed(12, 1) == .length(whole.count))
  }

  @Test func `a verdict has 2 to 1024 bytes`() {
    let longest = Array("{\"a\":\"\(String(repeating: "x", count: 1016))\"}".utf8)
    #expect(longest.count == QuarantineRecord.verdictBytesMax)
    for verdict in [Array("{}".utf8), longest] {
      let bytes = Self.written(verdict)
      #expect(Self.fault(bytes) == nil && bytes.count <= QuarantineRecord.overheadBytesMax + Self.payload.count)
    }
    var bytes = Self.written(longest)
    bytes.insert(0x78, at: 68)
    (bytes[12], bytes[13]) = (0x04, 0x01)
    #expect(Self.fault(bytes) == .verdict)
  }

  @Test func `what is read of random bytes can be written again`() {
    var generator = SystemRandomNumberGenerator()
    var read = 0
    for _ in 0..<2000 {
      var bytes = (0..<Int.random(in: 57...160)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let (verdict, paths) = (min(bytes.count - 56, 20), max(min(bytes.count - 76, 7), 0))
      (bytes[0], bytes[1]) = (2, paths % 2 == 0 ? 3 : 1)
      (bytes[12], bytes[13], bytes[14], bytes[15]) = (0, UInt8(verdict), 0, UInt8(paths))
      (bytes[52], bytes[53], bytes[54]) = (0, 0, 0)
      bytes[55] = UInt8(bytes.count - 56 - verdict - paths)
      (bytes[56], bytes[56 + verdict - 1]) = (0x7B, 0x7D)
      if bytes[1] & 2 == 0 { for place in 48..<52 { bytes[place] = 0 } }
      do throws(QuarantineFault) {
        let record = try QuarantineRecord(decoding: bytes.span.bytes)
        var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
        region.write(atMost: 4096) { $0.append(record) }
        let isSame = region.bytes.equals(bytes.span.bytes)
        #expect(isSame)
        read += 1
      } catch { #expect(bytes.count == 57) }
    }
    #expect(read > 1000)
  }
}
