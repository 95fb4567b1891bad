internal import CPCRE2

/// A pattern as PCRE2 compiled it, and what its searches may cost.
///
/// PCRE2's match limit counts steps. What lies between two counts is bounded by the size of the code and by how many
/// characters it passes over in a row, which for a reference may be the text; so the limit is the smaller the larger
/// these are. `Docs/Decisions/0012-pcre2.md` has the measurements.
@safe struct CompiledCode {
  let code: OpaquePointer
  /// Whether PCRE2 made code for the processor; else its interpreter runs, which is some ten times slower.
  let isNative: Bool
  /// The match limit, before the row is taken into account.
  let limit: Int
  /// How many characters may be passed over between two counts; no more than the text has.
  let row: Int

  /// The match limit of small code: about 0.7 ms.
  static let limitMax = 400_000
  static let interpretedLimitMax = 40_000
  /// No search is given up before as many.
  static let limitMin = 2_000
  /// Bytes of code, and characters in a row, that cost about as much as one count.
  private static let sizeUnit = 1_024
  private static let rowUnit = 16

  /// Compiles a tree.
  ///
  /// Whoever calls owns the code, and frees it.
  init(_ tree: PatternTree) throws(PatternFault) {
    let translated = try PatternTranslator.translate(tree)
    var error: Int32 = 0
    var offset = 0
    let context = unsafe pcre2_compile_context_create_8(nil)
    defer { unsafe pcre2_compile_context_free_8(context) }
    // The parser has bounded the nesting; each of its levels takes at most three of PCRE2's.
    _ = unsafe pcre2_set_parens_nest_limit_8(context, UInt32(PatternParser.depthMax * 3 + 10))
    // Runs that are never stepped back into wouldn't be counted.
    let options =
      PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOTALL | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C
      | PCRE2_NO_AUTO_POSSESS
    // SAFETY: the bytes outlive the call, which keeps none of them; they are UTF-8 as they are ASCII.
    let code = unsafe translated.withUnsafeBufferPointer { bytes in
      unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, options, &error, &offset, context)
    }
    guard let code = unsafe code else { throw PatternFault(at: 0, CompiledCode.message(error)) }
    unsafe self.code = code
    isNative = unsafe pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) == 0
    var size = 0
    var lookbehind: UInt32 = 0
    // SAFETY: PCRE2 writes a `size_t` for the one question and a `uint32_t` for the other.
    unsafe _ = pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_SIZE), &size)
    unsafe _ = pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_MAXLOOKBEHIND), &lookbehind)
    let whole = isNative ? CompiledCode.limitMax : CompiledCode.interpretedLimitMax
    limit = whole * CompiledCode.sizeUnit / (CompiledCode.sizeUnit + size)
    row = tree.references.isEmpty ? PatternWidth().ofRow(tree.root) + Int(lookbehind) : Int(Int32.max)
  }

  static func free(_ code: OpaquePointer) { unsafe pcre2_code_free_8(code) }

  /// Searches a text, which is UTF-8: this isn't checked once more.
  static func search(
    _ matcher: PatternMatcher,
    _ text: UnsafePointer<UInt8>,
    _ count: Int,
    _ memory: borrowing PatternMemory
  ) -> PatternOutcome {
    // SAFETY: `table` is PCRE2's code in a matcher of this kind, which lives for the call as its memory does, and
    // `text` has `count` bytes.
    let code = unsafe OpaquePointer(matcher.table)
    let row = min(Int(matcher.count), count)
    let limit = max(limitMin, Int(matcher.initial) * rowUnit / (rowUnit + row))
    unsafe pcre2_set_match_limit_8(memory.context, UInt32(limit))
    let result =
      if matcher.endsAtEnd {
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
