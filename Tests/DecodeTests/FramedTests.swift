import Bytes
import Decode
import Events
import Testing

/// A frame, as a device would make it.
func frame(_ kind: UInt8, flags: UInt8 = 0, alias: UInt16 = 0, request: UInt32 = 0, _ rest: [UInt8] = []) -> [UInt8] {
  big(UInt32(8 + rest.count)) + [kind, flags] + big(alias) + big(request) + rest
}
func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
func hello(_ key: String = "", request: UInt32 = 0) -> [UInt8] { frame(1, request: request, [1] + Array(key.utf8)) }
func bind(_ alias: UInt16, _ topic: String, request: UInt32 = 0) -> [UInt8] {
  frame(2, alias: alias, request: request, Array(topic.utf8))
}
func event(_ request: UInt32, _ payload: String, alias: UInt16 = 1) -> [UInt8] {
  frame(3, alias: alias, request: request, Array(payload.utf8))
}

struct FrameAnswer: Equatable {
  var kind: UInt8
  var alias: UInt16
  var request: UInt32
  var rest: [UInt8]
}
func frames(_ replies: [UInt8]) -> [FrameAnswer] {
  var found: [FrameAnswer] = []
  var rest = replies[...]
  func number(_ slice: ArraySlice<UInt8>) -> Int { slice.reduce(0) { $0 << 8 | Int($1) } }
  while rest.count >= 12 {
    let length = number(rest.prefix(4))
    let head = rest.dropFirst(4)
    guard rest.count >= 4 + length else { break }
    let kind = head[head.startIndex]
    let alias = UInt16(number(head.dropFirst(2).prefix(2)))
    let request = UInt32(number(head.dropFirst(4).prefix(4)))
    found.append(
      FrameAnswer(kind: kind, alias: alias, request: request, rest: Array(head.dropFirst(8).prefix(length - 8)))
    )
    rest = rest.dropFirst(4 + length)
  }
  #expect(rest.isEmpty, "answers are whole frames")
  return found
}
/// Kind, request and count of each answer.
func outline(_ replies: [UInt8]) -> [[UInt32]] {
  frames(replies).map { answer in
    switch answer.kind {
    case 0x83, 0x85: [UInt32(answer.kind), answer.request, answer.rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }]
    default: [UInt32(answer.kind), answer.request]
    }
  }
}

struct FramedTests {
  @Test func `events of one buffer share one answer`() {
    var line = Line<FramedFront>()
    line.receive(hello(request: 1) + bind(1, "doors", request: 2) + event(3, "a") + event(4, "b") + event(5, "c"))
    let taken = line.consumer.taken
    #expect(taken.map(\.text) == ["a", "b", "c"])
    #expect(taken.allSatisfy { $0.topic == 1 })
    #expect(outline(line.replies) == [[0x81, 1], [0x82, 2], [0x83, 5, 3]])
  }

