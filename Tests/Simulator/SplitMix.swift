/// The splitmix64 generator: same state, same numbers.
///
/// Source: Steele, Lea, Flood, OOPSLA 2014.
public struct SplitMix: RandomNumberGenerator, Sendable {
  var state: UInt64
  /// Starts from a seed.
  public init(seed: UInt64) { state = seed }
  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
  /// A number below `bound`, which is above 0.
  public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  /// Whether something happens that happens once in `count` times; never when that is 0.
  public mutating func once(in count: Int) -> Bool { count > 0 && below(count) == 0 }
}
