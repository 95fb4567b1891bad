internal import Events
internal import Formats
internal import Glibc
internal import Host
internal import Settings
internal import Store

/// A data directory for those who only read it.
struct LogDirectory {
  /// Its files.
  let files: DataDirectoryReader
  /// What it is.
  ///
  /// Changes while it is followed, when topics are added.
  private(set) var manifest: Manifest
  /// Whether a gateway has it.
  let isLive: Bool

  /// The options that name it.
  static let options = [
    CommandOption("--data", "DIR", "the data directory", short: "-d"),
    CommandOption("--config", "FILE", "the settings that name it", short: "-c"),
  ]

  /// Opens the directory that `--data` or `--config` names.
  init(_ arguments: Arguments) throws(CommandFailure) {
    let path: String
    switch (arguments["--data"], arguments["--config"]) {
    case (let data?, nil): path = data
    case (nil, let settings?): path = try SettingsFile.read(settings).dataDirectory
    case (nil, nil): throw .usage(arguments.command, "'--data DIR' or '--config FILE' is missing")
    case (_?, _?): throw .usage(arguments.command, "'--data' and '--config' name the directory twice")
    }
    try self.init(path)
  }

  /// Opens the directory there.
  init(_ path: String) throws(CommandFailure) {
    files = try onHost { () throws(HostFailure) in try DataDirectoryReader(path) }
    manifest = try Self.manifest(of: files)
    isLive = try onHost { () throws(HostFailure) in try Self.isLocked(path) }
  }

  private static func manifest(of files: DataDirectoryReader) throws(CommandFailure) -> Manifest {
    let name = "\(files.path)/\(Manifest.fileName)"
    guard let bytes = try onHost({ () throws(HostFailure) in try files.read(Manifest.fileName) }) else {
      throw .environment(
        HostFailure(cause: "There is no \(name).", remedy: "Name the data directory of a gateway that has run.")
      )
    }
    do throws(ManifestMistake) {
      return try Manifest(reading: String(decoding: bytes, as: UTF8.self))
    } catch { throw .problem("\(name):\(error.line): \(error.problem)") }
  }

  /// Whether a gateway holds the directory's lock.
  ///
  /// The lock is taken for a moment at most, and shared.
  private static func isLocked(_ path: String) throws(HostFailure) -> Bool {
    let name = "\(path)/lock"
    let lock = unsafe open(name, O_RDONLY | O_CLOEXEC)
    guard lock >= 0 else {
      if errno == ENOENT { return false }
      throw unreadable(name, errno)
    }
    defer { _ = close(lock) }
    guard flock(lock, LOCK_SH | LOCK_NB) != 0 else { return false }
    guard errno == EWOULDBLOCK else { throw unreadable(name, errno) }
    return true
  }

  /// Looks again at which topics there are.
  mutating func refresh() throws(CommandFailure) { manifest = try Self.manifest(of: files) }

  /// All lanes, or the one that `--partition` names.
  func lanes(_ arguments: Arguments) throws(CommandFailure) -> [LaneID] {
    let last = manifest.lanes - 1
    if let lane = try arguments.count("--partition", in: 0...last) { return [LaneID(rawValue: UInt16(lane))] }
    return (0...last).map { LaneID(rawValue: UInt16($0)) }
  }

  /// The side lanes that hold anything, also those of shards that are no more.
  func sideLanes() throws(CommandFailure) -> [LaneID] {
    try onHost { () throws(HostFailure) in
      var used: [LaneID] = []
      for lane in try files.sideLanes() where try !files.segments(of: lane).isEmpty { used.append(lane) }
      return used
    }
  }

  /// The topics that `--topic` names; all when it names none.
  func topics(_ arguments: Arguments) throws(CommandFailure) -> TopicChoice {
    let names = arguments.all("--topic")
    guard !names.isEmpty else { return .all }
    var ids: Set<TopicID> = []
    for name in names {
      guard let line = manifest.topics.first(where: { $0.name == name }) else {
        let known = manifest.topics.map(\.name)
        let hint = nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw .problem("there is no topic '\(name)' in \(files.path)\(hint)")
      }
      ids.insert(line.id)
    }
    return .some(ids)
  }

  /// A topic's name.
  func name(of topic: TopicID) -> String {
    let place = Int(topic.rawValue)
    return manifest.topics.indices.contains(place) ? manifest.topics[place].name : "topic-\(place)"
  }
  /// The name of a topic that a lane holds: side lanes have topics of their own.
  func name(of topic: TopicID, in lane: LaneID) -> String {
    guard lane.isSide else { return name(of: topic) }
    return SideLane.topics.first { $0.id == topic }?.name ?? "topic-\(topic.rawValue)"
  }
  /// How many topics a lane may hold.
  func topics(of lane: LaneID) -> Int { lane.isSide ? SideLane.topics.count : manifest.topics.count }
  /// The size of a lane's segments.
  func segmentBytes(of lane: LaneID) -> Int {
    lane.isSide ? manifest.sideSegmentBytes ?? 0 : manifest.segmentBytes
  }

  /// A damage as a line: the file, the place, what it means.
  func text(of damage: LaneDamage) -> String {
    switch damage {
    case .damaged(let lane, let slot, let offset, let sequence):
      "\(path(lane, slot)): offset \(offset): commit \(sequence) was durable and does not read back"
    case .newerVersion(let lane, let slot, let version):
      "\(path(lane, slot)): offset 0: a newer program wrote it, in version \(version) of the format"
    case .foreignSegment(let lane, let slot, let found):
      "\(path(lane, slot)): offset 0: it is the segment of \(found.lane.title), slot \(found.slot)"
    case .otherSize(let lane, let slot, let found, let expected):
      "\(path(lane, slot)): offset 0: made for \(sizeText(found)) a segment, "
        + "but the manifest says \(sizeText(expected))"
    case .unknownTopic(let lane, let topic):
      "\(lane.title): it holds events of topic \(topic.rawValue), which the manifest does not list"
    case .unreadable(let lane, let slot, let offset, let error):
      "\(path(lane, slot)): offset \(offset): \(errorText(error))"
    }
  }

  /// Where a segment's file is.
  func path(_ lane: LaneID, _ slot: UInt16) -> String {
    "\(files.path)/\(lane.isSide ? "side" : "lanes")/\(digits(Int(lane.number), 4))/\(digits(Int(slot), 4)).segment"
  }
}

extension LaneID {
  /// What it is called.
  var title: String { "\(isSide ? "side lane" : "lane") \(number)" }
}

/// Some topics, or all of them.
enum TopicChoice {
  case all
  case some(Set<TopicID>)

  /// Whether a topic is among them.
  func contains(_ topic: TopicID) -> Bool {
    switch self {
    case .all: true
    case .some(let topics): topics.contains(topic)
    }
  }
  /// The topic, when it is a single one.
  var single: TopicID? {
    if case .some(let topics) = self, topics.count == 1 { topics.first } else { nil }
  }
}

/// A number with leading zeros.
func digits(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
