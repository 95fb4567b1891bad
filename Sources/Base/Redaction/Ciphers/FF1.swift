internal import Bytes
internal import COpenSSL

/// Exchanges words of an alphabet for words of the same alphabet and length, one for one.
///
///     A  B          the word's halves, as numbers
///     B  A + f(B)   ten times, f from AES and the tweak
///
/// The halves have 128 bits at the most: 76 digits, 48 of 36 letters and digits, 42 of 62. Source: NIST SP 800-38G
/// §5.2, algorithms 7 and 8.
struct FF1 {
  /// Symbols of a word at the most.
  static let symbolsMax = 76
  /// Words that an alphabet has at least.
  ///
  /// Source: SP 800-38G revision 1, §5.2.
  static let wordsMin: UInt128 = 1_000_000

  /// Numbers that the left half may have, and the right one.
  private let leftSize: UInt128
  private let rightSize: UInt128
  /// Bytes of a half as a number.
  private let numberBytes: Int
  private let radix: UInt32
  private let count: Int
  /// AES's state behind what is the same in every round.
  private var state: UInt128 = 0
  /// What of the tweak shares a block with the number of the round.
  private var tail: UInt128 = 0

  /// A way to exchange words of `count` symbols; `nil` when there are too few such words, or halves are too large.
  init?(radix: UInt32, count: Int, tweak: RawSpan, _ cipher: borrowing BlockCipher) {
    require(radix >= 2 && radix <= 1 << 16, "an alphabet has its size")
    guard count >= 2, count <= Self.symbolsMax else { return nil }
    let left = count / 2
    guard let leftSize = Self.power(radix, left) else { return nil }
    let (product, isTooLarge) = leftSize.multipliedReportingOverflow(by: UInt128(radix))
    guard count % 2 == 0 || !isTooLarge else { return nil }
    let rightSize = count % 2 == 0 ? leftSize : product
    guard rightSize <= UInt128.max / 2, rightSize >= Self.wordsMin || leftSize &* rightSize >= Self.wordsMin else {
      return nil
    }
    (self.leftSize, self.rightSize, self.radix, self.count) = (leftSize, rightSize, radix, count)
    numberBytes = (128 - (rightSize - 1).leadingZeroBitCount + 7) / 8
    begin(tweak, cipher)
  }
  private static func power(_ radix: UInt32, _ exponent: Int) -> UInt128? {
    var rest = exponent
    var low: UInt64 = 1
    while rest > 0 {
      let (product, isTooLarge) = low.multipliedReportingOverflow(by: UInt64(radix))
      guard !isTooLarge else { break }
      (low, rest) = (product, rest &- 1)
    }
    var power = UInt128(low)
    while rest > 0 {
      let (product, isTooLarge) = power.multipliedReportingOverflow(by: UInt128(radix))
      guard !isTooLarge else { return nil }
      (power, rest) = (product, rest &- 1)
    }
    return power
  }

  /// Feeds the parameters and the tweak, all of it that does not share a block with the number of the round.
  private mutating func begin(_ tweak: RawSpan, _ cipher: borrowing BlockCipher) {
    let length = tweak.byteCount
    var block: UInt128 = 0x01_02_01 << 104 | UInt128(radix) << 80 | 0x0A << 72
    block |= UInt128(count / 2 & 0xFF) << 64 | UInt128(count) << 32 | UInt128(length)
    state = cipher.encrypted(block)
    let padding = (16 - (length + numberBytes + 1) % 16) % 16
    let constantBytes = length + padding
    (block, tail) = (0, 0)
    for place in 0..<constantBytes {
      block = block << 8 | UInt128(place < length ? tweak.byte(place) : 0)
      guard place % 16 == 15 else { continue }
      state = cipher.encrypted(state ^ block)
      block = 0
    }
    tail = block
  }

  /// Exchanges the word for another, or back.
  ///
  /// Cost: eleven blocks of AES for words whose halves have less than 56 bits.
  func exchange(
    _ symbols: inout InlineArray<76, UInt8>,
    isBack: Bool,
    _ cipher: borrowing BlockCipher
  ) {
    let middle = count / 2
    if numberBytes < 8 {
      let left = Self.number(symbols, 0..<middle, UInt64(radix))
      let right = Self.number(symbols, middle..<count, UInt64(radix))
      let halves = rounds((left, right), isBack: isBack, cipher)
      store(halves.0, &symbols, 0..<middle)
      store(halves.1, &symbols, middle..<count)
    } else {
      let left = Self.number(symbols, 0..<middle, UInt128(radix))
      let right = Self.number(symbols, middle..<count, UInt128(radix))
      let halves = longRounds((left, right), isBack: isBack, cipher)
      store(halves.0, &symbols, 0..<middle)
      store(halves.1, &symbols, middle..<count)
    }
  }

