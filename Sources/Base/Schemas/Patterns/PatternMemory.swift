internal import Bytes
internal import CPCRE2

/// What a search came to.
public enum PatternOutcome: UInt8, Sendable {
  case found
  case notFound
  /// The search was given up at a limit, so nothing is known.
  case gaveUp
}

/// What searches need per thread: PCRE2's places of matches, its limits and its stack.
///
/// Shape: 1 MiB of stack, whose pages are taken as they are used; allocated once.
@safe public struct PatternMemory: ~Copyable {
  /// The stack of PCRE2's native code: this is used up by some 60,000 rounds of a repetition that can be gone back to.
  static let stackBytes = 1 << 20
  /// How deep and how large PCRE2's interpreter may grow, which runs what has no native code.
  static let depthLimit: UInt32 = 2_000
  static let heapLimitKiB: UInt32 = 1_024

  let matchData: OpaquePointer
  let context: OpaquePointer
  private let stack: OpaquePointer?

  /// Allocates everything.
  public init() {
    let data = unsafe pcre2_match_data_create_8(1, nil)
    let limits = unsafe pcre2_match_context_create_8(nil)
    guard let data = unsafe data, let limits = unsafe limits else { broken("memory for searches can be had") }
    unsafe matchData = data
    unsafe context = limits
    unsafe stack = pcre2_jit_stack_create_8(PatternMemory.stackBytes, PatternMemory.stackBytes, nil)
    unsafe pcre2_set_depth_limit_8(limits, PatternMemory.depthLimit)
    unsafe pcre2_set_heap_limit_8(limits, PatternMemory.heapLimitKiB)
    // SAFETY: the stack lives as long as the context: both end in `deinit`. Without one, PCRE2 takes 32 KiB of the
    // thread's.
    unsafe pcre2_jit_stack_assign_8(limits, nil, stack.map { unsafe UnsafeMutableRawPointer($0) })
  }
  deinit {
    unsafe pcre2_match_data_free_8(matchData)
    unsafe pcre2_match_context_free_8(context)
    unsafe pcre2_jit_stack_free_8(stack)
  }
}
