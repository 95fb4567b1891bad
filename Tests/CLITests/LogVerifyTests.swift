import Bytes
import Events
import Formats
import Foundation
import Testing

@Suite struct LogVerifyTests {
  /// A log of several segments.
  private func log(codec: Codec = .none) -> LogMaker {
    let log = LogMaker(topics: ["events", "orders"], codec: codec)
    for number in 0..<900 {
      log.add("{\"n\":\(number),\"filling\":\"\(String(repeating: "x", count: 2000))\"}", topic: number % 2)
      if number % 9 == 0 { log.commit() }
    }
    log.seal()
    return log
  }

  @Test(arguments: [Codec.none, .lz4]) func `a whole log is good`(codec: Codec) throws {
    let log = log(codec: codec)
    let verify = try Program.run("log", "verify", "--data", log.path)
    #expect(verify.status == 0 && verify.errors.isEmpty, "\(verify.errors)")
    #expect(verify.output.contains("900 events"))
  }

  @Test func `a flipped bit is named by file, offset and commit`() throws {
    let log = log()
    for place in stride(from: 5000, to: 900_000, by: 61_007) {
      let before = log.bytes(0, at: place, count: 1)
      // Padding belongs to no commit.
      guard before != [0] else { continue }
      log.spoil(0, at: place, with: [before[0] ^ 0x10])
      let verify = try Program.run("log", "verify", "--data", log.path)
      #expect(verify.status == 1, "byte \(place)")
      let pattern = /0000\.segment: offset ([0-9]+): commit ([0-9]+) was durable/
      let found = try #require(verify.errors.firstMatch(of: pattern), "\(verify.errors)")
      let offset = try #require(Int(found.1))
      #expect(offset <= place && offset % 4096 == 0 && place - offset < LogMaker.commitBytesMax)
      // Everything else is still there.
      let cat = try Program.run("log", "cat", "--data", log.path)
      #expect(cat.status == 1 && cat.lines.count > 850 && cat.lines.count < 900)
      log.spoil(0, at: place, with: before)
    }
  }

  @Test func `a lost header is damage, wherever its segment stands`() throws {
    let log = log()
    for slot: UInt16 in 0..<2 {
      let before = log.bytes(slot, at: 8, count: 4)
      log.spoil(slot, at: 8, with: [9, 9, 9, 9])
      let verify = try Program.run("log", "verify", "--data", log.path)
      #expect(verify.status == 1 && verify.errors.contains("000\(slot).segment: offset 0"), "\(verify.errors)")
      log.spoil(slot, at: 8, with: before)
    }
    #expect(try Program.run("log", "verify", "--data", log.path).status == 0)
  }

  @Test func `a write that a crash cut off is no damage`() throws {
    let log = LogMaker()
    for number in 0..<10 {
      log.add("{\"n\":\(number)}")
      log.commit()
    }
    // The header takes a block and each commit one: the last of them is torn.
    log.spoil(0, at: 4096 * 10 + 100)
    let verify = try Program.run("log", "verify", "--data", log.path)
    #expect(verify.status == 0 && verify.output.contains("never acknowledged"), "\(verify.output)\(verify.errors)")
    #expect(verify.output.contains("9 events"))
    // One that a later commit called durable is damage.
    log.spoil(0, at: 4096 * 5 + 100)
    let damaged = try Program.run("log", "verify", "--data", log.path)
    #expect(damaged.status == 1 && damaged.errors.contains("offset \(4096 * 5): commit 5"), "\(damaged.errors)")
  }

  @Test func `what contradicts itself is named although every check holds`() throws {
    let log = LogMaker()
    for _ in 0..<3 {
      log.add("{}")
      log.commit()
    }
    #expect(try Program.run("log", "verify", "--data", log.path).status == 0)
    let batch = CommitHeader.byteCount + BatchEntry.byteCount
    log.forge(0, at: 4096 * 3) { $0.store(UInt64(7), at: batch) }
    let jump = try Program.run("log", "verify", "--data", log.path)
    #expect(
      jump.status == 1 && jump.errors.contains("commit 3: topic 'events' goes on at 7, not at 2"),
      "\(jump.errors)"
    )
    log.forge(0, at: 4096 * 3) { $0.store(UInt64(2), at: batch) }
    #expect(try Program.run("log", "verify", "--data", log.path).status == 0)
    log.forge(0, at: 4096 * 3) { $0.store(UInt16(5), at: CommitHeader.byteCount) }
    let topic = try Program.run("log", "verify", "--data", log.path)
    #expect(topic.status == 1 && topic.errors.contains("the manifest does not list topic 5"), "\(topic.errors)")
  }

  @Test func `a damaged manifest is named with its line`() throws {
    let log = LogMaker()
    log.add("1")
    log.seal()
    let path = "\(log.path)/manifest"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacingOccurrences(of: "events", with: "evants").write(toFile: path, atomically: true, encoding: .utf8)
    let verify = try Program.run("log", "verify", "--data", log.path)
    #expect(verify.status == 1 && verify.errors.contains("manifest:"), "\(verify.errors)")
  }

  @Test func `raw batches are the ones a Kafka log has`() throws {
    let log = LogMaker(topics: ["events", "orders"], codec: .lz4)
    for number in 0..<500 {
      log.add("{\"n\":\(number)}", topic: number % 2)
      if number % 50 == 0 { log.commit() }
    }
    log.seal()
    let out = "\(log.path)/out"
    let export = try Program.run("log", "export", "-d", log.path, "-t", "orders", "--format", "raw", "-o", out)
    #expect(export.status == 0, "\(export.errors)")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(out)/orders-0/00000000000000000000.log")))
    var (at, next) = (0, UInt64(0))
    while at < bytes.count {
      let batch = try RecordBatch(decoding: bytes.span.bytes.extracting(at..<bytes.count))
      #expect(batch.header.baseOffset == next && batch.header.attributes.compression.codec == .lz4)
      next = batch.header.lastOffset + 1
      at += batch.header.batchBytes
    }
    #expect(next == 250)
    // What is there stays.
    let again = try Program.run("log", "export", "-d", log.path, "-t", "orders", "--format", "raw", "-o", out)
    #expect(again.status == 3)
    let lines = try Program.run("log", "export", "-d", log.path, "-t", "orders", "-o", "-")
    let cat = try Program.run("log", "cat", "-d", log.path, "-t", "orders")
    #expect(lines.status == 0 && lines.output == cat.output && lines.lines.count == 250)
  }
}
