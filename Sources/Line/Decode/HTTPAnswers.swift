public import Bytes
internal import Events

/// How HTTP answers become bytes, once nothing is left to wait for.
extension HTTPFront {
  /// Writes every answer that waits for nothing any more, in order, until `reply` is full.
  public mutating func answer(at desk: inout Desk, into reply: inout Region) {
    while !queue.isEmpty {
      let answer = desk.answers[queue.first]
      guard desk.watermarks.isSafe(answer.mark) else { return }
      if answer.kind != .wait, !desk.writePlain(answer, into: &reply) {
        guard reply.room >= desk.bytesMax(answer) else { return }
        desk.write(answer, into: &reply)
        if answer.verdicts != AnswerPool.none { desk.verdicts.put(&desk.answers[queue.first].verdicts) }
      }
      queue.removeFirst(in: &desk.answers)
    }
  }
}

extension Desk {
  /// How many bytes an answer takes at the most.
  ///
  /// Bound: `answerBytesMax`.
  func bytesMax(_ answer: Answer) -> Int {
    switch answer.kind {
    case .receipt: answer.verdicts == AnswerPool.none ? 672 + topics[Int(answer.topic)].count : Desk.answerBytesMax
    case .problem: answer.verdicts == AnswerPool.none ? 1024 : 1024 + Desk.explanationBytesMax
    case .topics: Desk.answerBytesMax
    default: 512
    }
  }

  mutating func write(_ answer: Answer, into reply: inout Region) {
    dates.setDate(utcNs: clock.utcNs)
    let room = bytesMax(answer)
    switch answer.kind {
    case .receipt: writeReceipt(answer, room, into: &reply)
    case .problem: writeProblem(answer, room, into: &reply)
    case .topics: writeTopics(answer, into: &reply)
    case .pressure: writePressure(answer, room, into: &reply)
    case .options:
      reply.write(atMost: room) { writer in
        writer.append("HTTP/1.1 204 No Content\r\n")
        appendHead(of: answer, to: &writer)
        writer.append(Desk.allow(answer))
        writer.append("\r\n")
      }
    case .proceed: reply.append("HTTP/1.1 100 Continue\r\n\r\n")
    case .wait, .welcome, .bound, .stored, .refused, .pong, .goAway:
      require(false, "an HTTP connection owes HTTP answers")
    }
  }

  /// The fields that every answer has.
  @inline(__always) private func appendHead(of answer: Answer, to writer: inout Writer) {
    // SAFETY: the bytes are those of a whole array, which outlives the call.
    unsafe writer.append(dates.dateLine.span.bytes)
    if answer.traits.contains(.closes) {
      writer.append("Connection: close\r\n")
    } else if answer.traits.contains(.staysOpen) {
      writer.append("Connection: keep-alive\r\n")
    }
    if pressureHundredths > 0 {
      writer.append("Sluice-Pressure: ")
      appendPressure(to: &writer)
      writer.append("\r\n")
    }
  }

  private func appendPressure(to writer: inout Writer) {
    let hundredths = pressureHundredths
    writer.append(UInt8(truncatingIfNeeded: 0x30 + hundredths / 100))
    writer.append(".")
    writer.append(UInt8(truncatingIfNeeded: 0x30 + hundredths / 10 % 10))
    writer.append(UInt8(truncatingIfNeeded: 0x30 + hundredths % 10))
  }

  // MARK: Receipts

