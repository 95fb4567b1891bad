internal import Bytes

/// The hash that Ethereum uses: Keccak with the padding that it had before it became SHA-3.
///
/// Source: the Keccak reference, version 3.0, §1.1 and §1.2.
struct Keccak256 {
  /// Five rows of five lanes; the lane (x, y) is at x + 5 y.
  private var lanes = InlineArray<25, UInt64>(repeating: 0)

  /// The digest of 40 bytes; the first byte is the lowest of the first lane.
  ///
  /// Cost: one permutation.
  static func digest(of message: InlineArray<40, UInt8>) -> InlineArray<4, UInt64> {
    var hash = Keccak256()
    for index in 0..<40 {
      hash.lanes[index &>> 3] |= UInt64(message[index]) &<< UInt64(truncatingIfNeeded: (index & 7) &* 8)
    }
    hash.lanes[5] = 0x01
    // The rate is 136 bytes: 17 lanes.
    hash.lanes[16] = 0x8000_0000_0000_0000
    for constant in 0..<24 { hash.round(Self.constants[constant]) }
    return [hash.lanes[0], hash.lanes[1], hash.lanes[2], hash.lanes[3]]
  }

  private mutating func round(_ constant: UInt64) {
    var parity = InlineArray<5, UInt64>(repeating: 0)
    for x in 0..<5 { parity[x] = lanes[x] ^ lanes[x &+ 5] ^ lanes[x &+ 10] ^ lanes[x &+ 15] ^ lanes[x &+ 20] }
    for x in 0..<5 {
      let change = parity[(x &+ 4) % 5] ^ Self.turn(parity[(x &+ 1) % 5], 1)
      for y in 0..<5 { lanes[x &+ 5 &* y] ^= change }
    }
    var moving = lanes[1]
    for step in 0..<24 {
      let next = lanes[Self.path[step]]
      lanes[Self.path[step]] = Self.turn(moving, Self.turns[step])
      moving = next
    }
    for row in 0..<5 {
      let base = 5 &* row
      let (first, second) = (lanes[base], lanes[base &+ 1])
      for x in 0..<3 { lanes[base &+ x] ^= ~lanes[base &+ x &+ 1] & lanes[base &+ x &+ 2] }
      lanes[base &+ 3] ^= ~lanes[base &+ 4] & first
      lanes[base &+ 4] ^= ~first & second
    }
    lanes[0] ^= constant
  }
  @inline(__always) private static func turn(_ lane: UInt64, _ bits: UInt64) -> UInt64 {
    lane &<< bits | lane &>> (64 &- bits & 63)
  }

  /// Lanes move along one path through all but the first: from (x, y) to (y, 2 x + 3 y), by numbers below 5.
  private static let path: InlineArray<24, Int> = [
    10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4,
    15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
  ]
  /// By how many bits they turn on it: the triangular numbers, below 64.
  private static let turns: InlineArray<24, UInt64> = [
    1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14,
    27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
  ]
  private static let constants: InlineArray<24, UInt64> = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
    0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
}
