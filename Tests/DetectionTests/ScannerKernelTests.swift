import Bytes
import CKernels
import Testing

@testable import Detection

/// The pass that marks what each byte is, in all of its ways.
@Suite struct ScannerKernelTests {
  private static let kinds = (0..<KERNEL_TEXT_KINDS.rawValue).map { kernel_text_kind($0) }
  /// Holds `@`, `%` and NUL.
  private static let wanted: kernel_text_set = {
    var set = kernel_text_set()
    for byte in [UInt8(ascii: "@"), UInt8(ascii: "%"), 0] {
      let bit: UInt64 = 1 << (UInt64(byte & 7) * 8 + UInt64(byte >> 4))
      if byte & 8 == 0 { set.first_rows |= bit } else { set.last_rows |= bit }
    }
    return set
  }()

  @Test func `every way to mark tells each byte by what it is`() {
    var random = FixedRandom()
    for count in Array(0...200) + [1_000, 4_096] {
      let text = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      for kind in Self.kinds where kernel_text_has(kind) {
        let blocks = mark(text, kind)
        for (place, byte) in text.enumerated() { #expect(matches(blocks[place / 64], place % 64, byte)) }
        guard let last = blocks.last, count % 64 != 0 else { continue }
        let all = last.tokens | last.digits | last.hex | last.high | last.wanted
        #expect(all >> UInt64(count % 64) == 0, "nothing is marked behind the end")
      }
    }
  }

  @Test func `a token is found whole wherever it stands and however long it is`() {
    let email = "a.b@example.org"
    var scanner = TextScanner(textBytesMax: 4_096)
    for before in 0..<200 {
      let text = Array((String(repeating: "x", count: before) + " " + email + " " + "y").utf8)
      #expect(scanner.scan(text.span.bytes, name: .none, profile: DetectionProfile()) == 1)
      #expect(scanner[0].range == (before + 1)..<(before + 1 + email.count))
    }
  }

  private func mark(_ text: [UInt8], _ kind: kernel_text_kind) -> [kernel_text_block] {
    var blocks = [kernel_text_block](repeating: kernel_text_block(), count: (text.count + 63) / 64)
    var wanted = Self.wanted
    kernel_text_mark_by(kind, text, text.count, &wanted, &blocks)
    return blocks
  }
  private func matches(_ block: kernel_text_block, _ bit: Int, _ byte: UInt8) -> Bool {
    let letter = Character(Unicode.Scalar(byte))
    let isToken = byte >= 0x80 || letter.isLetter || letter.isNumber
    let isHex = byte < 0x80 && letter.isHexDigit
    return (block.tokens >> UInt64(bit) & 1 == 1) == isToken
      && (block.digits >> UInt64(bit) & 1 == 1) == (byte < 0x80 && letter.isNumber)
      && (block.hex >> UInt64(bit) & 1 == 1) == isHex
      && (block.high >> UInt64(bit) & 1 == 1) == (byte >= 0x80)
      && (block.wanted >> UInt64(bit) & 1 == 1) == [UInt8(ascii: "@"), UInt8(ascii: "%"), 0].contains(byte)
  }
}
