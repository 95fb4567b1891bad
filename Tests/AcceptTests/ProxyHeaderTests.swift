import Accept
import Bytes
import Testing

private func read(_ bytes: [UInt8]) -> ProxyHeader { ProxyHeader.read(bytes.span.bytes) }
private func read(_ text: String) -> ProxyHeader { read(Array(text.utf8)) }

private func ipv4(_ address: UInt32) -> UInt128 { 0xFFFF << 32 | UInt128(address) }
private let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

/// A header of version 2.
private func block(_ kind: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
  let length = length ?? body.count
  return signature + [kind, family, UInt8(length >> 8), UInt8(length & 255)] + body
}
private let tcp4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xDC, 0x04, 0x01, 0xBB]
private let source6: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [7]
private let tcp6 = source6 + source6.reversed() + [0x00, 0x50, 0x01, 0xBB]

/// Headers that are right, with what they say.
private let right: [(bytes: [UInt8], source: ProxiedSource?)] = [
  (
    Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".utf8),
    ProxiedSource(address: ipv4(0xC000_0201), port: 56_324)
  ),
  (
    Array("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n".utf8),
    ProxiedSource(address: ipv4(0xFFFF_FFFF), port: 65_535)
  ),
  (
    Array("PROXY TCP6 2001:db8::7 ::1 80 443\r\n".utf8), ProxiedSource(address: 0x2001_0DB8 << 96 | 7, port: 80)
  ),
  (
    Array(
      "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n".utf8
    ),
    ProxiedSource(address: .max, port: 65_535)
  ),
  (Array("PROXY UNKNOWN\r\n".utf8), nil),
  (
    Array(
      "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"
        .utf8
    ), nil
  ),
  (block(0x21, 0x11, tcp4), ProxiedSource(address: ipv4(0xC000_0201), port: 56_324)),
  (block(0x21, 0x21, tcp6), ProxiedSource(address: 0x2001_0DB8 << 96 | 7, port: 80)),
  (
    block(0x21, 0x11, tcp4 + [0x04, 0, 3, 1, 2, 3]), ProxiedSource(address: ipv4(0xC000_0201), port: 56_324)
  ),
  (
    block(0x21, 0x11, tcp4 + [UInt8](repeating: 9, count: 4068)),
    ProxiedSource(address: ipv4(0xC000_0201), port: 56_324)
  ),
  (block(0x20, 0x00, []), nil), (block(0x20, 0x11, tcp4), nil), (block(0x20, 0x21, []), nil),
  (block(0x21, 0x00, []), nil), (block(0x21, 0x00, [1, 2, 3]), nil), (block(0x21, 0x12, tcp4), nil),
  (block(0x21, 0x10, tcp4), nil), (block(0x21, 0x31, [UInt8](repeating: 0x2F, count: 216)), nil),
]

@Suite struct ProxyHeaderTests {
  @Test(arguments: 0..<right.count)
  func `a header says where a connection comes from, whatever follows it`(index: Int) {
    let (bytes, source) = right[index]
    #expect(read(bytes) == .complete(source, byteCount: bytes.count))
    #expect(read(bytes + Array("\u{16}\u{3}\u{1}PROXY\r\n".utf8)) == .complete(source, byteCount: bytes.count))
  }

