internal import Bytes
internal import Events

/// How framed answers become bytes.
extension Desk {
  /// What a server sends.
  enum FrameKind {
    static var welcome: UInt8 { 0x81 }
    static var bound: UInt8 { 0x82 }
    static var stored: UInt8 { 0x83 }
    static var pong: UInt8 { 0x84 }
    static var refused: UInt8 { 0x85 }
    static var goAway: UInt8 { 0x86 }
  }

  mutating func write(frame answer: Answer, into reply: inout Region) {
    reply.write(atMost: FramedFront.answerBytesMax) { writer in
      switch answer.kind {
      case .stored: appendStored(answer, to: &writer)
      case .welcome:
        appendHead(FrameKind.welcome, 8, answer, to: &writer)
        writer.append(FramedFront.version)
        writer.append(UInt8(FramedFront.aliasesMax))
        writer.append(UInt16(0))
        writer.append(UInt32(limits.eventBytesMax))
      case .bound:
        appendHead(FrameKind.bound, 4, answer, to: &writer)
        writer.append(answer.events)
      case .pong: appendHead(FrameKind.pong, 0, answer, to: &writer)
      case .refused:
        appendHead(FrameKind.refused, 8, answer, to: &writer)
        writer.append(answer.events)
        appendReason(answer, to: &writer)
      case .goAway:
        appendHead(FrameKind.goAway, 4, answer, to: &writer)
        appendReason(answer, to: &writer)
      case .wait, .proceed, .receipt, .problem, .options, .topics, .pressure:
        require(false, "a framed connection owes frames")
      }
    }
  }

  /// The fixed part of a frame with so many bytes behind it.
  @inline(__always)
  private func appendHead(_ kind: UInt8, _ count: UInt32, _ answer: Answer, to writer: inout Writer) {
    writer.append(UInt32(FramedFront.countedHeadBytes) + count)
    writer.append(kind)
    writer.append(UInt8(0))
    writer.append(answer.topic)
    writer.append(answer.request)
  }

  /// A run of events: how many, where, and when the first was received.
  private func appendStored(_ answer: Answer, to writer: inout Writer) {
    let hasOffsets = answer.traits.contains(.hasOffsets)
    appendHead(FrameKind.stored, 36, answer, to: &writer)
    let isQuarantined = LaneID(rawValue: answer.lane).isSide
    writer.append(answer.events)
    writer.append(isQuarantined ? .max : answer.lane)
    writer.append(answer.clock)
    writer.append(UInt8(isQuarantined ? 1 : 0))
    writer.append(hasOffsets ? answer.first : .max)
    writer.append(hasOffsets ? answer.last : .max)
    writer.append(answer.receivedNs)
    writer.append(answer.errorNs)
  }

  private func appendReason(_ answer: Answer, to writer: inout Writer) {
    let isRetryable = answer.reason.row.isRetryable
    writer.append(answer.refusal)
    writer.append(UInt8(isRetryable ? 1 : 0))
    writer.append(isRetryable ? UInt16(clamping: retryAfterSeconds) : 0)
  }
}