  private mutating func writeReceipt(_ answer: Answer, _ room: Int, into reply: inout Region) {
    if answer.isRefused, answer.refusedEvents > 0 {
      guard answer.traits.contains(.isMixed) || answer.refusedEvents > 1 else {
        return writeProblem(answer, room, into: &reply)
      }
    } else if answer.traits.contains(.isMinimal), answer.refusedEvents == 0 {
      return writeMinimal(answer, room, into: &reply)
    }
    dates.setStamp(utcNs: answer.receivedNs)
    let start = reply.count
    var lengthAt = 0
    var bodyAt = 0
    var firstAt = 0
    var countAt = 0
    var fractionAt = 0
    reply.write(atMost: room) { writer in
      writer.append(Desk.statusLine(answer))
      appendHead(of: answer, to: &writer)
      if answer.isRefused, answer.traits.contains(.isRetryable) { appendRetryAfter(to: &writer) }
      writer.append("Content-Type: application/json\r\nContent-Length:")
      lengthAt = start + room - writer.room
      writer.append("    \r\n\r\n")
      bodyAt = start + room - writer.room
      writer.append("{\"topic\":\"")
      writer.append(topics.name(Int(answer.topic)))
      appendPlace(of: answer, to: &writer)
      firstAt = start + room - writer.room
      if answer.traits.contains(.hasOffsets) { appendOffsets(of: answer, to: &writer) } else { writer.append("null") }
      countAt = start + room - writer.room
      appendCounts(of: answer, to: &writer)
      writer.append(
        topics[Int(answer.topic)].acknowledge == .durable
          ? ",\"acknowledged\":\"durable\",\"received\":{\"time\":\""
          : ",\"acknowledged\":\"received\",\"received\":{\"time\":\""
      )
      // SAFETY: the bytes are those of a whole array, which outlives the call.
      unsafe writer.append(dates.stamp.span.bytes)
      fractionAt = start + room - writer.room
      appendTime(of: answer, to: &writer)
      if answer.verdicts != AnswerPool.none { appendVerdicts(of: answer, to: &writer) }
      writer.append("}")
    }
    Desk.storeLength(reply.count - bodyAt, at: lengthAt, in: &reply)
    guard isPlain(answer) else { return }
    // Between the two stand `{"first":`, `,"last":` and `}`, and the offset twice.
    let digits = (countAt - firstAt - 18) / 2
    let ends = ReceiptText.Ends(
      first: firstAt + 9 + digits - start,
      last: countAt - 1 - start,
      fraction: fractionAt + 9 - start
    )
    let nanoseconds = UInt64(answer.receivedNs - dates.stampNs)
    let text = reply.bytes.extracting(start..<reply.count)
    receipts.keep(text, receiptKey(answer), offset: answer.first, nanoseconds: nanoseconds, ends: ends)
  }

  /// Whether a receipt is of the commonest kind: one event, nothing refused, nothing else to say.
  @inline(__always) private func isPlain(_ answer: Answer) -> Bool {
    answer.kind == .receipt && answer.events == 1 && answer.refusedEvents == 0 && answer.traits == .hasOffsets
  }

  @inline(__always) private func receiptKey(_ answer: Answer) -> ReceiptText.Key {
    ReceiptText.Key(
      topic: answer.topic,
      lane: answer.lane,
      pressureHundredths: pressureHundredths,
      errorNs: answer.errorNs,
      clock: answer.clock,
      date: dates.dateNs,
      stamp: dates.stampNs
    )
  }

  /// Writes a plain receipt after the model of the last one, if it fits, and only an offset and the time's fraction
  /// differ.
  @inline(__always) fileprivate mutating func writePlain(_ answer: Answer, into reply: inout Region) -> Bool {
    guard isPlain(answer), receipts.byteCount <= reply.room else { return false }
    dates.setDate(utcNs: clock.utcNs)
    dates.setStamp(utcNs: answer.receivedNs)
    guard receipts.key == receiptKey(answer),
      receipts.turn(to: answer.first, nanoseconds: UInt64(bitPattern: answer.receivedNs &- dates.stampNs))
    else { return false }
    receipts.append(to: &reply)
    return true
  }

  private static func statusLine(_ answer: Answer) -> StaticString {
    if answer.refusedEvents == 0 { return "HTTP/1.1 200 OK\r\n" }
    if !answer.isRefused { return "HTTP/1.1 207 Multi-Status\r\n" }
    guard answer.traits.contains(.isMixed) else { return Desk.statusLine(answer.reason.row.status) }
    return Desk.statusLine(answer.traits.contains(.isRetryable) ? 503 : 422)
  }

