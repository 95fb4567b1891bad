public import Events

/// What a data directory is: its lanes and its topics, as text that a person can read.
///
///     sluice-manifest 2
///     node 9f3c5a0e1b2d4c6f
///     lanes 2
///     segment-bytes 134217728
///     side-segment-bytes 4194304
///     topic 0 telemetry
///     check 5d1e6f00
///
/// Lanes may be added, never removed; a topic's number is never given to another. Version 1 knows no side lanes; it is
/// what a directory without them has.
public struct Manifest: Sendable, Equatable {
  /// One topic's line.
  public struct TopicLine: Sendable, Equatable {
    /// Its durable number: its place among the lines.
    public let id: TopicID
    /// Its name.
    public let name: String
  }

  /// A random number that tells this directory from every other.
  public var node: UInt64
  /// How many lanes there are.
  public var lanes: Int
  /// The size of every segment's file.
  public var segmentBytes: Int
  /// The size of every side lane's segments; `nil` where there are no side lanes yet.
  public var sideSegmentBytes: Int?
  /// Every topic that there ever was, by number.
  public var topics: [TopicLine] = []

  /// A directory without topics.
  public init(node: UInt64, lanes: Int, segmentBytes: Int) {
    (self.node, self.lanes, self.segmentBytes) = (node, lanes, segmentBytes)
  }

  /// The newest version of the format that this code reads.
  public static var version: Int { 2 }
  /// The version that it is written in: the oldest that can say all of it.
  private var version: Int { sideSegmentBytes == nil ? 1 : 2 }
  /// The name of its file.
  public static var fileName: String { "manifest" }

  /// Gives a topic its number: the one it has, or the next.
  public mutating func number(_ name: String) -> TopicID {
    if let line = topics.first(where: { $0.name == name }) { return line.id }
    let id = TopicID(rawValue: UInt16(topics.count))
    topics.append(TopicLine(id: id, name: name))
    return id
  }

  /// The text of its file.
  public var text: String {
    var text = "sluice-manifest \(version)\n"
    text += "node \(String(node, radix: 16))\nlanes \(lanes)\nsegment-bytes \(segmentBytes)\n"
    if let sideSegmentBytes { text += "side-segment-bytes \(sideSegmentBytes)\n" }
    for topic in topics { text += "topic \(topic.id.rawValue) \(topic.name)\n" }
    return text + "check \(String(Manifest.check(text), radix: 16))\n"
  }

  /// Reads the text of its file.
  ///
  /// - Throws: what is wrong with it, and in which line.
  public init(reading text: String) throws(ManifestMistake) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.popLast() == "", let last = lines.popLast(), last.hasPrefix("check ") else {
      throw ManifestMistake(line: lines.count + 1, problem: "the check at the end is missing")
    }
    let body = lines.map { $0 + "\n" }.joined()
    guard let head = lines.first, head.hasPrefix("sluice-manifest ") else {
      throw ManifestMistake(line: 1, problem: "this is no manifest of a data directory")
    }
    guard let version = (1...Manifest.version).first(where: { head == "sluice-manifest \($0)" }) else {
      throw ManifestMistake(line: 1, problem: "a newer program wrote it: '\(head)'")
    }
    guard UInt32(last.dropFirst(6), radix: 16) == Manifest.check(body) else {
      throw ManifestMistake(line: lines.count + 1, problem: "the check does not hold: the file is damaged")
    }
    let names = ["node", "lanes", "segment-bytes"] + (version > 1 ? ["side-segment-bytes"] : [])
    var values: [Substring: Substring] = [:]
    var topics: [TopicLine] = []
    for (index, line) in lines.enumerated().dropFirst() {
      let words = line.split(separator: " ")
      if words.count == 3, words[0] == "topic", words[1] == "\(topics.count)", Topic.isName(String(words[2])) {
        topics.append(TopicLine(id: TopicID(rawValue: UInt16(topics.count)), name: String(words[2])))
      } else if words.count == 2, names.contains(String(words[0])), values[words[0]] == nil {
        values[words[0]] = words[1]
      } else {
        throw ManifestMistake(line: index + 1, problem: "'\(line)' is not understood")
      }
    }
    guard let node = values["node"].flatMap({ UInt64($0, radix: 16) }),
      let lanes = values["lanes"].flatMap({ Int($0) }),
      let segmentBytes = values["segment-bytes"].flatMap({ Int($0) }), lanes > 0, segmentBytes > 0
    else { throw ManifestMistake(line: 1, problem: "node, lanes or segment-bytes is missing") }
    let sideSegmentBytes = values["side-segment-bytes"].flatMap { Int($0) }
    guard version == 1 || sideSegmentBytes ?? 0 > 0 else {
      throw ManifestMistake(line: 1, problem: "side-segment-bytes is missing")
    }
    self.init(node: node, lanes: lanes, segmentBytes: segmentBytes)
    self.sideSegmentBytes = sideSegmentBytes
    self.topics = topics
  }

  private static func check(_ text: String) -> UInt32 {
    let bytes = Array(text.utf8)
    // SAFETY: a view of plain bytes that live until the end of this scope.
    return unsafe Checksum.crc32c(bytes.span.bytes)
  }
}

/// What is wrong with a manifest.
public struct ManifestMistake: Error, Sendable, Equatable {
  /// In which line, counted from 1.
  public let line: Int
  /// What it is.
  public let problem: String
}
