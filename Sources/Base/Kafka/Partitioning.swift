internal import Bytes

/// Which partition a key belongs to, as Java's clients have it.
///
/// Source: `org.apache.kafka.common.utils.Utils.murmur2`, `BuiltInPartitioner.partitionForKey`.
public enum Partitioning {
  /// The partition of a key among so many: all count, led or not, so that a key stays where it is.
  public static func partition(of key: RawSpan, among count: Int32) -> Int32 {
    Int32(murmur2(key) & 0x7FFF_FFFF) % count
  }

  /// MurmurHash2 of 32 bits, little-endian, with Kafka's seed.
  public static func murmur2(_ bytes: RawSpan) -> UInt32 {
    let factor: UInt32 = 0x5BD1_E995
    let count = bytes.byteCount
    var hash = 0x9747_B28C ^ UInt32(truncatingIfNeeded: count)
    var place = 0
    while count &- place >= 4 {
      var four = bytes.integer(UInt32.self, at: place).byteSwapped &* factor
      four ^= four &>> 24
      hash = hash &* factor ^ four &* factor
      place &+= 4
    }
    if place < count {
      for rest in stride(from: count &- 1, through: place, by: -1) {
        hash ^= UInt32(bytes.byte(rest)) &<< UInt32(truncatingIfNeeded: 8 &* (rest &- place))
      }
      hash = hash &* factor
    }
    hash ^= hash &>> 13
    hash = hash &* factor
    return hash ^ hash &>> 15
  }
}