  @Test(arguments: 0..<right.count)
  func `a header cut anywhere needs more, and never more than it has`(index: Int) {
    let bytes = right[index].bytes
    for count in 0..<bytes.count {
      guard case .needs(let needed) = read(Array(bytes[..<count])) else {
        Issue.record("cut at \(count): \(read(Array(bytes[..<count])))")
        continue
      }
      #expect(needed > count && needed <= bytes.count, "cut at \(count)")
    }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n", ProxyHeaderMistake.signature), ("\u{16}\u{3}\u{1}", .signature), ("PROXX", .signature),
    ("proxy TCP4", .signature), ("PROXYTCP4", .signature), ("POST /v1", .signature), ("\r\n\r\nQ", .signature),
    ("PROXY TCP5 ", .family), ("PROXY UDP4", .family), ("PROXY  TCP4", .family), ("PROXY tcp4", .family),
    ("PROXY UNKNOWNX\r\n", .line), ("PROXY UNKNOWN\n", .line), ("PROXY TCP4 \r\n", .line), ("PROXY\r\n", .signature),
    ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", .line), ("PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", .address),
    ("PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", .address), ("PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", .address),
    ("PROXY TCP4 1.2.3.4  1.2.3.4 1 1\r\n", .address), ("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", .address),
    ("PROXY TCP4 1.2.3.4 1.2.3.4.5 1 1\r\n", .address), ("PROXY TCP4 1.2.3.4 1.2.3 1 1\r\n", .address),
    ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", .port), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", .port),
    ("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", .port), ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", .port),
    ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", .port), ("PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", .port),
    ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n", .port), ("PROXY TCP4 1.2.3.4 1.2.3.4 111111 1\r\n", .port),
    ("PROXY TCP4 ::1 ::1 1 1\r\n", .address), ("PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", .address),
    ("PROXY TCP4 1.2.3.4\r1.2.3.4 1 1\r\n", .address), ("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n", .address),
  ])
  func `what is no header is told why`(text: String, mistake: ProxyHeaderMistake) {
    #expect(read(text) == .malformed(mistake))
  }

  @Test(
    arguments: [
      ("::", 0), ("::1", 1), ("1::", 1 << 112), ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008),
      ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
      ("::2:3:4:5:6:7:8", 0x2_0003_0004_0005_0006_0007_0008),
      ("AbCd::eF", 0xABCD << 112 | 0xEF), ("::ffff:c000:201", 0xFFFF_C000_0201), ("0:0:0:0:0:0:0:0", 0),
    ] as [(String, UInt128)]
  )
  func `an IPv6 address is read in each of its forms`(text: String, address: UInt128) {
    let line = "PROXY TCP6 \(text) ::1 1 2\r\n"
    #expect(read(line) == .complete(ProxiedSource(address: address, port: 1), byteCount: line.utf8.count), "\(text)")
  }

  @Test(arguments: [
    "", ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", "1::2::3", "12345::",
    "g::", "::1.2.3.4", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "[::1]", "::1%eth0", "1:::2",
    "1::2:",
  ])
  func `what is no IPv6 address is refused`(text: String) {
    #expect(read("PROXY TCP6 \(text) ::1 1 2\r\n") == .malformed(.address))
    #expect(read("PROXY TCP6 ::1 \(text) 1 2\r\n") == .malformed(.address))
  }

  @Test func `a line has 107 bytes at most`() {
    let start = "PROXY UNKNOWN "
    func line(_ count: Int) -> [UInt8] {
      Array((start + String(repeating: "x", count: count - start.utf8.count - 2) + "\r\n").utf8)
    }
    #expect(read(line(107)) == .complete(nil, byteCount: 107))
    #expect(read(line(108)) == .malformed(.length))
    #expect(read(line(108).dropLast()) == .malformed(.length))
    #expect(read(line(107).dropLast()) == .needs(byteCount: 107))
  }

  @Test(
    arguments: [
      (block(0x11, 0x11, tcp4), ProxyHeaderMistake.version), (block(0x31, 0x11, tcp4), .version),
      (block(0x22, 0x11, tcp4), .command), (block(0x2F, 0x11, tcp4), .command), (block(0x21, 0x41, tcp4), .family),
      (block(0x21, 0x13, tcp4), .family), (block(0x20, 0xF1, []), .family),
      (block(0x21, 0x11, Array(tcp4.dropLast())), .length),
      (block(0x21, 0x21, Array(tcp6.dropLast())), .length),
      (block(0x21, 0x31, [UInt8](repeating: 0, count: 215)), .length), (block(0x21, 0x11, tcp4, length: 4081), .length),
      (block(0x20, 0x00, [], length: 65_535), .length),
    ] as [([UInt8], ProxyHeaderMistake)]
  )
  func `a block that is wrong is told at once`(bytes: [UInt8], mistake: ProxyHeaderMistake) {
    #expect(read(bytes) == .malformed(mistake))
    // The fixed part says so: nobody has to wait for the rest.
    #expect(read(Array(bytes.prefix(16))) == .malformed(mistake))
  }

  @Test func `a block has 4096 bytes at most`() {
    #expect(read(block(0x21, 0x11, tcp4, length: 4080)) == .needs(byteCount: 4096))
    #expect(read(block(0x21, 0x11, tcp4, length: 4081)) == .malformed(.length))
  }

  @Test(arguments: UInt64(1)...40)
  func `whatever comes, the answer is within its bounds and stays the same with more bytes`(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let tokens = ["PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", "::", "1.2.3.4", " 65535", "ffff:", "\0", "\n"].map {
      Array($0.utf8)
    }
    for _ in 0..<400 {
      var bytes = right[random(right.count)].bytes
      for _ in 0...random(4) {
        let place = random(bytes.count + 1)
        switch random(4) {
        case 0 where place < bytes.count: bytes[place] = UInt8(random(256))
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + random(8)))
        case 2: bytes.insert(contentsOf: tokens[random(tokens.count)], at: place)
        default: bytes.insert(UInt8(random(256)), at: place)
        }
      }
      var settled: ProxyHeader?
      for count in 0...min(bytes.count, 300) {
        let answer = read(Array(bytes[..<count]))
        if let settled {
          #expect(answer == settled, "\(bytes.prefix(count))")
        } else if case .needs(let needed) = answer {
          #expect(needed > count && needed <= 4096)
        } else {
          if case .complete(_, let byteCount) = answer { #expect(byteCount == count, "\(bytes.prefix(count))") }
          settled = answer
        }
      }
    }
  }
}
