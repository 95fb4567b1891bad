import Events
import Formats
import Testing

@Suite struct ManifestTests {
  static var manifest: Manifest {
    var manifest = Manifest(node: 0x9F3C_5A0E_1B2D_4C6F, lanes: 2, segmentBytes: 134_217_728)
    _ = manifest.number("telemetry")
    _ = manifest.number("alarms.v2")
    return manifest
  }
  static func mistake(_ text: String) -> ManifestMistake? {
    do throws(ManifestMistake) { _ = try Manifest(reading: text) } catch { return error }
    return nil
  }
  /// A text with the check it deserves.
  static func checked(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return text + "check \(String(Checksum.crc32c(bytes.span.bytes), radix: 16))\n"
  }

  @Test func `a manifest has this form`() throws {
    let text = """
      sluice-manifest 1
      node 9f3c5a0e1b2d4c6f
      lanes 2
      segment-bytes 134217728
      topic 0 telemetry
      topic 1 alarms.v2

      """
    #expect(Self.manifest.text == Self.checked(text))
    #expect(try Manifest(reading: Self.manifest.text) == Self.manifest)
    #expect(Manifest.fileName == "manifest")
  }

  @Test func `a manifest with side lanes is of version 2, and says how large their segments are`() throws {
    var manifest = Self.manifest
    manifest.sideSegmentBytes = 4 << 20
    let text = """
      sluice-manifest 2
      node 9f3c5a0e1b2d4c6f
      lanes 2
      segment-bytes 134217728
      side-segment-bytes 4194304
      topic 0 telemetry
      topic 1 alarms.v2

      """
    #expect(manifest.text == Self.checked(text))
    #expect(try Manifest(reading: manifest.text) == manifest)
    for count in 0..<manifest.text.utf8.count { #expect(Self.mistake(String(manifest.text.prefix(count))) != nil) }
  }

  @Test func `a topic keeps its number, and the next one gets the next`() {
    var manifest = Self.manifest
    #expect(manifest.number("alarms.v2").rawValue == 1)
    #expect(manifest.number("third").rawValue == 2)
    #expect(manifest.number("telemetry").rawValue == 0)
    #expect(manifest.topics.map(\.name) == ["telemetry", "alarms.v2", "third"])
  }

  @Test func `every flipped bit is noticed, or changes nothing`() {
    let bytes = Array(Self.manifest.text.utf8)
    for bit in 0..<(8 * bytes.count) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      do throws(ManifestMistake) {
        let manifest = try Manifest(reading: String(decoding: flipped, as: UTF8.self))
        #expect(manifest == Self.manifest, "bit \(bit)")
      } catch { #expect(!error.problem.isEmpty && error.line > 0) }
    }
  }

  @Test func `a manifest that is cut anywhere is refused`() {
    let text = Self.manifest.text
    for count in 0..<text.utf8.count { #expect(Self.mistake(String(text.prefix(count))) != nil, "\(count)") }
  }

  @Test(arguments: [
    ("", 1, "check at the end"),
    ("hello\n", 1, "no manifest"),
    ("sluice-manifest 3\nwhatever\n", 1, "newer"),
    ("sluice-manifest 2\nnode 1\nlanes 1\nsegment-bytes 4096\n", 1, "side-segment-bytes is missing"),
    ("sluice-manifest 2\nnode 1\nlanes 1\nsegment-bytes 4096\nside-segment-bytes 0\n", 1, "is missing"),
    ("sluice-manifest 1\nnode 1\nlanes 1\nsegment-bytes 1\nside-segment-bytes 4096\n", 5, "'side-segment-bytes 4096'"),
    ("sluice-manifest 1\nnode 1\nlanes 0\nsegment-bytes 1\n", 1, "missing"),
    ("sluice-manifest 1\nnode 1\nlanes 1\n", 1, "missing"),
    ("sluice-manifest 1\nnode xyz\nlanes 1\nsegment-bytes 4096\n", 1, "missing"),
    ("sluice-manifest 1\nnode 1\nlanes 1\nlanes 2\nsegment-bytes 4096\n", 4, "'lanes 2'"),
    ("sluice-manifest 1\nnode 1\nlanes 1\nsegment-bytes 4096\ntopic 1 a\n", 5, "'topic 1 a'"),
    ("sluice-manifest 1\nnode 1\nlanes 1\nsegment-bytes 4096\ntopic 0 a/b\n", 5, "'topic 0 a/b'"),
    ("sluice-manifest 1\nnode 1\nlanes 1\nsegment-bytes 4096\ntopic 0\n", 5, "'topic 0'"),
    ("sluice-manifest 1\nnode 1\nlanes 1\nsegment-bytes 4096\n\n", 5, "''"),
  ])
  func `what is wrong is told with its line`(text: String, line: Int, problem: String) throws {
    let found = try #require(Self.mistake(text.isEmpty ? "" : Self.checked(text)))
    #expect(found.line == line)
    #expect(found.problem.contains(problem), "\(found.problem)")
  }
}
