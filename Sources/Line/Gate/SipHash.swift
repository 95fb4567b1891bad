internal import Bytes

/// A keyed hash that nobody without the key can steer: the two words of the key are drawn from entropy.
///
/// With 128 bits of result it is a message authentication code, so a match means the same bytes were hashed before.
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012 (SipHash-2-4, and its 128-bit variant).
public struct SipHash: Sendable {
  private let first: UInt64
  private let second: UInt64

  /// A hash under a key of 128 bits.
  public init(_ first: UInt64, _ second: UInt64) { (self.first, self.second) = (first, second) }

  /// 64 bits.
  public func hash(_ bytes: RawSpan) -> UInt64 {
    var state = State(first, second)
    state.absorb(bytes)
    state.v2 ^= 0xFF
    return state.squeeze()
  }
  /// 128 bits.
  public func tag(_ bytes: RawSpan) -> UInt128 {
    var state = State(first, second)
    state.v1 ^= 0xEE
    state.absorb(bytes)
    state.v2 ^= 0xEE
    let low = state.squeeze()
    state.v1 ^= 0xDD
    return UInt128(state.squeeze()) << 64 | UInt128(low)
  }

  // Inlined throughout, so that the four words stay in registers.
  private struct State {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    init(_ first: UInt64, _ second: UInt64) {
      v0 = first ^ 0x736F_6D65_7073_6575
      v1 = second ^ 0x646F_7261_6E64_6F6D
      v2 = first ^ 0x6C79_6765_6E65_7261
      v3 = second ^ 0x7465_6462_7974_6573
    }
    @inline(__always) mutating func absorb(_ bytes: RawSpan) {
      var offset = 0
      while offset &+ 8 <= bytes.byteCount {
        word(bytes.integer(UInt64.self, at: offset).byteSwapped)
        offset &+= 8
      }
      var last = UInt64(truncatingIfNeeded: bytes.byteCount) << 56
      var shift: UInt64 = 0
      while offset < bytes.byteCount {
        last |= UInt64(bytes.byte(offset)) << shift
        offset &+= 1
        shift &+= 8
      }
      word(last)
    }
    @inline(__always) mutating func squeeze() -> UInt64 {
      for _ in 0..<4 { round() }
      return v0 ^ v1 ^ v2 ^ v3
    }
    @inline(__always) private mutating func word(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }
    @inline(__always) private mutating func round() {
      v0 &+= v1
      v2 &+= v3
      v1 = rotated(v1, 13) ^ v0
      v3 = rotated(v3, 16) ^ v2
      v0 = rotated(v0, 32)
      v2 &+= v1
      v0 &+= v3
      v1 = rotated(v1, 17) ^ v2
      v3 = rotated(v3, 21) ^ v0
      v2 = rotated(v2, 32)
    }
    @inline(__always) private func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 {
      word &<< bits | word &>> (64 &- bits)
    }
  }
}
