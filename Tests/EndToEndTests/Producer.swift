import Foundation

/// The events of one connection: each says whose it is, and its bytes follow from that, so that none can be invented.
struct Numbering {
  let connection: Int
  /// Whether one event of four does not fit its topic's schema.
  var spoils = false

  /// Whether an event is one of those.
  func isSpoiled(_ sequence: Int) -> Bool { spoils && sequence % 4 == 2 }
  /// The bytes of one event.
  func payload(_ sequence: Int) -> [UInt8] {
    var generator = SplitMix(seed: UInt64(connection) << 32 | UInt64(sequence))
    let draw = generator.next()
    // Most events are small; one in 64 needs more than a receive buffer.
    let count = draw % 64 == 0 ? 9_000 + Int(draw >> 32 % 20_000) : 16 + Int(draw >> 32 % 600)
    let padding = [UInt8](repeating: UInt8(ascii: "a") + UInt8(draw >> 16 % 26), count: count)
    return Array("{\"id\":\"\(padded(connection, 6))-\(padded(sequence, 8))\",\"padding\":\"".utf8) + padding
      + Array((isSpoiled(sequence) ? "\",\"late\":1}" : "\"}").utf8)
  }
  /// Whose an event is; `nil` when it is nobody's.
  static func read(_ value: [UInt8]) -> (connection: Int, sequence: Int)? {
    guard value.count > 22 else { return nil }
    let text = String(decoding: value[7..<22], as: UTF8.self).split(separator: "-")
    guard text.count == 2, let connection = Int(text[0]), let sequence = Int(text[1]) else { return nil }
    return (connection, sequence)
  }
  /// The key of an event where its topic is ordered by key.
  static func key(_ sequence: Int) -> [UInt8] { Array("key-\(sequence % 7)".utf8) }

  private func padded(_ number: Int, _ count: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: count - digits.count) + digits
  }
}

/// How a connection sends its events.
enum Traffic: Sendable {
  /// HTTP, one event a request on a connection that stays, so many requests ahead of their answers.
  case single(ahead: Int)
  /// HTTP, so many events a request, one a line.
  case lines(Int, chunked: Bool)
  /// Frames, so many ahead of their acknowledgements.
  case framed(ahead: Int)
}

/// One connection's sender: it sends as long as it can, and keeps what it was told.
final class Producer: @unchecked Sendable {
  enum Verdict: UInt8 { case unknown, acknowledged, refused, mixed }
  struct Receipt {
    let sequence: Int
    let lane: Int
    let offset: UInt64
  }

  let topic: String
  let traffic: Traffic
  let numbering: Numbering
  // SAFETY of @unchecked: only the thread touches these until `join` has waited for its end.
  /// What became of each event that was, at least in part, handed to the kernel.
  private(set) var verdicts: [Verdict] = []
  private(set) var receipts: [Receipt] = []
  /// What no gateway should have answered.
  private(set) var surprises: [String] = []
  /// Whether the last answer said that the connection closes.
  private(set) var wasToldToClose = false
  /// Requests sent in vain: the connection ended before their answers.
  private(set) var unanswered = 0
  private let limit: Int
  private let isKeyed: Bool
  private let port: UInt16
  private let end = DispatchSemaphore(value: 0)
  private let first = DispatchSemaphore(value: 0)

  init(_ connection: Int, _ traffic: Traffic, topic: String, port: UInt16, isKeyed: Bool = false, limit: Int = .max) {
    (self.topic, self.traffic, self.port, self.isKeyed) = (topic, traffic, port, isKeyed)
    self.limit = limit
    numbering = Numbering(connection: connection, spoils: topic == SchemaRig.sifted)
    Thread.detachNewThread { [self] in
      run()
      first.signal()
      end.signal()
    }
  }

  /// Waits until it has been acknowledged something or has ended.
  func waitForFirst() { first.wait() }
  /// Waits until its connection has ended.
  func join() { end.wait() }

  private func run() {
    guard let socket = Socket(port: port) else { return }
    switch traffic {
    case .single(let ahead): sendRequests(on: socket, ahead: ahead, batch: 1, chunked: false)
    case .lines(let batch, let chunked): sendRequests(on: socket, ahead: 1, batch: batch, chunked: chunked)
    case .framed(let ahead): sendFrames(on: socket, ahead: ahead)
    }
  }

  // MARK: HTTP