  /// The partition, and the offsets' name.
  @inline(__always) private func appendPlace(of answer: Answer, to writer: inout Writer) {
    writer.append("\",\"partition\":")
    if answer.events == 0 || answer.traits.contains(.isScattered) {
      writer.append("null")
    } else {
      writer.append(decimal: UInt64(answer.lane))
    }
    writer.append(",\"offsets\":")
  }

  @inline(__always) private func appendOffsets(of answer: Answer, to writer: inout Writer) {
    writer.append("{\"first\":")
    writer.append(decimal: answer.first)
    writer.append(",\"last\":")
    writer.append(decimal: answer.last)
    writer.append("}")
  }

  /// How many events were stored, and how many were not.
  @inline(__always) private func appendCounts(of answer: Answer, to writer: inout Writer) {
    writer.append(",\"events\":")
    writer.append(decimal: UInt64(answer.events))
    writer.append(",\"refused\":")
    writer.append(decimal: UInt64(answer.refusedEvents))
    guard answer.traits.contains(.hasQuarantined) else { return }
    writer.append(",\"quarantined\":")
    writer.append(decimal: UInt64(answer.quarantined))
  }

  @inline(__always) private func appendFraction(_ nanoseconds: UInt32, to writer: inout Writer) {
    writer.append(UInt8(truncatingIfNeeded: 0x30 + nanoseconds / 100_000_000))
    writer.append(eightDigits: nanoseconds % 100_000_000)
  }

  private func appendTime(of answer: Answer, to writer: inout Writer) {
    appendFraction(UInt32(truncatingIfNeeded: answer.receivedNs &- dates.stampNs), to: &writer)
    switch ClockState(rawValue: answer.clock) {
    case .locked: writer.append("Z\",\"clock\":\"locked\",\"errorNs\":")
    case .holdover: writer.append("Z\",\"clock\":\"holdover\",\"errorNs\":")
    case .freeRunning: writer.append("Z\",\"clock\":\"freeRunning\",\"errorNs\":")
    case .unknown, nil: writer.append("Z\",\"clock\":\"unknown\",\"errorNs\":")
    }
    if answer.errorNs == .max {
      writer.append("null}")
    } else {
      writer.append(decimal: UInt64(answer.errorNs))
      writer.append("}")
    }
  }

  /// The first of the events refused or set aside, in their order.
  ///
  /// The chain has the last one first.
  private func appendVerdicts(of answer: Answer, to writer: inout Writer) {
    var order = InlineArray<32, UInt32>(repeating: AnswerPool.none)
    var count = 0
    var index = answer.verdicts
    while index != AnswerPool.none, count < order.count {
      order[count] = index
      count += 1
      index = verdicts[index].next
    }
    writer.append(",\"verdicts\":[")
    for place in (0..<count).reversed() {
      let entry = verdicts[order[place]]
      writer.append("{\"event\":")
      writer.append(decimal: UInt64(entry.event))
      if let row = Refusal(rawValue: entry.refusal)?.row {
        writer.append(",\"reason\":\"")
        writer.append(row.label)
        writer.append("\",\"status\":")
        writer.append(decimal: UInt64(row.status))
        writer.append(row.isRetryable ? ",\"retryable\":true" : ",\"retryable\":false")
      } else {
        writer.append(",\"quarantined\":true")
      }
      // As much is said of the first ones as leaves room to name the others.
      let count = verdicts.textBytes(entry)
      if count > 0, writer.room >= count + Desk.verdictBytes * (place + 1) {
        writer.append(",")
        verdicts.writeText(entry, to: &writer)
      }
      writer.append("}")
      if place > 0 { writer.append(",") }
    }
    writer.append("]")
  }

  /// What a verdict takes of which no more is said.
  private static var verdictBytes: Int { 100 }

