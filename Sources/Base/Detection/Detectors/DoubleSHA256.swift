internal import Bytes

/// SHA-256 of the SHA-256 of a short message, as base58check uses it.
///
/// Its own, since libcrypto's one-shot function allocates at each call, and addresses have one block.
/// Source: FIPS 180-4 §6.2.
struct DoubleSHA256 {
  private var state: InlineArray<8, UInt32> = Self.initial
  /// The last 16 words of a block's schedule, which starts as the block.
  private var schedule = InlineArray<16, UInt32>(repeating: 0)

  /// The first four bytes of the digest of a message's first bytes.
  ///
  /// Cost: two blocks for up to 55 bytes, one more for each 64 beyond.
  static func check<let capacity: Int>(_ message: InlineArray<capacity, UInt8>, count: Int) -> UInt32 {
    require(count >= 0 && count <= capacity, "a message is within its array")
    var first = DoubleSHA256()
    var base = 0
    // The bit that ends a message and its length of eight bytes are padding.
    while base < count &+ 9 {
      for index in 0..<16 { first.schedule[index] = word(of: message, count, at: base &+ index &* 4) }
      if base &+ 64 >= count &+ 9 { first.schedule[15] = UInt32(truncatingIfNeeded: count &* 8) }
      first.mix()
      base &+= 64
    }
    var second = DoubleSHA256()
    for index in 0..<8 { second.schedule[index] = first.state[index] }
    second.schedule[8] = 0x8000_0000
    second.schedule[15] = 256
    second.mix()
    return second.state[0]
  }

  /// Four bytes of the padded message, without its length.
  private static func word<let capacity: Int>(
    of message: InlineArray<capacity, UInt8>,
    _ count: Int,
    at place: Int
  ) -> UInt32 {
    var word: UInt32 = 0
    for offset in place..<place &+ 4 {
      let byte: UInt8 = offset < count ? message[offset] : offset == count ? 0x80 : 0
      word = word &<< 8 | UInt32(byte)
    }
    return word
  }

  /// Takes in the block that the schedule's first words hold.
  private mutating func mix() {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let choice = e & f ^ ~e & g
      let large = Self.turn(e, 6) ^ Self.turn(e, 11) ^ Self.turn(e, 25)
      let first = h &+ large &+ choice &+ Self.constants[index] &+ schedule[index & 15]
      if index < 48 { extend(at: index) }
      let majority = a & b ^ a & c ^ b & c
      let second = (Self.turn(a, 2) ^ Self.turn(a, 13) ^ Self.turn(a, 22)) &+ majority
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ second)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }
  /// Puts a later word of the schedule, 16 behind, where one is no longer needed.
  @inline(__always) private mutating func extend(at index: Int) {
    let (early, late) = (schedule[(index &+ 1) & 15], schedule[(index &+ 14) & 15])
    let small = Self.turn(early, 7) ^ Self.turn(early, 18) ^ early &>> 3
    let large = Self.turn(late, 17) ^ Self.turn(late, 19) ^ late &>> 10
    schedule[index & 15] &+= small &+ schedule[(index &+ 9) & 15] &+ large
  }
  @inline(__always) private static func turn(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    word &>> bits | word &<< (32 &- bits)
  }

  private static let initial: InlineArray<8, UInt32> = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]
  private static let constants: InlineArray<64, UInt32> = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
    0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
    0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
    0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
    0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
    0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
    0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
  ]
}