  private func sendRequests(on socket: Socket, ahead: Int, batch: Int, chunked: Bool) {
    var pending: [Range<Int>] = []
    while true {
      while pending.count < ahead, verdicts.count < limit, !wasToldToClose {
        let range = verdicts.count..<verdicts.count + batch
        verdicts += Array(repeating: .unknown, count: batch)
        pending.append(range)
        if !socket.send(request(range, chunked)) { break }
      }
      guard !pending.isEmpty else { return }
      guard let answer = socket.readAnswer() else {
        unanswered = pending.count
        return
      }
      take(answer, for: pending.removeFirst())
      if answer.field("connection") == "close" { wasToldToClose = true }
    }
  }

  private func request(_ range: Range<Int>, _ chunked: Bool) -> [UInt8] {
    var body: [UInt8] = []
    for sequence in range { body += (body.isEmpty ? [] : [10]) + numbering.payload(sequence) }
    var head = "POST /v1/events/\(topic) HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
    head += range.count == 1 ? "application/json\r\n" : "application/x-ndjson\r\n"
    if isKeyed { head += "Sluice-Key: \(String(decoding: Numbering.key(range.lowerBound), as: UTF8.self))\r\n" }
    guard chunked else { return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body }
    var bytes = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
    for start in stride(from: 0, to: body.count, by: 3_000) {
      let piece = body[start..<min(start + 3_000, body.count)]
      bytes += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
    }
    return bytes + Array("0\r\n\r\n".utf8)
  }

  private func take(_ answer: HTTPAnswer, for range: Range<Int>) {
    switch answer.status {
    case 200:
      for sequence in range { verdicts[sequence] = .acknowledged }
      let stored = range.filter { !numbering.isSpoiled($0) }
      let isCounted =
        answer.number("events") == UInt64(stored.count)
        && answer.number("quarantined") ?? 0 == UInt64(range.count - stored.count)
      if !isCounted { surprises.append("counted \(answer.body)") }
      if let lane = answer.number("partition"), let last = answer.number("last"), let sequence = stored.last {
        receipts.append(Receipt(sequence: sequence, lane: Int(lane), offset: last))
      }
      first.signal()
    case 503, 507, 429:
      for sequence in range { verdicts[sequence] = .refused }
      if answer.field("retry-after") == nil { surprises.append("no Retry-After: \(answer.head)") }
    // Some of the events were refused; the answer need not say of each which.
    case 207: for sequence in range { verdicts[sequence] = .mixed }
    default: surprises.append("\(answer.status) \(answer.body)")
    }
  }

  // MARK: Frames

  private func sendFrames(on socket: Socket, ahead: Int) {
    socket.send(Sent.bind(topic))
    guard let bound = socket.readFrame() else { return }
    guard bound.kind == .bound else {
      surprises.append("\(bound)")
      return
    }
    var settled = 0
    while true {
      var burst: [UInt8] = []
      while verdicts.count < min(settled + ahead, limit) {
        let sequence = verdicts.count
        let key = isKeyed ? Numbering.key(sequence) : nil
        burst += Sent.event(numbering.payload(sequence), key: key, request: UInt32(sequence))
        verdicts.append(.unknown)
      }
      let isSent = socket.send(burst)
      guard settled < verdicts.count else { return }
      repeat {
        guard let frame = socket.readFrame() else {
          unanswered = verdicts.count - settled
          return
        }
        guard let count = take(frame, after: settled) else { return }
        settled += count
      } while !isSent || verdicts.count - settled > ahead / 2
    }
  }

  /// How many events a frame settles; `nil` at the end.
  private func take(_ frame: Frame, after settled: Int) -> Int? {
    switch frame.kind {
    case .stored, .refused:
      let range = settled..<settled + frame.events
      guard range.upperBound <= verdicts.count, Int(frame.request) == range.upperBound - 1 else {
        surprises.append("\(frame) settles \(range) of \(verdicts.count)")
        return nil
      }
      for sequence in range {
        verdicts[sequence] = frame.kind == .stored ? .acknowledged : .refused
        if frame.kind == .stored, frame.isAside != numbering.isSpoiled(sequence) {
          surprises.append("event \(sequence) is \(frame.isAside ? "set aside" : "stored")")
        }
      }
      if frame.kind == .stored {
        if frame.last != .max {
          receipts.append(Receipt(sequence: range.upperBound - 1, lane: frame.lane, offset: frame.last))
        }
        first.signal()
      }
      return range.count
    case .goAway:
      wasToldToClose = true
      return nil
    case .welcome, .bound, .pong:
      surprises.append("\(frame)")
      return nil
    }
  }

  /// What became of it, for a report.
  var summary: String {
    "\(topic), \(traffic): \(verdicts.count) sent, \(acknowledged) acknowledged, "
      + "\(verdicts.count { $0 == .refused }) refused, \(unanswered) unanswered, \(surprises)"
  }
  /// How many events it knows to be safe.
  var acknowledged: Int { verdicts.count { $0 == .acknowledged } }
}
