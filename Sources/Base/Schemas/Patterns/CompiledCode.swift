internal import CPCRE2

/// A pattern as PCRE2 compiled it.
enum CompiledCode {
  /// Compiles what the translator wrote, to the processor's code where PCRE2 can.
  ///
  /// Whoever calls owns the code, and frees it.
  static func compile(_ translated: [UInt8]) throws(PatternFault) -> (code: OpaquePointer, isNative: Bool) {
    var error: Int32 = 0
    var offset = 0
    let context = unsafe pcre2_compile_context_create_8(nil)
    defer { unsafe pcre2_compile_context_free_8(context) }
    // The parser has bounded the nesting; each of its levels takes at most three of PCRE2's.
    _ = unsafe pcre2_set_parens_nest_limit_8(context, UInt32(PatternParser.depthMax * 3 + 10))
    let options = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOTALL | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C
    // SAFETY: the bytes outlive the call, which keeps none of them; they are UTF-8 as they are ASCII.
    let code = unsafe translated.withUnsafeBufferPointer { bytes in
      unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, options, &error, &offset, context)
    }
    guard let code = unsafe code else { throw PatternFault(at: 0, message(error)) }
    let isNative = unsafe pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) == 0
    return unsafe (code, isNative)
  }

  static func free(_ code: OpaquePointer) { unsafe pcre2_code_free_8(code) }

  /// Searches a text.
  ///
  /// The text is UTF-8: this isn't checked once more.
  static func search(
    _ code: OpaquePointer,
    isNative: Bool,
    _ text: UnsafePointer<UInt8>,
    _ count: Int,
    _ memory: borrowing PatternMemory
  ) -> PatternOutcome {
    // SAFETY: `text` has `count` bytes, and code and memory live for the call.
    let result =
      if isNative {
        unsafe pcre2_jit_match_8(code, text, count, 0, PCRE2_NO_UTF_CHECK, memory.matchData, memory.context)
      } else {
        unsafe pcre2_match_8(code, text, count, 0, PCRE2_NO_UTF_CHECK, memory.matchData, memory.context)
      }
    if result >= 0 { return .found }
    return result == PCRE2_ERROR_NOMATCH ? .notFound : .gaveUp
  }

  private static func message(_ error: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    // SAFETY: at most `count` bytes are written.
    let count = unsafe bytes.withUnsafeMutableBufferPointer { room in
      unsafe pcre2_get_error_message_8(error, room.baseAddress, room.count)
    }
    return "PCRE2 refuses the pattern: \(String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self))"
  }
}
