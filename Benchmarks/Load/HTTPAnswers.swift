internal import Bytes

/// Tells the answers of one HTTP/1.1 connection apart: by status line and Content-Length, and nothing else.
///
/// An answer counts once its last byte is there. Interim answers (1xx) are passed over.
struct HTTPAnswers: AnswerReader {
  /// A head longer than this is no answer.
  static let headBytesMax = 16 << 10

  private var status: UInt16 = 0
  private var bodyLeft = 0
  private var straddling: [UInt8] = []

  init() {}

  /// The next whole answer, or `nil` when `bytes` is used up.
  mutating func next(in bytes: RawSpan, at offset: inout Int) throws(UnreadableAnswer) -> Answer? {
    while offset < bytes.byteCount {
      if bodyLeft > 0 {
        let skipped = min(bodyLeft, bytes.byteCount - offset)
        offset += skipped
        bodyLeft -= skipped
        guard bodyLeft == 0 else { return nil }
        return Answer(status: status, extent: .next)
      }
      guard let head = try takeHead(bytes, at: &offset) else { return nil }
      guard head.status >= 200 else { continue }
      status = head.status
      bodyLeft = try head.bodyBytes()
      if bodyLeft == 0 { return Answer(status: status, extent: .next) }
    }
    return nil
  }

  private mutating func takeHead(_ bytes: RawSpan, at offset: inout Int) throws(UnreadableAnswer) -> Head? {
    guard straddling.isEmpty else { return try takeStraddlingHead(bytes, at: &offset) }
    if let head = try Head(bytes, from: offset) {
      offset += head.byteCount
      return head
    }
    for place in offset..<bytes.byteCount { straddling.append(bytes.byte(place)) }
    offset = bytes.byteCount
    guard straddling.count <= Self.headBytesMax else { throw UnreadableAnswer(why: "a head of more than 16 KiB") }
    return nil
  }

  /// Goes on byte by byte, for a head ends where its last line does and what follows stays in `bytes`.
  private mutating func takeStraddlingHead(_ bytes: RawSpan, at offset: inout Int) throws(UnreadableAnswer) -> Head? {
    while offset < bytes.byteCount {
      straddling.append(bytes.byte(offset))
      offset += 1
      guard straddling.last == 0x0A, straddling.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) else { continue }
      let whole = straddling
      straddling.removeAll(keepingCapacity: true)
      // SAFETY: the bytes of an array of bytes are all initialized.
      return try unsafe Head(whole.span.bytes, from: 0)
    }
    guard straddling.count <= Self.headBytesMax else { throw UnreadableAnswer(why: "a head of more than 16 KiB") }
    return nil
  }
}

/// A status line and what the fields behind it say about the length of the body.
private struct Head {
  let status: UInt16
  let byteCount: Int
  let contentLength: Int?

  /// Reads the head that starts at `start`, or makes `nil` when it is not complete.
  init?(_ bytes: RawSpan, from start: Int) throws(UnreadableAnswer) {
    guard var end = bytes.first(0x0A, from: start) else { return nil }
    status = try Self.status(bytes, from: start, to: end)
    var length: Int?
    while true {
      let line = end + 1
      guard let next = bytes.first(0x0A, from: line) else { return nil }
      end = next
      if next == line || next == line + 1 && bytes.byte(line) == 0x0D { break }
      // Every field of this name has a hyphen in its eighth place; few others do.
      if next - line > 15, bytes.byte(line + 7) == UInt8(ascii: "-"),
        bytes.extracting(line..<line + 15).equals(lowercase: "content-length:")
      {
        length = try Self.number(bytes, from: line + 15, to: next)
      }
    }
    byteCount = end + 1 - start
    contentLength = length
  }

  /// How many bytes follow.
  ///
  /// Source: RFC 9112 §6.3.
  func bodyBytes() throws(UnreadableAnswer) -> Int {
    if status == 204 || status == 304 { return 0 }
    guard let contentLength else { throw UnreadableAnswer(why: "an answer without Content-Length") }
    return contentLength
  }

  private static func status(_ bytes: RawSpan, from start: Int, to end: Int) throws(UnreadableAnswer) -> UInt16 {
    guard end - start >= 12, bytes.extracting(start..<start + 7).equals(lowercase: "http/1."),
      bytes.byte(start + 8) == 0x20
    else { throw UnreadableAnswer(why: "no HTTP/1 status line") }
    var status: UInt16 = 0
    for place in start + 9..<start + 12 {
      let digit = bytes.byte(place) &- UInt8(ascii: "0")
      guard digit < 10 else { throw UnreadableAnswer(why: "a status that is no number") }
      status = status * 10 + UInt16(digit)
    }
    guard (100..<600).contains(status) else { throw UnreadableAnswer(why: "a status out of range") }
    return status
  }

  private static func number(_ bytes: RawSpan, from start: Int, to end: Int) throws(UnreadableAnswer) -> Int {
    var value = 0
    var digits = 0
    for place in start..<end {
      let byte = bytes.byte(place)
      if byte == 0x20 || byte == 0x09 || byte == 0x0D { continue }
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10, digits < 18 else { throw UnreadableAnswer(why: "a Content-Length that is no number") }
      value = value * 10 + Int(digit)
      digits += 1
    }
    guard digits > 0 else { throw UnreadableAnswer(why: "an empty Content-Length") }
    return value
  }
}
