internal import Bytes
internal import Events
internal import Formats

/// All that is known of one event that was set aside.
struct QuarantineEntry {
  /// The side lane that holds the record, and its place there.
  let lane: LaneID
  let offset: UInt64
  /// When the event was received, which it is, and who sent it.
  let stamp: Stamp
  let topic: TopicID
  /// 0 when it is not known.
  let schemaVersion: UInt32
  let payloadBytes: UInt32
  let digest: ContentDigest
  /// The text of a JSON object.
  let verdict: [UInt8]
  /// The plan of redaction that its payload went through; 0 for none.
  let plan: UInt32
  /// The text of a JSON array of JSON Pointers, or nothing.
  let paths: [UInt8]
  /// `nil` where it is not kept.
  let payload: [UInt8]?
  /// The record's key, if it has one.
  let key: [UInt8]?
  /// Its headers as they stand in a batch, and its value.
  let headers: [UInt8]
  let value: [UInt8]

  /// Why a record can't be read.
  enum Fault: Error {
    case noStamp
    case stamp(StampFault)
    case record(QuarantineFault)
  }

  /// Reads the record of a side lane's log.
  static func read(_ record: borrowing Record, in lane: LaneID) -> Result<QuarantineEntry, Fault> {
    let stamp: Stamp
    do throws(StampFault) {
      guard let found = try record.stamp() else { return .failure(.noStamp) }
      stamp = found
    } catch { return .failure(.stamp(error)) }
    do throws(QuarantineFault) {
      let value = try QuarantineRecord(decoding: record.value)
      var payload: [UInt8]?
      if let kept = value.payload { payload = copy(kept) }
      let entry = QuarantineEntry(
        lane: lane,
        offset: record.offset,
        stamp: stamp,
        topic: value.topic,
        schemaVersion: value.schemaVersion,
        payloadBytes: value.payloadBytes,
        digest: value.digest,
        verdict: copy(value.verdict),
        plan: value.plan,
        paths: copy(value.paths),
        payload: payload,
        key: record.hasKey ? copy(record.key) : nil,
        headers: copy(record.headers),
        value: copy(record.value)
      )
      return .success(entry)
    } catch { return .failure(.record(error)) }
  }

  fileprivate static func copy(_ bytes: RawSpan) -> [UInt8] {
    // SAFETY: a copy of initialised bytes.
    unsafe bytes.withUnsafeBytes { unsafe Array($0) }
  }

  /// What it is called.
  var name: String { "\(lane.number)/\(offset)" }
  /// The side lane and the place in it that a name stands for.
  static func place(named name: String) -> (LaneID, UInt64)? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let shard = UInt16(parts[0]), shard < 1 << 15, let offset = UInt64(parts[1]) else {
      return nil
    }
    return (.side(shard), offset)
  }

  private var schemaText: String { schemaVersion == 0 ? "-" : "\(schemaVersion)" }
  private var principalText: String { stamp.principal == .anonymous ? "-" : "\(stamp.principal.rawValue)" }
  /// The verdict on one line, whatever it is.
  private var verdictText: String {
    String(decoding: verdict.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
  }

  /// The cells of its line in a table.
  func cells(in directory: LogDirectory) -> [String] {
    let time = Moment.text(stamp.utcNs)
    return [
      name, time, directory.name(of: topic), schemaText, principalText, "\(payloadBytes)", verdictText,
    ]
  }

  /// All of it, a line each.
  func text(in directory: LogDirectory) -> String {
    let error = stamp.errorNs.map { ", ± \($0) ns" } ?? ""
    let id = UUIDText(stamp.eventID).string
    var rows = [
      ("record", name), ("topic", directory.name(of: topic)),
      ("received", "\(Moment.text(stamp.utcNs))\(error), clock \(stamp.state)"),
      ("event", id + (stamp.isIDGiven ? ", as its sender says" : "")), ("principal", principalText),
    ]
    if let trace = stamp.trace {
      let parts = [(String(trace.trace, radix: 16), 32), (String(trace.parent, radix: 16), 16)]
      let padded = parts.map { String(repeating: "0", count: $1 - $0.utf8.count) + $0 }
      let flags = (trace.flags < 16 ? "0" : "") + String(trace.flags, radix: 16)
      rows.append(("trace", "00-\(padded[0])-\(padded[1])-\(flags)"))
    }
    rows += [
      ("schema", schemaVersion == 0 ? "-" : "version \(schemaVersion)"),
      ("payload", "\(payloadBytes) bytes" + (payload == nil ? ", not kept" : "")),
      ("SHA-256", "\(digest)"), ("verdict", verdictText),
    ]
    if plan != 0 {
      let places = paths.isEmpty ? "nothing found" : String(decoding: paths, as: UTF8.self)
      rows.append(("redacted", "by plan \(hexadecimal(plan)): \(places)"))
    }
    if let payload {
      rows.append(("kept", String(decoding: payload.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)))
    }
    return rows.map { label, value in
      label + String(repeating: " ", count: 11 - label.utf8.count) + value + "\n"
    }.joined()
  }
}

