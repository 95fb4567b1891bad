/// Makes gzip bodies without a compressor: stored blocks for text, one repeated byte for what expands.
///
/// Source: RFC 1951, RFC 1952.
enum Gzip {
  static func stored(_ text: String) -> [UInt8] { stored(Array(text.utf8)) }
  static func stored(_ content: [UInt8]) -> [UInt8] {
    let count = UInt16(content.count)
    let block: [UInt8] = [1, UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8)]
    return member(block + content, content)
  }
  /// `byte` once and then `runs` times 258 more of it, two bytes or so a run.
  static func repeated(_ byte: UInt8, runs: Int) -> [UInt8] {
    var bits: [UInt8] = [1, 1, 0]  // last block; fixed codes
    func code(_ value: Int, _ count: Int) { for bit in (0..<count).reversed() { bits.append(UInt8(value >> bit & 1)) } }
    code(0x30 + Int(byte), 8)
    for _ in 0..<runs {
      code(0xC0 + 285 - 280, 8)
      code(0, 5)
    }
    code(0, 7)
    var deflated: [UInt8] = []
    for start in stride(from: 0, to: bits.count, by: 8) {
      deflated.append((start..<min(start + 8, bits.count)).reduce(0) { $0 | bits[$1] << UInt8($1 - start) })
    }
    return member(deflated, Array(repeating: byte, count: 1 + 258 * runs))
  }
  static func member(_ deflated: [UInt8], _ content: [UInt8]) -> [UInt8] {
    func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> ($0 * 8) & 0xFF) } }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + deflated + little(crc(content)) + little(UInt32(content.count))
  }
  static func crc(_ content: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in content {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
  static func post(_ body: [UInt8], type: String = "application/x-ndjson", _ more: [String] = []) -> [UInt8] {
    let fields = ["Host: h", "Content-Type: \(type)", "Content-Encoding: gzip", "Content-Length: \(body.count)"] + more
    return Array(("POST /v1/events/temps HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n").utf8) + body
  }
  static func chunked(_ body: [UInt8], size: Int, type: String = "application/x-ndjson") -> [UInt8] {
    let fields = ["Host: h", "Content-Type: \(type)", "Content-Encoding: gzip", "Transfer-Encoding: chunked"]
    var text = Array(("POST /v1/events/temps HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
    for start in stride(from: 0, to: body.count, by: size) {
      let piece = body[start..<min(start + size, body.count)]
      text += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
    }
    return text + Array("0\r\n\r\n".utf8)
  }
}