  private mutating func writeMinimal(_ answer: Answer, _ room: Int, into reply: inout Region) {
    reply.write(atMost: room) { writer in
      writer.append("HTTP/1.1 204 No Content\r\n")
      appendHead(of: answer, to: &writer)
      writer.append("Preference-Applied: return=minimal\r\nSluice-Receipt: topic=")
      writer.append(topics.name(Int(answer.topic)))
      if answer.events > 0, !answer.traits.contains(.isScattered) {
        writer.append(";partition=")
        writer.append(decimal: UInt64(answer.lane))
      }
      if answer.traits.contains(.hasOffsets) {
        writer.append(";first=")
        writer.append(decimal: answer.first)
        writer.append(";last=")
        writer.append(decimal: answer.last)
      }
      writer.append(";events=")
      writer.append(decimal: UInt64(answer.events))
      if answer.traits.contains(.hasQuarantined) {
        writer.append(";quarantined=")
        writer.append(decimal: UInt64(answer.quarantined))
      }
      writer.append("\r\n\r\n")
    }
  }

  // MARK: Problems

  private mutating func writeProblem(_ answer: Answer, _ room: Int, into reply: inout Region) {
    let row = answer.reason.row
    let start = reply.count
    var lengthAt = 0
    var bodyAt = 0
    reply.write(atMost: room) { writer in
      writer.append(Desk.statusLine(row.status))
      appendHead(of: answer, to: &writer)
      if row.isRetryable { appendRetryAfter(to: &writer) }
      switch answer.reason {
      case .unauthenticated: writer.append("WWW-Authenticate: Bearer\r\n")
      case .methodNotAllowed: writer.append(Desk.allow(answer))
      case .unsupportedMediaType: appendAcceptPost(to: &writer)
      case .unsupportedEncoding: writer.append("Accept-Encoding: gzip\r\n")
      default: break
      }
      writer.append("Content-Type: application/problem+json\r\nContent-Length:")
      lengthAt = start + room - writer.room
      writer.append("    \r\n\r\n")
      bodyAt = start + room - writer.room
      writer.append("{\"type\":\"about:blank\",\"title\":\"")
      writer.append(Desk.phrase(row.status))
      writer.append("\",\"status\":")
      writer.append(decimal: UInt64(row.status))
      writer.append(",\"reason\":\"")
      writer.append(row.label)
      writer.append("\",\"detail\":\"")
      writer.append(row.advice)
      writer.append("\"")
      if answer.verdicts != AnswerPool.none, verdicts.textBytes(verdicts[answer.verdicts]) > 0 {
        writer.append(",\"verdict\":{")
        verdicts.writeText(verdicts[answer.verdicts], to: &writer)
        writer.append("}")
      }
      writer.append("}")
    }
    Desk.storeLength(reply.count - bodyAt, at: lengthAt, in: &reply)
    if answer.traits.contains(.isHead) { reply.count = bodyAt }
  }

  private func appendAcceptPost(to writer: inout Writer) {
    writer.append("Accept-Post: application/json, application/x-ndjson, ")
    writer.append("application/cloudevents+json, application/cloudevents-batch+json\r\n")
  }

  private func appendRetryAfter(to writer: inout Writer) {
    writer.append("Retry-After: ")
    writer.append(decimal: UInt64(retryAfterSeconds))
    writer.append("\r\n")
  }

  private static func allow(_ answer: Answer) -> StaticString {
    switch (answer.traits.contains(.allowsGet), answer.traits.contains(.allowsPost)) {
    case (true, true): "Allow: GET, HEAD, POST, OPTIONS\r\n"
    case (true, false): "Allow: GET, HEAD, OPTIONS\r\n"
    default: "Allow: POST, OPTIONS\r\n"
    }
  }