extension QuarantineEntry {
  /// The end of its line of JSON: what was redacted, and the payload, in Base64 where it is no JSON.
  fileprivate var tail: [UInt8] {
    var tail: [UInt8] = []
    if plan != 0 {
      tail += Array(",\"plan\":\"\(hexadecimal(plan))\",\"redacted\":".utf8)
      tail += paths.isEmpty ? Array("[]".utf8) : paths
    }
    if let payload {
      do throws(JSONFault) {
        _ = try JSONValue(payload)
        // On one line: between tokens a line's end is a blank, and within strings there is none.
        tail += Array(",\"payload\":".utf8) + payload.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
      } catch { tail += Array(",\"payloadBase64\":".utf8) + Self.base64(payload) }
    }
    return tail + Array("}\n".utf8)
  }
  private static func base64(_ payload: [UInt8]) -> [UInt8] {
    var region = Region(id: RegionID(rawValue: 0), byteCount: payload.count * 4 / 3 + 16)
    // SAFETY: a view of plain bytes that lives until the end of this scope.
    region.write(atMost: region.byteCount) { unsafe $0.append(base64: payload.span.bytes) }
    return copy(region.bytes)
  }
}

/// A UUID in its usual form.
private struct UUIDText {
  let string: String
  init(_ bits: UInt128) {
    let digits = String(bits, radix: 16)
    let whole = Array(String(repeating: "0", count: 32 - digits.utf8.count) + digits)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(whole[$0]) }
    string = parts.joined(separator: "-")
  }
}

/// Records on their way to standard output: as the lines of a table, or as lines of JSON.
struct QuarantineOutput: ~Copyable {
  private var output = Output()
  private let directory: LogDirectory
  private let isJSON: Bool
  /// How wide the columns are; what is wider moves the rest of its line.
  private let widths: [Int]
  private var second = SecondText(0)

  private static let head = ["RECORD", "RECEIVED", "TOPIC", "SCHEMA", "PRINCIPAL", "BYTES", "VERDICT"]

  init(_ directory: LogDirectory, isJSON: Bool) {
    (self.directory, self.isJSON) = (directory, isJSON)
    let longest = directory.manifest.topics.map(\.name.utf8.count).max() ?? 0
    widths = [8, 30, max(longest, 5), 6, 9, 7, 0]
  }

  /// Whether nobody takes anything any more.
  var isBroken: Bool { output.isBroken }

  /// Writes what stands above the records.
  mutating func begin() { if !isJSON { write(Self.head) } }

  /// Writes a record.
  mutating func write(_ entry: QuarantineEntry) {
    if isJSON { writeLine(entry) } else { write(entry.cells(in: directory)) }
    output.flushIfFull()
  }
  /// Writes the rest.
  mutating func finish() throws(CommandFailure) { try output.finish() }

  private mutating func write(_ cells: [String]) {
    let padded = cells.indices.map { column in
      let pad = String(repeating: " ", count: max(0, widths[column] - cells[column].utf8.count))
      return (3...5).contains(column) ? pad + cells[column] : cells[column] + pad
    }
    output.append(Array((padded.joined(separator: "  ") + "\n").utf8))
  }

  private mutating func writeLine(_ entry: QuarantineEntry) {
    let start = Moment.secondsOf(entry.stamp.utcNs)
    second.set(start)
    let head = Array("{\"record\":\"\(entry.name)\",\"topic\":\"\(directory.name(of: entry.topic))\",\"time\":\"".utf8)
    let digest = Array("\(entry.digest)".utf8)
    let (time, verdict, fraction) = (second.bytes, entry.verdict, entry.stamp.utcNs &- start &* 1_000_000_000)
    output.region.write(atMost: 1024 + head.count + 6 * verdict.count) { writer in
      // SAFETY: views of plain bytes that live until the end of this scope.
      unsafe writer.append(head.span.bytes)
      unsafe writer.append(time.span.bytes)
      writer.append(fraction: fraction)
      writer.append("Z\"")
      writer.append(entry.stamp)
      if entry.schemaVersion > 0 {
        writer.append(",\"schemaVersion\":")
        writer.append(decimal: UInt64(entry.schemaVersion))
      }
      writer.append(",\"bytes\":")
      writer.append(decimal: UInt64(entry.payloadBytes))
      writer.append(",\"sha256\":\"")
      unsafe writer.append(digest.span.bytes)
      writer.append("\"")
      unsafe writer.append(verdict: verdict.span.bytes)
    }
    output.append(entry.tail)
  }
}

extension Writer {
  /// Writes a verdict as it is where it is what it should be, and else as text.
  @_lifetime(self: copy self)
  fileprivate mutating func append(verdict: RawSpan) {
    if JSONCheck.find(in: verdict) == .json {
      append(",\"verdict\":")
      append(verdict)
    } else if isUTF8(verdict) {
      append(",\"verdictText\":")
      append(quoted: verdict)
    } else {
      append(",\"verdictBase64\":")
      append(base64: verdict)
    }
  }
}
