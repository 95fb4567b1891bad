import CLZ4
import Kafka
import Simulator
import Testing

/// Every batch is answered as Apache Kafka 3.8.0 answered it.
@Suite struct ProduceBehaviorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let error: KafkaError
    let version: Int16
    let acks: Int16
    let records: @Sendable () -> [UInt8]
    init(
      _ name: String,
      _ error: KafkaError = .none,
      version: Int16 = 9,
      acks: Int16 = -1,
      _ records: @escaping @Sendable () -> [UInt8]
    ) {
      (self.name, self.error, self.version, self.acks, self.records) = (name, error, version, acks, records)
    }
    var testDescription: String { name }
  }

  /// Enough records for several blocks of 64 KiB.
  static func large(_ change: (inout BatchMaker) -> Void = { _ in }) -> BatchMaker {
    var maker = BatchMaker(250)
    maker.values = (0..<250).map { index in (0..<1000).map { UInt8((index * $0) % 251) } }
    change(&maker)
    return maker
  }
  static func frames(_ change: @escaping @Sendable (inout LZ4Maker) -> Void) -> @Sendable () -> [UInt8] {
    return {
      var maker = LZ4Maker()
      change(&maker)
      return large().lz4 { maker.frame($0) }.bytes
    }
  }
  static func library(_ change: @escaping @Sendable (inout LZ4F_preferences_t) -> Void) -> @Sendable () -> [UInt8] {
    return { large().lz4 { LZ4Maker.library($0, change) }.bytes }
  }
  static func changed(_ count: Int = 3, _ change: @escaping @Sendable (inout BatchMaker) -> Void)
    -> @Sendable () ->
    [UInt8]
  {
    return { BatchMaker(count).with(change).bytes }
  }

  static let batches = [
    Row("none") { BatchMaker().bytes },
    Row("produce v7", version: 7) { BatchMaker().bytes },
    Row("ple=0", .none, changed { $0.leaderEpoch = 0 }),
    Row("baseOffset=77", .invalidRecord, changed { $0.baseOffset = 77 }),
    Row("bad CRC", .corruptMessage, changed { $0.isSpoilt = true }),
    Row("lastOffsetDelta wrong", .invalidRecord, changed { $0.lastOffsetDelta = 5 }),
    Row("count wrong", .invalidRecord, changed { $0.recordCount = 4 }),
    Row("magic 1", .invalidRecord, changed { $0.magic = 1 }),
    Row("magic 3", .corruptMessage, changed { $0.magic = 3 }),
    Row("offset deltas not consecutive (lz4)", .unknownServerError) { BatchMaker().lz4().with { $0.step = 2 }.bytes },
    Row("offset deltas not consecutive (none)", .none, changed { $0.step = 2 }),
    Row("two batches in one partition", .invalidRecord) { BatchMaker().bytes + BatchMaker().bytes },
    Row("trailing garbage") { BatchMaker().bytes + Array("garbage".utf8) },
    Row("control batch", .invalidRecord, changed { $0.attributes = 1 << 5 }),
    Row("attr unused bit 9", .none, changed { $0.attributes = 1 << 9 }),
    Row("codec 5", .unknownServerError, changed { $0.attributes = 5 }),
    Row("timestamp -1", .none, changed(1) { $0.baseTimestampMs = -1 }),
    Row("ts far future (year 2100)", .none, changed { $0.baseTimestampMs = 4_102_444_800_000 }),
    Row("LogAppendTime bit by client", .none, changed { $0.attributes = 1 << 3 }),
    Row("empty batch 0 records", .invalidRecord, changed(0) { _ in }),
    Row("size 1048588") { BatchMaker().filled(to: 1_048_588).bytes },
    Row("size >1048588", .messageTooLarge) { BatchMaker().filled(to: 1_048_589).bytes },
    Row("pid but seq=-1", .invalidRecord) { BatchMaker().by(7, sequence: -1).bytes },
    Row("acks=1", acks: 1) { BatchMaker().bytes },
    Row("acks=2", .invalidRequiredAcks, acks: 2) { BatchMaker().bytes },
    Row("no batch at all", .invalidRecord) { [] },
    Row("a batch cut short", .invalidRecord) { Array(BatchMaker().bytes.dropLast()) },
    Row("a batch cut in its header", .corruptMessage) {
      integer(0 as Int64) + integer(Int32(20)) + record(20, magic: 2)
    },
    Row("zstd before version 7", .unsupportedCompressionType, version: 6, changed { $0.attributes = 4 }),
    Row("a record longer than it says", .invalidRecord, changed { $0.compress = { [$0[0] - 2] + $0.dropFirst() } }),
    Row("more records than the header says", .invalidRecord, changed { ($0.recordCount, $0.lastOffsetDelta) = (2, 1) }),
  ]
  static func record(_ count: Int, magic: UInt8) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes[4] = magic
    return bytes
  }

  static let compressed = [
    Row(
      "lz4 linked blocks (FLG 0x40), 4 blocks",
      .unknownServerError,
      library { $0.frameInfo.blockMode = LZ4F_blockLinked }
    ),
    Row("lz4 independent 64K x4", .none, library { _ in }),
    Row("lz4 independent 4M", .none, library { $0.frameInfo.blockSizeID = LZ4F_max4MB }),
    Row("lz4 +content_checksum", .none, library { $0.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled }),
    Row("lz4 +block_checksum", .none, library { $0.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled }),
    Row("lz4 +content_size (store_size)", .none, frames { $0.flags = 0x68 }),
    Row("lz4 no content_size", .none, frames { $0.flags = 0x60 }),
    Row("lz4 manual FLG60 BD40") { BatchMaker().lz4().bytes },
    Row("lz4 uncompressed blocks", .none, frames { $0.isStored = true }),
    Row("lz4 missing EndMark", .unknownServerError, frames { $0.hasEndMark = false }),
    Row("lz4 bad header checksum", .unknownServerError, frames { $0.isHeaderSpoilt = true }),
    Row("lz4 blocks <64K (4K blocks, BD40)", .none, frames { $0.blockBytes = 4096 }),
    Row("lz4 two concatenated frames", .invalidRecord) {
      large().lz4 { LZ4Maker().frame(Array($0.prefix(100_000))) + LZ4Maker().frame(Array($0.dropFirst(100_000))) }.bytes
    },
    Row("lz4 reserved flag", .unknownServerError, frames { $0.flags = 0x62 }),
    Row(
      "lz4 block larger than announced",
      .unknownServerError,
      frames { ($0.blockBytes, $0.isStored) = (1 << 17, true) }
    ),
    Row("lz4 wrong block checksum", .unknownServerError) {
      large().lz4 { content in
        var frame = LZ4Maker.library(content) { $0.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled }
        frame[frame.count - 5] ^= 1
        return frame
      }.bytes
    },
    Row("lz4 that is none", .unknownServerError, changed { $0.attributes = 3 }),
  ]

  @Test(arguments: batches + compressed)
  func `a batch is taken or refused`(row: Row) throws {
    var client = TestClient()
    #expect(try client.produce(BatchMaker().bytes).baseOffset == 0, "warm")
    let answer = try client.produce(row.records(), row.version, acks: row.acks)
    #expect(answer.error == row.error, "\(client.cluster.remarks)")
    #expect(answer.baseOffset == (row.error == .none ? 3 : -1))
    #expect((client.cluster.endOffset(of: "t", 0) > 3) == (row.error == .none))
  }

  @Test func `no records break a cluster, though their batch is sound`() throws {
    var draws = SplitMix(seed: 2)
    var client = TestClient()
    for _ in 0..<2000 {
      let changes = (0...draws.below(4)).map { _ in (draws.next(), UInt8(truncatingIfNeeded: draws.next())) }
      func spoil(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for (place, byte) in changes { bytes[Int(place % UInt64(bytes.count))] = byte }
        return bytes
      }
      let maker =
        draws.once(in: 2) ? BatchMaker().lz4 { spoil(LZ4Maker().frame($0)) } : BatchMaker().with { $0.compress = spoil }
      _ = try client.produce(maker.bytes)
    }
    #expect(client.cluster.records(of: "t", 0).count == Int(client.cluster.endOffset(of: "t", 0)))
  }

  @Test func `sequences and epochs are kept`() throws {
    var client = TestClient()
    func send(_ id: Int64, _ sequence: Int32, count: Int = 3, epoch: Int16 = 0) throws -> (KafkaError, Int64) {
      let answer = try client.produce(BatchMaker(count).by(id, epoch: epoch, sequence: sequence).bytes)
      return (answer.error, answer.baseOffset)
    }
    let first = try client.makeProducer().producerID
    #expect(try send(first, 0) == (.none, 0))
    #expect(try send(first, 3) == (.none, 3))
    #expect(try send(first, 3) == (.none, 3), "dup seq=3 (retry)")
    #expect(try send(first, 6) == (.none, 6))
    #expect(try send(first, 12) == (.outOfOrderSequence, -1), "gap seq=12")
    #expect(try send(first, 0) == (.none, 0), "old seq=0 (3 batches ago)")
    #expect(try send(first, 7) == (.outOfOrderSequence, -1), "overlap seq=7")
    for sequence in [9, 12, 15, 18] as [Int32] { #expect(try send(first, sequence) == (.none, Int64(sequence))) }
    #expect(try send(first, 0) == (.outOfOrderSequence, -1), "very old seq=0 (>5 ago)")
    #expect(try send(first, 18, count: 2) == (.outOfOrderSequence, -1), "same base, other count seq=18 n=2")
    #expect(try send(first, 5, epoch: 1) == (.outOfOrderSequence, -1), "epoch-bump same pid epoch+1 seq=5")
    #expect(try send(first, 0, epoch: 1) == (.none, 21), "epoch+1 seq=0")
    #expect(try send(first, 21) == (.invalidProducerEpoch, -1), "stale epoch")
    let second = try client.makeProducer().producerID
    #expect(try send(second, 2_147_483_646) == (.none, 24), "new pid, first seq=2147483646 n=3 (wrap)")
    #expect(try send(second, 0) == (.outOfOrderSequence, -1), "after wrap seq=0")
    #expect(try send(second, 2) == (.outOfOrderSequence, -1), "after wrap seq=2")
    #expect(try send(second, 1) == (.none, 27), "after wrap seq=1")
    #expect(try send(second, 2_147_483_646) == (.none, 24), "after wrap dup seq=2147483646")
    #expect(try send(4711, 0) == (.none, 30), "unknown pid seq=0")
    #expect(try send(4712, 100) == (.none, 33), "unknown pid seq=100")
    let state = try #require(client.cluster.producers(of: "t", 0)[first])
    #expect(state.epoch == 1 && state.batches.map(\.firstSequence) == [0] && state.batches[0].baseOffset == 21)
  }

  @Test func `the fifth batch before the last is a duplicate, and the sixth is not`() throws {
    var client = TestClient()
    for sequence in 0..<6 as Range<Int32> { _ = try client.produce(BatchMaker(1).by(9, sequence: sequence).bytes) }
    #expect(try client.produce(BatchMaker(1).by(9, sequence: 1).bytes).baseOffset == 1)
    #expect(try client.produce(BatchMaker(1).by(9, sequence: 0).bytes).error == .outOfOrderSequence)
  }

  @Test func `sequences begin again at 0 behind the last number`() throws {
    var client = TestClient()
    _ = try client.produce(BatchMaker(1).by(9, sequence: .max).bytes)
    #expect(try client.produce(BatchMaker(1).by(9, sequence: 1).bytes).error == .outOfOrderSequence)
    #expect(try client.produce(BatchMaker(1).by(9, sequence: 0).bytes).error == .none)
  }

  @Test func `a producer that was forgotten may begin anywhere`() throws {
    var client = TestClient()
    _ = try client.produce(BatchMaker().by(9, sequence: 0).bytes)
    #expect(try client.produce(BatchMaker().by(9, sequence: 30).bytes).error == .outOfOrderSequence)
    client.cluster.forgetProducer(9, "t", 0)
    #expect(try client.produce(BatchMaker().by(9, sequence: 30).bytes).baseOffset == 3)
  }

  @Test func `errors come with what Kafka puts beside them`() throws {
    var client = TestClient()
    let batch = BatchMaker().by(9, sequence: 0).bytes
    let taken = try client.produce(batch)
    #expect(taken.logAppendTimeMs == -1 && taken.logStartOffset == 0 && taken.message == nil)
    let again = try client.produce(batch)
    #expect(again.logAppendTimeMs == 1_700_000_000_002, "the time of a duplicate's records stands there")
    #expect(try client.produce(BatchMaker().with { $0.baseOffset = 1 }.bytes).logStartOffset == 0)
    #expect(try client.produce(BatchMaker().with { $0.isSpoilt = true }.bytes).logStartOffset == -1)
    #expect(try client.produce(batch + batch).logStartOffset == -1)
  }

  @Test func `a compacted topic wants keys, and says which records lack them`() throws {
    var client = TestClient()
    client.cluster.addTopic("compacted", partitions: 1, isCompacted: true)
    let answer = try client.produce(BatchMaker().with { $0.hasKeys = false }.bytes, to: "compacted")
    #expect(answer.error == .invalidRecord && answer.recordErrors.map(\.index) == [0, 1, 2])
    #expect(answer.message != nil)
    #expect(try client.produce(BatchMaker().bytes, to: "compacted").error == .none)
  }

  @Test func `nobody hears of acks 0, but that the connection ends`() throws {
    var client = TestClient()
    #expect(throws: TestClient.Silence.nothing) { try client.produce(BatchMaker().bytes, acks: 0) }
    #expect(client.cluster.endOffset(of: "t", 0) == 3)
    #expect(throws: TestClient.Silence.closed) { try client.produce(BatchMaker().bytes + BatchMaker().bytes, acks: 0) }
    #expect(client.cluster.endOffset(of: "t", 0) == 3)
  }

  @Test func `of a partition that is in a request twice the last part counts`() throws {
    var client = TestClient()
    let answer = try client.produceAll([("t", 0, BatchMaker(1).bytes), ("t", 0, BatchMaker(2).bytes)])
    #expect(answer.topics.count == 1 && answer.topics[0].partitions.count == 1)
    #expect(client.cluster.endOffset(of: "t", 0) == 2)
    #expect(client.cluster.remarks.map(\.reason) == ["a partition that is in a request twice"])
  }

  @Test func `one partition's fault leaves the others alone, but for a format that nobody knows`() throws {
    var client = TestClient(partitions: 3)
    let good = BatchMaker().bytes
    func errors(_ parts: [[UInt8]]) throws -> [KafkaError] {
      let answer = try client.produceAll(parts.enumerated().map { ("t", Int32($0), $1) })
      return answer.topics.flatMap { $0.partitions.map(\.error) }
    }
    #expect(
      try errors([good, BatchMaker().with { $0.isSpoilt = true }.bytes, good]) == [.none, .corruptMessage, .none]
    )
    let magic = BatchMaker().with { $0.magic = 3 }.bytes
    #expect(try errors([good, magic, good]) == [.corruptMessage, .corruptMessage, .corruptMessage])
    #expect(client.cluster.endOffset(of: "t", 0) == 3 && client.cluster.endOffset(of: "t", 2) == 3)
  }

  @Test func `a batch of a transaction has one to belong to`() throws {
    var client = TestClient()
    let batch = BatchMaker().by(9, sequence: 0).with { $0.attributes = 1 << 4 }.bytes
    let alone = try client.produceAll([("t", 0, batch)]).topics[0].partitions[0]
    #expect(alone.error == .transactionalIDAuthorizationFailed)
    #expect(try client.produceAll([("t", 0, batch)], transaction: "x").topics[0].partitions[0].error == .none)
  }
}
