/// The tables that matchers read, each in one allocation that starts at `table`.
extension PatternMatcher {
  private static let classesMax = 32

  /// `nil` where there are more classes than bits.
  init?(_ simple: SimplePattern) {
    if !simple.startsAtStart, let literal = simple.literal {
      // SAFETY: `count` bytes are written, at least one is allocated.
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(literal.count, 1), alignment: 8)
      for (at, byte) in literal.enumerated() {
        unsafe memory.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
      }
      let start = UnsafeRawPointer(memory)
      unsafe self.init(.literal, endsAtEnd: simple.endsAtEnd, count: literal.count, table: start, rest: start)
      return
    }
    let classes = simple.classes
    guard classes.count <= PatternMatcher.classesMax else { return nil }
    let fixed = simple.fixedCount.flatMap { $0 <= SimplePattern.bytesMax ? $0 : nil }
    let restBytes = fixed.map { $0 * 4 } ?? simple.steps.count * MemoryLayout<Step>.stride
    let tableBytes = 256 * 4
    // SAFETY: 256 words and then `restBytes` are allocated, and just as many are written.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: tableBytes + restBytes, alignment: 64)
    for byte in 0..<256 {
      var lacking: UInt32 = 0
      for (bit, members) in classes.enumerated() where !members.contains(UInt8(byte)) { lacking |= 1 << UInt32(bit) }
      unsafe memory.storeBytes(of: lacking, toByteOffset: byte * 4, as: UInt32.self)
    }
    var at = tableBytes
    for step in simple.steps {
      let mask: UInt32 = 1 << UInt32(classes.firstIndex(of: step.bytes)!)
      if fixed != nil {
        for _ in 0..<step.minimum {
          unsafe memory.storeBytes(of: mask, toByteOffset: at, as: UInt32.self)
          at += 4
        }
      } else {
        let room = step.maximum == Int.max ? UInt32.max : UInt32(clamping: step.maximum - step.minimum)
        let step = Step(mask: mask, minimum: UInt32(step.minimum), room: room)
        unsafe memory.storeBytes(of: step, toByteOffset: at, as: Step.self)
        at += MemoryLayout<Step>.stride
      }
    }
    unsafe self.init(
      fixed != nil ? .places : .steps,
      endsAtEnd: simple.endsAtEnd,
      count: fixed ?? simple.steps.count,
      table: UnsafeRawPointer(memory),
      rest: UnsafeRawPointer(memory + tableBytes)
    )
  }

  init(_ automaton: PatternAutomaton) {
    // SAFETY: 256 bytes and then two for each cell are allocated, and just as many are written.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 256 + automaton.rows.count * 2, alignment: 64)
    for (byte, number) in automaton.classes.enumerated() {
      unsafe memory.storeBytes(of: number, toByteOffset: byte, as: UInt8.self)
    }
    for (cell, next) in automaton.rows.enumerated() {
      unsafe memory.storeBytes(of: next, toByteOffset: 256 + cell * 2, as: UInt16.self)
    }
    unsafe self.init(
      .automaton,
      count: automaton.stride,
      initial: Int(automaton.initial),
      table: UnsafeRawPointer(memory),
      rest: UnsafeRawPointer(memory + 256)
    )
  }

  /// The code becomes the pattern's own.
  init(_ code: CompiledCode) {
    let address = unsafe UnsafeRawPointer(code.code)
    unsafe self.init(
      .code,
      endsAtEnd: code.isNative,
      count: min(code.row, Int(Int32.max)),
      initial: code.limit,
      table: address,
      rest: address
    )
  }

  /// Ends what `table` leads to; nobody uses the matcher or a copy any more.
  func deallocate() {
    // SAFETY: the pointers are PCRE2's code, or one allocation that starts at `table`.
    if kind == .code { unsafe CompiledCode.free(OpaquePointer(table)) } else { unsafe table.deallocate() }
  }
}