  /// The examples of `Docs/Protocols/framed.md`, byte for byte.
  @Test func `the specification's examples are true`() {
    var line = Line<FramedFront>(requiresKey: true)
    line.desk.retryAfterSeconds = 2
    line.consumer.refuses = [("no", .overloaded)]
    func exchange(_ sent: String) -> String {
      line.replies = []
      line.receive(sent.split { $0 == " " || $0 == "\n" }.map { UInt8($0, radix: 16)! })
      return line.replies.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }
    #expect(
      exchange("00 00 00 0f 01 00 00 00 00 00 00 01 01 73 65 63 72 65 74")
        == "00 00 00 10 81 00 00 00 00 00 00 01 01 10 00 00 00 00 07 d0"
    )
    #expect(
      exchange("00 00 00 0d 02 00 00 01 00 00 00 02 74 65 6d 70 73")
        == "00 00 00 0c 82 00 00 01 00 00 00 02 00 00 03 e8"
    )
    #expect(
      exchange("00 00 00 0b 03 00 00 01 00 00 00 03 7b 31 7d 00 00 00 0f 03 04 00 01 00 00 00 04 00 02 6b 39 7b 32 7d")
        == "00 00 00 2c 83 00 00 01 00 00 00 03 00 00 00 01 00 00 00 00 "
        + "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 18 e9 bc c7 61 40 be 2a ff ff ff ff "
        + "00 00 00 2c 83 00 00 01 00 00 00 04 00 00 00 01 00 00 00 00 "
        + "00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01 18 e9 bc c7 61 40 be 2a ff ff ff ff"
    )
    let taken = line.consumer.taken
    #expect(taken.map(\.text) == ["{1}", "{2}"] && taken[1].key == Array("k9".utf8))
    #expect(
      exchange("00 00 00 0a 03 00 00 01 00 00 00 05 6e 6f")
        == "00 00 00 10 85 00 00 01 00 00 00 05 00 00 00 01 14 01 00 02"
    )
    #expect(exchange("00 00 00 08 04 00 00 00 00 00 00 06") == "00 00 00 08 84 00 00 00 00 00 00 06")
    #expect(
      exchange("00 00 00 08 09 00 00 00 00 00 00 07") == "00 00 00 0c 86 00 00 00 00 00 00 00 01 00 00 00"
    )
  }

  static var stream: [UInt8] {
    let long = String(repeating: "x", count: 1500)
    var all: [UInt8] = hello("secret", request: 1)
    all += bind(1, "temps", request: 2) + event(3, "a") + event(4, "b") + event(5, "bad") + event(6, "bad")
    all += event(7, "c", alias: 2) + bind(2, "doors", request: 8) + event(9, "d", alias: 2) + event(10, "e")
    all += event(11, long) + event(12, "") + frame(4, request: 13) + bind(3, "none", request: 14)
    all += frame(3, flags: 4, alias: 1, request: 15, [0, 2, 0x6B, 0x39] + Array("f".utf8))
    all += frame(3, flags: 4, alias: 1, request: 16, [0, 2, 0x6B, 0x39] + Array(long.utf8))
    let traceBytes = Array(repeating: UInt8(9), count: 25)
    all += frame(3, flags: 7, alias: 1, request: 17, Array(1...16) + traceBytes + [0, 0] + Array("g".utf8))
    return all + event(18, "h") + frame(9) + event(19, "i")
  }

  @Test func `frames cut anywhere say the same, but for how many answers say it`() {
    let bytes = FramedTests.stream
    func prepare(_ line: inout Line<FramedFront>) { line.consumer.refuses = [("bad", .forbidden)] }
    /// Stored and refused requests in order, whatever answers they share.
    func merged(_ replies: [UInt8]) -> [[UInt32]] {
      var all: [[UInt32]] = []
      for (answer, row) in zip(frames(replies), outline(replies)) {
        let reason = answer.kind == 0x85 ? UInt32(answer.rest[4]) : 0
        if let last = all.last, answer.kind == 0x83 || answer.kind == 0x85, last[0] == row[0], last[3] == reason,
          last[4] == UInt32(answer.alias)
        {
          all[all.count - 1][1] = row[1]
          all[all.count - 1][2] += row[2]
        } else {
          all.append([row[0], row[1], row.count > 2 ? row[2] : 0, reason, UInt32(answer.alias)])
        }
      }
      return all
    }
    let whole = outcome(FramedFront.self, bytes, cuts: [], prepare: prepare)
    #expect(whole.taken.map(\.text) == ["a", "b", "d", "e", "f", "g", "h"])
    #expect(whole.failure == .malformed)
    #expect(
      outline(whole.replies).map { $0.prefix(3) } == [
        [0x81, 1], [0x82, 2], [0x83, 4, 2], [0x85, 6, 2], [0x85, 7, 1], [0x82, 8], [0x83, 9, 1], [0x83, 10, 1],
        [0x85, 11, 1], [0x85, 12, 1], [0x84, 13], [0x85, 14, 1], [0x83, 15, 1], [0x85, 16, 1], [0x83, 17, 1],
        [0x83, 18, 1], [0x86, 0],
      ]
    )
    for cut in 1..<bytes.count {
      for cuts in cut == 1 ? [Array(1..<bytes.count), [1]] : [[cut]] {
        let pieces = outcome(FramedFront.self, bytes, cuts: cuts, prepare: prepare)
        let isSame =
          pieces.taken == whole.taken && pieces.refusedByFront == whole.refusedByFront
          && pieces.failure == whole.failure && merged(pieces.replies) == merged(whole.replies)
        #expect(isSame, "cut at \(cut)")
      }
    }
    let stalled = outcome(FramedFront.self, bytes, cuts: [100, 300]) { line in
      prepare(&line)
      (line.consumer.laters, line.consumer.latersLeft) = (2, 2)
    }
    #expect(stalled.taken == whole.taken)
    #expect(merged(stalled.replies) == merged(whole.replies))
  }

  /// Every event's request, what became of it and at which offset, however many answers say it.
  static func verdicts(_ replies: [UInt8], of requests: [UInt32]) -> [[UInt64]] {
    var all: [[UInt64]] = []
    for answer in frames(replies) where answer.kind == 0x83 || answer.kind == 0x85 {
      func number(_ at: Int, _ count: Int) -> UInt64 { answer.rest[at..<at + count].reduce(0) { $0 << 8 | UInt64($1) } }
      let count = number(0, 4)
      let isStored = answer.kind == 0x83
      for place in 0..<count {
        let request = all.count < requests.count ? requests[all.count] : 0
        let what = isStored ? number(8, 8) + place : number(4, 1)
        all.append([UInt64(request), UInt64(answer.kind), UInt64(answer.alias), what])
      }
      // A run's last offset follows from its first, and its answer names the last request.
      guard !isStored || number(16, 8) == number(8, 8) + count - 1, all.last?[0] == UInt64(answer.request) else {
        return []
      }
    }
    return all
  }

  @Test(arguments: [1, 3, 100])
  func `runs of events cut at every byte say the same as events that are offered alone`(runMax: Int) {
    var sent = hello("secret", request: 1) + bind(1, "temps", request: 2) + bind(2, "doors", request: 3)
    var requests: [UInt32] = []
    func add(_ request: UInt32, _ frame: [UInt8]) {
      sent += frame
      requests.append(request)
    }
    for request in UInt32(10)..<60 {
      switch request % 17 {
      case 3: add(request, event(request, "bad\(request)"))
      case 7: add(request, event(request, String(repeating: "x", count: 41)))
      case 9: add(request, frame(3, flags: 4, alias: 1, request: request, [0, 1, 0x6B, 0x66]))
      case 11: add(request, event(request, ""))
      case 13...15: add(request, event(request, "d\(request)", alias: 2))
      default: add(request, event(request, String(repeating: "y", count: Int(request % 5) + 1)))
      }
      if request == 40 { sent += frame(4, request: 0) }
    }
    add(60, event(60, String(repeating: "z", count: 40)))
    func prepare(_ line: inout Line<FramedFront>) {
      line.consumer.eventBytesMax = 40
      line.consumer.refuses = [("bad", .forbidden)]
    }
    let alone = outcome(FramedFront.self, sent, cuts: []) { line in
      prepare(&line)
      line.consumer.takesPlain = false
    }
    let expected = FramedTests.verdicts(alone.replies, of: requests)
    #expect(expected.count == requests.count && alone.failure == nil)
    for cut in 0..<sent.count {
      let cuts = cut == 0 ? Array(1..<sent.count) : [cut]
      let runs = outcome(FramedFront.self, sent, cuts: cuts) { line in
        prepare(&line)
        line.consumer.runMax = runMax
      }
      let isSame =
        runs.taken == alone.taken && runs.refusedByFront == alone.refusedByFront && runs.failure == nil
        && FramedTests.verdicts(runs.replies, of: requests) == expected
      guard isSame else {
        Issue.record(cut == 0 ? "byte by byte" : "cut at \(cut)")
        return
      }
    }
    var line = Line<FramedFront>()
    prepare(&line)
    line.consumer.runMax = runMax
    line.receive(sent)
    let (inRuns, keyed) = (line.consumer.takenInRuns, line.consumer.taken.count { $0.key != nil })
    #expect(inRuns == alone.taken.count - keyed, "whatever can be is taken in runs")
  }

  @Test func `a frame too large is skipped without being carried`() {
    var line = Line<FramedFront>()
    line.receive(bind(1, "temps"))
    let long = String(repeating: "x", count: 15_000)
    for byte in event(1, long) + frame(3, flags: 4, alias: 1, request: 2, [0, 1, 7] + Array(long.utf8)) + event(3, "a")
    {
      line.receive([byte])
    }
    let (taken, refused, carriedMax) = (line.consumer.taken.map(\.text), line.consumer.refusedByFront, line.carriedMax)
    #expect(taken == ["a"])
    #expect(refused == [.eventTooLarge, .eventTooLarge])
    #expect(carriedMax < 32)
    #expect(outline(line.replies).map { $0[0] } == [0x82, 0x85, 0x85, 0x83])
  }

  @Test func `an event may have as many bytes as its topic takes, and not one more`() {
    var line = Line<FramedFront>()
    line.receive(bind(1, "temps") + event(1, String(repeating: "x", count: 1000)))
    line.receive(event(2, String(repeating: "x", count: 1001)))
    #expect(outline(line.replies) == [[0x82, 0], [0x83, 1, 1], [0x85, 2, 1]])
  }

  @Test(
    arguments: [
      (frame(0), Refusal.malformed), (frame(5), .malformed), ([0, 0, 0, 7, 4, 0, 0, 0, 0, 0, 0, 0], .malformed),
      ([0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0], .malformed), (frame(4, [1]), .malformed), (frame(4, flags: 1), .malformed),
      (frame(3, flags: 8, alias: 1, [1]), .malformed), (frame(3, flags: 1, alias: 1, [1]), .malformed),
      (frame(3, flags: 4, alias: 1, [0]), .malformed), (frame(3, flags: 4, alias: 1, [0, 9, 1]), .malformed),
      (frame(2, alias: 16, Array("temps".utf8)), .malformed), (frame(1), .malformed),
      (frame(1, alias: 1, [1]), .malformed),
      (frame(1, [2]), .versionNotSupported), (hello("wrong"), .unauthenticated),
      (frame(2, Array(repeating: 0x61, count: 1025)), .malformed),
      ([0xFF, 0xFF, 0xFF, 0xFF, 3, 0, 0, 1, 0, 0, 0, 0], .bodyTooLarge),
      (Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8), .malformed),
    ] as [([UInt8], Refusal)]
  )
  func `what can't be read on is told and ends the connection`(_ bytes: [UInt8], _ reason: Refusal) {
    var line = Line<FramedFront>()
    line.receive(bind(1, "temps") + event(1, "a") + bytes + event(2, "b"))
    let (taken, failure) = (line.consumer.taken.map(\.text), line.failure)
    #expect(taken == ["a"])
    #expect(failure == reason)
    let answers = frames(line.replies)
    #expect(answers.map(\.kind) == [0x82, 0x83, 0x86])
    #expect(answers.last?.rest == [reason.rawValue, 0, 0, 0])
  }

  @Test func `a listener that asks for a key takes nothing before a valid greeting`() {
    for first in [bind(1, "temps"), event(1, "a"), hello(), hello("wrong")] {
      var line = Line<FramedFront>(requiresKey: true)
      line.receive(first)
      let failure = line.failure
      #expect(failure == .unauthenticated)
      #expect(frames(line.replies).map(\.kind) == [0x86])
    }
    var line = Line<FramedFront>(requiresKey: true)
    do {
      let stage = line.front.stage
      #expect(stage == .head)
    }
    line.receive(hello("secret") + bind(1, "temps") + event(1, "a"))
    let principals = line.consumer.taken.map(\.principal)
    #expect(principals == [7])
    do {
      let stage = line.front.stage
      #expect(stage == .idle)
    }
  }

  @Test func `a new greeting forgets what was bound under the old one`() {
    var line = Line<FramedFront>()
    line.receive(hello("secret") + bind(1, "temps") + hello() + event(1, "a"))
    #expect(outline(line.replies) == [[0x81, 0], [0x82, 0], [0x81, 0], [0x85, 1, 1]])
    #expect(frames(line.replies).last?.rest[4] == Refusal.unknownTopic.rawValue)
  }

  @Test func `answers wait for their watermarks, in order`() {
    var line = Line<FramedFront>()
    line.isSafeAtOnce = false
    line.consumer.lanes = [0, 1]
    line.receive(bind(1, "temps") + event(1, "a") + event(2, "b") + frame(4, request: 3))
    line.collect()
    #expect(outline(line.replies) == [[0x82, 0]])
    line.desk.watermarks.advance(.lane(LaneID(rawValue: 1)), through: EventNumber(rawValue: 9))
    line.collect()
    #expect(outline(line.replies) == [[0x82, 0]])
    line.desk.watermarks.advance(.lane(LaneID(rawValue: 0)), through: EventNumber(rawValue: 1))
    line.collect()
    #expect(outline(line.replies) == [[0x82, 0], [0x83, 1, 1], [0x83, 2, 1], [0x84, 3]])
    #expect(line.desk.answersFree == line.desk.answersCapacity)
  }

  @Test(arguments: [2, 3, 5, 64])
  func `few places for answers make frames wait, and none is lost`(_ places: Int) {
    var limits = testLimits
    limits.answersMax = places
    var line = Line<FramedFront>(limits: limits, answers: places, replyBytes: 100)
    line.consumer.lanes = [0, 1, 1, 0]
    line.consumer.refuses = [("bad", .forbidden)]
    var sent: [UInt8] = bind(1, "temps")
    for request in 1...300 { sent += event(UInt32(request), request % 5 == 0 ? "bad" : "\(request)") }
    line.receive(sent)
    let count = outline(line.replies).filter { $0[0] != 0x82 }.reduce(0) { $0 + $1[2] }
    let requests = outline(line.replies).map { $0[1] }
    #expect(count == 300)
    #expect(requests == requests.sorted())
    let taken = line.consumer.taken.count
    #expect(taken == 240)
  }

  @Test func `a drain says farewell`() {
    var line = Line<FramedFront>()
    line.receive(bind(1, "temps") + event(1, "a"))
    line.desk.isDraining = true
    line.receive(event(2, "b"))
    let (isFinished, taken) = (line.isFinished, line.consumer.taken.count)
    #expect(isFinished && taken == 1)
    #expect(frames(line.replies).last == FrameAnswer(kind: 0x86, alias: 0, request: 0, rest: [21, 1, 0, 1]))
  }

  @Test func `random frames in random pieces neither trap nor leak`() {
    for seed in 0..<400 {
      var generator = Generator(state: UInt64(seed))
      var bytes = FramedTests.stream
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      let whole = outcome(FramedFront.self, bytes, cuts: [])
      let cuts = (0..<9).map { _ in Int.random(in: 0..<bytes.count, using: &generator) }.sorted()
      let pieces = outcome(FramedFront.self, bytes, cuts: cuts)
      let isSame = pieces.taken == whole.taken && pieces.failure == whole.failure
      #expect(isSame, "seed \(seed)")
    }
  }

  @Test func `fronts are small enough for ten thousand idle connections`() {
    #expect(MemoryLayout<FramedFront>.stride <= 192)
    #expect(MemoryLayout<HTTPFront>.stride <= 192)
  }
}