  /// Source: RFC 9110 §15, RFC 6585, RFC 4918 §11.
  private static func statusLine(_ status: Int) -> StaticString {
    switch status {
    case 400: "HTTP/1.1 400 Bad Request\r\n"
    case 401: "HTTP/1.1 401 Unauthorized\r\n"
    case 403: "HTTP/1.1 403 Forbidden\r\n"
    case 404: "HTTP/1.1 404 Not Found\r\n"
    case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
    case 408: "HTTP/1.1 408 Request Timeout\r\n"
    case 411: "HTTP/1.1 411 Length Required\r\n"
    case 413: "HTTP/1.1 413 Content Too Large\r\n"
    case 414: "HTTP/1.1 414 URI Too Long\r\n"
    case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
    case 417: "HTTP/1.1 417 Expectation Failed\r\n"
    case 422: "HTTP/1.1 422 Unprocessable Content\r\n"
    case 429: "HTTP/1.1 429 Too Many Requests\r\n"
    case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
    case 501: "HTTP/1.1 501 Not Implemented\r\n"
    case 503: "HTTP/1.1 503 Service Unavailable\r\n"
    case 505: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
    case 507: "HTTP/1.1 507 Insufficient Storage\r\n"
    default: "HTTP/1.1 500 Internal Server Error\r\n"
    }
  }

  private static func phrase(_ status: Int) -> StaticString {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    default: "Internal Server Error"
    }
  }

  // MARK: Resources

  private mutating func writeTopics(_ answer: Answer, into reply: inout Region) {
    let start = reply.count
    let room = Desk.answerBytesMax
    var lengthAt = 0
    var bodyAt = 0
    reply.write(atMost: room) { writer in
      writer.append("HTTP/1.1 200 OK\r\n")
      appendHead(of: answer, to: &writer)
      writer.append("Content-Type: application/json\r\nContent-Length:")
      lengthAt = start + room - writer.room
      writer.append("    \r\n\r\n")
      bodyAt = start + room - writer.room
      writer.append("{\"topics\":[")
      var index = Int(answer.first)
      // A topic takes 120 bytes beside its name; the link to the next page takes 64.
      while index < topics.count, writer.room > 120 + topics[index].count + 64 {
        if index > Int(answer.first) { writer.append(",") }
        appendTopic(index, to: &writer)
        index += 1
      }
      writer.append("],\"next\":")
      if index < topics.count {
        writer.append("\"/v1/topics?from=")
        writer.append(decimal: UInt64(index))
        writer.append("\"}")
      } else {
        writer.append("null}")
      }
    }
    Desk.storeLength(reply.count - bodyAt, at: lengthAt, in: &reply)
    if answer.traits.contains(.isHead) { reply.count = bodyAt }
  }

  private func appendTopic(_ index: Int, to writer: inout Writer) {
    let topic = topics[index]
    writer.append("{\"name\":\"")
    writer.append(topics.name(index))
    writer.append(topic.acknowledge == .durable ? "\",\"acknowledge\":\"durable\"" : "\",\"acknowledge\":\"received\"")
    writer.append(topic.order == .key ? ",\"order\":\"key\"" : ",\"order\":\"connection\"")
    writer.append(",\"eventBytesMax\":")
    writer.append(decimal: UInt64(topic.eventBytesMax))
    writer.append("}")
  }

  private mutating func writePressure(_ answer: Answer, _ room: Int, into reply: inout Region) {
    reply.write(atMost: room) { writer in
      writer.append("HTTP/1.1 200 OK\r\n")
      appendHead(of: answer, to: &writer)
      writer.append("Content-Type: application/json\r\nContent-Length: 17\r\n\r\n")
      guard !answer.traits.contains(.isHead) else { return }
      writer.append("{\"pressure\":")
      appendPressure(to: &writer)
      writer.append("}")
    }
  }

  /// Puts a body's length, which is known only behind it, into the four places left for it: blanks, which mean nothing
  /// there, and two to four digits.
  ///
  /// Source: RFC 9112 §5.
  @inline(__always) private static func storeLength(_ length: Int, at offset: Int, in reply: inout Region) {
    require(length >= 10 && length < 10_000, "the length of an answer's body has two to four digits")
    let hundreds = length / 100
    let high =
      hundreds < 10 ? (hundreds == 0 ? 0x2020 : 0x2030 | hundreds) : 0x3030 | (hundreds / 10) << 8 | hundreds % 10
    let low = 0x3030 | (length / 10 % 10) << 8 | length % 10
    reply.store(UInt32(truncatingIfNeeded: high << 16 | low), at: offset)
  }
}