  /// The rounds for halves that share one block with the tweak's end and the number of the round.
  private func rounds(
    _ halves: (UInt64, UInt64),
    isBack: Bool,
    _ cipher: borrowing BlockCipher
  ) -> (UInt64, UInt64) {
    let shift = UInt64(8 * numberBytes)
    let constant = state ^ (tail &<< UInt128(8 * numberBytes &+ 8))
    let sizes = (UInt64(truncatingIfNeeded: leftSize), UInt64(truncatingIfNeeded: rightSize))
    var (left, right) = halves
    for step in 0..<10 {
      let round = isBack ? 9 &- step : step
      let size = round & 1 == 0 ? sizes.0 : sizes.1
      let block = UInt64(truncatingIfNeeded: round) &<< shift | (isBack ? left : right)
      let bits = cipher.encrypted(constant ^ UInt128(block))
      let high = UInt64(truncatingIfNeeded: bits &>> 64)
      var addend = high % size
      // Above four bytes there are four bytes more to be counted in.
      if numberBytes > 4 {
        let (low, top) = (high &<< 32 | UInt64(truncatingIfNeeded: bits &>> 32) & 0xFFFF_FFFF, high &>> 32)
        addend = size.dividingFullWidth((top % size, low)).remainder
      }
      if isBack {
        (left, right) = (right >= addend ? right &- addend : right &+ size &- addend, left)
      } else {
        let sum = left &+ addend
        (left, right) = (right, sum >= size ? sum &- size : sum)
      }
    }
    return (left, right)
  }

  /// The rounds for all other halves.
  private func longRounds(
    _ halves: (UInt128, UInt128),
    isBack: Bool,
    _ cipher: borrowing BlockCipher
  ) -> (UInt128, UInt128) {
    var (left, right) = halves
    for step in 0..<10 {
      let round = isBack ? 9 - step : step
      let size = round & 1 == 0 ? leftSize : rightSize
      let addend = addend(round, isBack ? left : right, size, cipher)
      if isBack {
        (left, right) = (right >= addend ? right - addend : right + size - addend, left)
      } else {
        let sum = left + addend
        (left, right) = (right, sum >= size ? sum - size : sum)
      }
    }
    return (left, right)
  }
  /// What a round adds to one half, made of the other.
  private func addend(_ round: Int, _ half: UInt128, _ size: UInt128, _ cipher: borrowing BlockCipher) -> UInt128 {
    let first: UInt128
    if numberBytes < 16 {
      let block = (tail << 8 | UInt128(round)) << UInt128(8 * numberBytes) | half
      first = cipher.encrypted(state ^ block)
    } else {
      first = cipher.encrypted(cipher.encrypted(state ^ (tail << 8 | UInt128(round))) ^ half)
    }
    let wanted = (numberBytes + 3) / 4 * 4 + 4
    if wanted <= 16 { return (first >> UInt128(128 - 8 * wanted)) % size }
    let second = cipher.encrypted(first ^ 1)
    return size.dividingFullWidth((first >> 96, first << 32 | second >> 96)).remainder
  }

  @inline(__always) private static func number<Number: FixedWidthInteger>(
    _ symbols: borrowing InlineArray<76, UInt8>,
    _ range: Range<Int>,
    _ radix: Number
  ) -> Number {
    var number: Number = 0
    for place in range { number = number &* radix &+ Number(truncatingIfNeeded: symbols[place]) }
    return number
  }
  private func store(_ number: UInt128, _ symbols: inout InlineArray<76, UInt8>, _ range: Range<Int>) {
    var rest = number
    var end = range.upperBound
    while end > range.lowerBound, rest > UInt128(UInt64.max) {
      end &-= 1
      symbols[end] = UInt8(truncatingIfNeeded: rest % UInt128(radix))
      rest /= UInt128(radix)
    }
    store(UInt64(truncatingIfNeeded: rest), &symbols, range.lowerBound..<end)
  }
  /// Symbols of a number, by a division that the compiler knows for the alphabets that tokens have.
  private func store(_ number: UInt64, _ symbols: inout InlineArray<76, UInt8>, _ range: Range<Int>) {
    switch radix {
    case 10: Self.store(number, &symbols, range, 10)
    case 36: Self.store(number, &symbols, range, 36)
    case 62: Self.store(number, &symbols, range, 62)
    default: Self.store(number, &symbols, range, UInt64(radix))
    }
  }
  @inline(__always) private static func store(
    _ number: UInt64,
    _ symbols: inout InlineArray<76, UInt8>,
    _ range: Range<Int>,
    _ radix: UInt64
  ) {
    var rest = number
    var place = range.upperBound
    while place > range.lowerBound {
      place &-= 1
      symbols[place] = UInt8(truncatingIfNeeded: rest % radix)
      rest /= radix
    }
  }
}

/// AES of single blocks, whose key is set; it belongs to somebody else.
@safe struct BlockCipher: ~Copyable {
  private let context: OpaquePointer

  /// Lends a cipher; it lives as long as its owner.
  init(_ context: OpaquePointer) { unsafe self.context = unsafe context }

  /// A block, the first byte in the highest place.
  @inline(__always) func encrypted(_ block: UInt128) -> UInt128 {
    var bytes = block.bigEndian
    // SAFETY: the cipher reads and writes the 16 bytes of one block.
    let isDone = unsafe withUnsafeMutableBytes(of: &bytes) {
      unsafe cipher_block(context, $0.baseAddress!.assumingMemoryBound(to: UInt8.self))
    }
    require(isDone == 1, "the library encrypts a block")
    return UInt128(bigEndian: bytes)
  }
}
