public import Bytes
public import Events

/// The lines that are whole, without the CR at their ends; empty ones are nothing.
@frozen @usableFromInline struct LineRun: EventRun, ~Escapable {
  @usableFromInline let text: RawSpan
  @usableFromInline let eventBytesMax: Int

  @_lifetime(copy text)
  @inline(__always) init(_ text: RawSpan, eventBytesMax: Int) {
    (self.text, self.eventBytesMax) = (text, eventBytesMax)
  }

  @inlinable @inline(__always) func payload(at offset: Int) -> Range<Int>? {
    var start = offset
    // What ends the line before, and empty lines.
    while start < text.byteCount, text.byte(start) == 0x0A || text.startsWithLineEnd(from: start) { start &+= 1 }
    guard let feed = text.first(0x0A, from: start) else { return nil }
    let end = text.byte(feed &- 1) == 0x0D ? feed &- 1 : feed
    guard end &- start <= eventBytesMax else { return nil }
    // Neither LF nor CR LF stands at the start, so the end is behind it.
    return start..<end
  }
}

extension RawSpan {
  /// Whether CR LF stands at `offset`.
  @inlinable func startsWithLineEnd(from offset: Int) -> Bool {
    byteCount &- offset > 1 && byte(offset) == 0x0D && byte(offset &+ 1) == 0x0A
  }
}
