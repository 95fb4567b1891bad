internal import Bytes
internal import Kafka

/// Puts a broker's answers together from what a connection receives.
///
///     i32 size | answer        as many as come, cut anywhere
///
/// What comes in one piece is handed on where it lies. A size is only believed when an answer may have it, so a
/// connection holds no more than one.
struct AnswerReader: Sendable {
  private var carry: [UInt8] = []
  private let bytesMax: Int

  /// For answers of so many bytes at the most.
  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Takes what was received, and hands on each answer that is whole, without its size.
  ///
  /// Throws: why what comes is no answer, or what `body` throws; then nothing more is to be read.
  mutating func take(_ bytes: RawSpan, _ body: (RawSpan) throws(BrokerFault) -> Void) throws(BrokerFault) {
    var place = 0
    while place < bytes.byteCount {
      if carry.isEmpty, bytes.byteCount - place >= 4 {
        let size = try size(bytes.extracting(place..<place + 4))
        if bytes.byteCount - place - 4 >= size {
          try body(bytes.extracting(place + 4..<place + 4 + size))
          place += 4 + size
          continue
        }
      }
      place += try keep(bytes.extracting(place..<bytes.byteCount))
      guard carry.count >= 4 else { return }
      guard carry.count == 4 + (try sizeOfCarry()) else { continue }
      let answer = carry
      carry.removeAll()
      // SAFETY: a UInt8 has no padding that its bytes could show.
      try body(unsafe answer.span.bytes.extracting(4..<answer.count))
    }
  }

  /// Keeps as much as the answer that is put together still lacks; how much that was.
  private mutating func keep(_ bytes: RawSpan) throws(BrokerFault) -> Int {
    let wanted = carry.count >= 4 ? 4 + (try sizeOfCarry()) : 4
    let count = min(wanted - carry.count, bytes.byteCount)
    for place in 0..<count { carry.append(bytes.byte(place)) }
    if carry.count == 4 { _ = try sizeOfCarry() }
    return count
  }

  private func sizeOfCarry() throws(BrokerFault) -> Int {
    // SAFETY: a UInt8 has no padding that its bytes could show.
    try unsafe size(carry.span.bytes.extracting(0..<4))
  }
  /// The size of an answer, which is at least that of its correlation.
  private func size(_ four: RawSpan) throws(BrokerFault) -> Int {
    let size = Int(four.integer(Int32.self, at: 0))
    guard size >= 4, size <= bytesMax else { throw .noAnswer(OtherProtocol(four), size: size) }
    return size
  }
}

/// What speaks another protocol on a broker's port, as far as its first four bytes tell.
public enum OtherProtocol: Sendable, Hashable {
  case http, tls, ssh, other

  init(_ four: RawSpan) {
    let first = four.integer(UInt32.self, at: 0)
    switch first {
    case 0x4854_5450: self = .http
    case 0x5353_482D: self = .ssh
    // An alert or a handshake of any version of TLS.
    default: self = first >> 24 == 0x15 && first >> 16 & 0xFF == 3 || first >> 16 == 0x1603 ? .tls : .other
    }
  }
}
