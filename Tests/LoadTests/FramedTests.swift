import Foundation
import Testing

@testable import Load

@Suite(.serialized) struct FramedTests {
  private func frame(_ kind: UInt8, request: UInt32, _ rest: [UInt8]) -> [UInt8] {
    Self.bigEndian(UInt32(8 + rest.count)) + [kind, 0, 0, 0] + Self.bigEndian(request) + rest
  }
  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
  }
  private func stored(_ events: UInt32, through request: UInt32) -> [UInt8] {
    frame(0x83, request: request, Self.bigEndian(events) + [UInt8](repeating: 7, count: 32))
  }
  private func refused(_ events: UInt32, through request: UInt32, reason: UInt8) -> [UInt8] {
    frame(0x85, request: request, Self.bigEndian(events) + [reason, 1, 0, 5])
  }
  private func answers(_ pieces: [[UInt8]]) throws -> [String] {
    var reader = FramedAnswers()
    var found: [String] = []
    for piece in pieces {
      var offset = 0
      let bytes = piece.span.bytes
      while let answer = try reader.next(in: bytes, at: &offset) {
        guard case .events(let count, through: let last) = answer.extent else { continue }
        found.append("\(answer.status) \(count) through \(last)")
      }
      #expect(offset == piece.count)
    }
    return found
  }

  @Test func `frames are told apart wherever the stream is cut`() throws {
    let welcome = frame(0x81, request: .max, [1, 16, 0, 0, 0, 4, 0, 0])
    let bound = frame(0x82, request: .max, [0, 4, 0, 0])
    let bytes = welcome + bound + stored(5, through: 4) + refused(2, through: 6, reason: 20) + stored(1, through: 7)
    let wanted = ["200 5 through 4", "503 2 through 6", "200 1 through 7"]
    #expect(try answers([bytes]) == wanted)
    #expect(try answers(bytes.map { [$0] }) == wanted)
    for cut in 1..<bytes.count {
      #expect(try answers([Array(bytes[..<cut]), Array(bytes[cut...])]) == wanted, "cut at \(cut)")
    }
  }

  @Test func `what is no answer is said to be none`() {
    let goAway = frame(0x86, request: 0, [21, 1, 0, 5])
    let unbound = refused(1, through: .max, reason: 4)
    for bytes in [
      goAway, unbound, frame(0x7F, request: 0, []), [0, 0, 0, 7], [0xFF, 0, 0, 0], frame(0x83, request: 0, []),
    ] {
      #expect(throws: UnreadableAnswer.self) { try answers([bytes]) }
    }
  }

  private func connection(depth: Int, batch: Int) -> Connection<FramedAnswers> {
    var plan = LoadPlan()
    plan.batch = batch
    var dialect = FramedDialect(plan)
    var image = RequestImage()
    for _ in 0..<depth { dialect.appendRequest(to: &image) }
    return Connection(
      image,
      greeting: dialect.greeting,
      batch: batch,
      requestIDDistance: dialect.requestIDDistance
    )
  }

  @Test func `a request is answered with the last of its events, by the worst status among them`() throws {
    var connection = connection(depth: 3, batch: 4)
    for _ in 0..<3 { connection.assign(sequence: 0, timeNs: 0) }
    _ = connection.takeSend()
    func settle(_ count: UInt32, _ last: UInt32, _ status: UInt16) -> [UInt16]? {
      guard let settled = connection.settle(count, through: last, status: status) else { return nil }
      for _ in 0..<settled.requests { _ = connection.takeAnswered() }
      return (0..<settled.requests).map { $0 == 0 ? settled.first : settled.others }
    }
    let steps = [settle(3, 2, 200), settle(1, 3, 503), settle(2, 5, 200), settle(6, 11, 200)]
    #expect(steps == [[], [503], [], [200, 200]])
    let beyond = settle(1, 12, 200)
    #expect(beyond == nil)
  }

  @Test func `an answer that names the wrong event is not believed`() throws {
    var connection = connection(depth: 1, batch: 4)
    connection.assign(sequence: 0, timeNs: 0)
    _ = connection.takeSend()
    let results = [
      connection.settle(2, through: 2, status: 200) == nil, connection.settle(5, through: 4, status: 200) == nil,
      connection.settle(0, through: .max, status: 200) == nil, connection.settle(4, through: 3, status: 200) != nil,
    ]
    #expect(results == [true, true, true, true])
  }

  @Test(arguments: [(1, 1, nil), (4, 3, "device-7"), (7, 1, nil)] as [(Int, Int, String?)])
  func `every frame is sent once, numbered, with its key and its id`(depth: Int, batch: Int, key: String?) throws {
    let server = TinyServer(framed: true) { [self] _, bytes in
      let request = bytes[8..<12].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      return .frame(bytes[4] == 2 ? frame(0x82, request: request, [0, 4, 0, 0]) : stored(1, through: request))
    }
    var plan = LoadPlan()
    (plan.wire, plan.port, plan.connections, plan.requests) = (.framed, server.port, 2, 201)
    (plan.duration, plan.warmup, plan.depth, plan.batch, plan.key) = (nil, 0, depth, batch, key)
    let result = try run(plan)
    let text = server.stop()
    let ids = text.matches(of: /"event_id":"([^"]*)"/).map { String($0.output.1) }
    #expect(result.requests == 201)
    #expect(result.errors.total == 0)
    #expect(ids.count == 201 * batch)
    #expect(Set(ids).count == ids.count)
    if let key { #expect(text.matches(of: try Regex("\u{0}\u{8}" + key + "\\{")).count == ids.count) }
  }

  @Test(arguments: [(1, .max), (2, 0)] as [(UInt32, UInt32)])
  func `a refused topic ends the run with the reason, even if events are refused along`(
    count: UInt32,
    last: UInt32
  ) throws {
    let server = TinyServer(framed: true) { [self] _, _ in .frame(refused(count, through: last, reason: 4)) }
    var plan = LoadPlan()
    (plan.wire, plan.port, plan.connections, plan.duration) = (.framed, server.port, 2, 30)
    let result = try run(plan)
    _ = server.stop()
    #expect(result.errors.unreadable == 2)
    #expect(result.firstUnreadable?.contains("no such topic") == true)
  }

  @Test func `what may be in flight decides batch and depth`() throws {
    var plan = LoadPlan()
    (plan.wire, plan.inflightBytes, plan.bytes) = (.framed, 64 << 10, 244)
    let sized = try plan.completed()
    #expect((sized.batch, sized.depth) == (64, 4))
    plan.inflightBytes = 100
    #expect((try plan.completed().batch, try plan.completed().depth) == (1, 1))
    plan.wire = .http
    #expect(throws: LoadFailure.self) { try plan.completed() }
  }
}
