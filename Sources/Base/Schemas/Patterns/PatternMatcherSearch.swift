internal import Glibc

/// The ways to search that are worth a call.
extension PatternMatcher {
  @usableFromInline @inline(never)
  func search(_ text: RawSpan, _ memory: inout PatternMemory) -> PatternOutcome {
    unsafe text.withUnsafeBytes { bytes in
      // An empty text has no address; any will do, since none of its bytes is read.
      let start = unsafe (bytes.baseAddress ?? table).assumingMemoryBound(to: UInt8.self)
      switch kind {
      case .literal: return unsafe literal(start, bytes.count) ? .found : .notFound
      case .automaton: return unsafe automaton(start, bytes.count) ? .found : .notFound
      default:
        return unsafe CompiledCode.search(self, start, bytes.count, memory)
      }
    }
  }

  private func literal(_ text: UnsafePointer<UInt8>, _ byteCount: Int) -> Bool {
    let wanted = Int(count)
    guard byteCount >= wanted else { return false }
    // SAFETY: the text has `byteCount` bytes, the literal `wanted`, of which there are no more.
    if endsAtEnd { return unsafe memcmp(text + (byteCount - wanted), table, wanted) == 0 }
    return unsafe wanted == 0 || memchr(text, Int32(table.load(as: UInt8.self)), byteCount) != nil
  }

  private func automaton(_ text: UnsafePointer<UInt8>, _ byteCount: Int) -> Bool {
    // SAFETY: `at` stays below `byteCount`; `table` has a class for each value of a byte; a row starts at `row`, since
    // rows are only reached through cells that hold starts of rows, and a class is one of its columns.
    let classes = unsafe table.assumingMemoryBound(to: UInt8.self)
    let rows = unsafe rest.assumingMemoryBound(to: UInt16.self)
    // The columns are one for each class and one for the end.
    let found = Int(count)
    var row = Int(initial)
    var at = 0
    // The first two rows are never left.
    while at < byteCount, row > found {
      row = unsafe Int(rows[row &+ Int(classes[Int(text[at])])])
      at &+= 1
    }
    return unsafe row == found || row > found && rows[row &+ found &- 1] != 0
  }
}
