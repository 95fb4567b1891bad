import Formats
import Testing

struct ChecksumTests {
  /// One bit at a time, as the definition reads.
  func reference(_ bytes: ArraySlice<UInt8>, continuing seed: UInt32 = 0) -> UInt32 {
    var crc = ~seed
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    return ~crc
  }
  func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  @Test func `the check of the standard's digits is e3069283`() {
    let digits = Array("123456789".utf8)
    #expect(Checksum.crc32c(digits.span.bytes) == 0xE306_9283)
    // RFC 3720 B.4: 32 bytes of zeroes, of ones, rising and falling.
    let zeroes = [UInt8](repeating: 0, count: 32)
    let ones = [UInt8](repeating: 0xFF, count: 32)
    let rising = Array(UInt8(0)..<32)
    let falling = Array(rising.reversed())
    #expect(Checksum.crc32c(zeroes.span.bytes) == 0x8A91_36AA)
    #expect(Checksum.crc32c(ones.span.bytes) == 0x62A8_AB43)
    #expect(Checksum.crc32c(rising.span.bytes) == 0x46DD_794E)
    #expect(Checksum.crc32c(falling.span.bytes) == 0x113F_DB5C)
  }

  @Test func `every kernel agrees with the definition at every length and alignment`() {
    let bytes = noise(4096 + 16)
    let kernels = Checksum.Kernel.allCases.filter(\.isAvailable)
    #expect(kernels.contains(.portable))
    var expected = reference(bytes[0..<0], continuing: 0x1234_5678)
    var wrong = 0
    // The definition is slow: it goes on from length to length, once per alignment.
    for alignment in [0, 1, 3, 7, 8, 15] {
      expected = 0x1234_5678
      for length in 0...4096 {
        let part = bytes.span.bytes.extracting(alignment..<(alignment + length))
        for kernel in kernels where Checksum.crc32c(part, continuing: 0x1234_5678, by: kernel) != expected {
          wrong += 1
        }
        if Checksum.crc32c(part, continuing: 0x1234_5678) != expected { wrong += 1 }
        expected = reference(bytes[(alignment + length)..<(alignment + length + 1)], continuing: expected)
      }
    }
    #expect(wrong == 0)
  }

  @Test func `long buffers take every path to the same result`() {
    let bytes = noise(200_000)
    let expected = reference(bytes[...])
    for kernel in Checksum.Kernel.allCases where kernel.isAvailable {
      #expect(Checksum.crc32c(bytes.span.bytes, by: kernel) == expected, "\(kernel)")
    }
  }

  @Test func `two parts combine to the check of the whole`() {
    let bytes = noise(9000)
    let whole = Checksum.crc32c(bytes.span.bytes)
    for cut in [0, 1, 7, 64, 4096, 8999, 9000] {
      let first = Checksum.crc32c(bytes.span.bytes.extracting(0..<cut))
      let second = Checksum.crc32c(bytes.span.bytes.extracting(cut..<9000))
      #expect(Checksum.combine(first, second, secondBytes: 9000 - cut) == whole)
      #expect(Checksum.crc32c(bytes.span.bytes.extracting(cut..<9000), continuing: first) == whole)
    }
  }
}
