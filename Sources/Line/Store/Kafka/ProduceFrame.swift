internal import Bytes
internal import Kafka

/// What stands around the one batch of a produce request.
///
///     size | header | transactional id, acks, timeout | topic | partition | length of the records ‖ batch ‖ tags
///
/// Only three things differ from request to request of a partition: the size, the correlation, and the length of the
/// records, whose varint has three bytes for any batch from 16 KiB to 2 MiB.
public struct ProduceFrame: Sendable {
  /// Where the correlation stands.
  private static let correlationAt = 8
  private let before: [UInt8]
  private let behind: [UInt8]
  /// The version that it is written in.
  public let version: Int16

  /// That of a partition.
  ///
  /// - Parameters:
  ///   - topic: the topic's name.
  ///   - partition: the partition's number.
  ///   - clientID: how the client calls itself.
  ///   - version: of the request.
  ///   - timeoutMs: how long the broker may wait for replicas.
  public init(topic: String, partition: Int32, clientID: String, version: Int16, timeoutMs: Int32) {
    var request = ProduceRequest()
    request.timeoutMs = timeoutMs
    var found = ProduceTopic()
    found.name = topic
    var place = ProducePartition()
    place.index = partition
    found.partitions = [place]
    request.topics = [found]
    let header = RequestHeader(.produce, version: version, correlation: 0, clientID: clientID)
    let pieces = KafkaFrame(request, header).pieces
    // Without the length of no records, which is the last field before them.
    before = pieces[0].dropLast(KafkaAPI.produce.isFlexible(version) ? 1 : 4)
    behind = pieces[1]
    self.version = version
  }

  /// How many bytes to keep free before a batch, so that most need not be moved.
  public var headBytes: Int { before.count + (isFlexible ? 3 : 4) }
  /// How many bytes follow it.
  public var tailBytes: Int { behind.count }
  private var isFlexible: Bool { KafkaAPI.produce.isFlexible(version) }

  /// Writes itself around a batch that stands behind `headBytes` free bytes at the front of a region.
  ///
  /// Cost: a few hundred bytes; a batch whose length takes more or fewer bytes than most is moved, which is small or is
  /// seldom.
  func wrap(_ region: inout Region) {
    let batchBytes = region.count - headBytes
    let length = lengthField(batchBytes)
    let free = headBytes - before.count - length.count
    require(free >= 0, "a batch is less than 2 MiB, as its request is")
    if free > 0 { region.removeFirst(free) }
    write(before + length, over: &region)
    region.write(atMost: behind.count) { writer in for byte in behind { writer.append(byte) } }
    region.store(Int32(region.count - 4), at: 0)
  }
  /// Names the request that a frame is sent as.
  static func number(_ region: inout Region, correlation: Int32) { region.store(correlation, at: correlationAt) }

  private func lengthField(_ count: Int) -> [UInt8] {
    guard isFlexible else {
      return (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }
    var rest = count + 1
    var field: [UInt8] = []
    while rest >= 0x80 {
      field.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return field + [UInt8(rest)]
  }
  private func write(_ bytes: [UInt8], over region: inout Region) {
    for (place, byte) in bytes.enumerated() { region.store(byte, at: place) }
  }
}
