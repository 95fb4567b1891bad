extension [UInt8] {
  /// Appends ASCII text.
  mutating func append(_ text: StaticString) {
    // SAFETY: a static string's bytes live as long as the process.
    unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
  /// Appends a number of zero or more, with leading zeroes up to `digits`.
  mutating func append(decimal value: Int, digits: Int = 1) {
    var divisor = 1
    for _ in 1..<Swift.max(digits, 1) { divisor *= 10 }
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }
  /// Appends the low `digits` hexadecimal digits of a number, in lower case.
  mutating func append(hex value: UInt64, digits: Int) {
    for place in (0..<digits).reversed() {
      let digit = UInt8(value >> UInt64(4 * place) & 0xF)
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

/// The eight hexadecimal digits of a number, the first of them in the most significant byte.
///
/// The nibbles are spread over the bytes by three shifts and turned into letters by one addition: no table, no branch.
@inline(__always)
func hexadecimal(_ value: UInt32) -> UInt64 {
  var spread = UInt64(value)
  spread = spread & 0xFFFF | (spread & 0xFFFF_0000) &<< 16
  spread = spread & 0x0000_00FF_0000_00FF | (spread & 0x0000_FF00_0000_FF00) &<< 8
  spread = spread & 0x000F_000F_000F_000F | (spread & 0x00F0_00F0_00F0_00F0) &<< 4
  let letters = (spread &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
  return spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
}

/// A number with commas between groups of three digits.
func grouped(_ value: UInt64) -> String {
  let digits = Array(String(value))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}

/// A number with exactly `places` decimal places.
func fixed(_ value: Double, _ places: Int) -> String {
  guard value.isFinite else { return "0" }
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let scaled = (abs(value) * scale).rounded()
  let whole = UInt64(scaled / scale)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard places > 0 else { return sign + String(whole) }
  let rest = String(UInt64(scaled) - whole * UInt64(scale))
  return sign + String(whole) + "." + String(repeating: "0", count: places - rest.utf8.count) + rest
}

/// A duration in the unit that suits it, three digits that count.
func duration(_ durationNs: UInt64) -> String {
  let value = Double(durationNs)
  func rounded(_ value: Double) -> String { fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0) }
  if value < 1e3 { return "\(durationNs) ns" }
  if value < 999_500 { return rounded(value / 1e3) + " us" }
  if value < 999_500_000 { return rounded(value / 1e6) + " ms" }
  return rounded(value / 1e9) + " s"
}

/// Bytes a second in the unit that suits them.
func throughput(_ bytesPerSecond: Double) -> String {
  if bytesPerSecond < 1e6 { return fixed(bytesPerSecond / 1e3, 1) + " kB/s" }
  if bytesPerSecond < 1e9 { return fixed(bytesPerSecond / 1e6, 1) + " MB/s" }
  return fixed(bytesPerSecond / 1e9, 2) + " GB/s"
}

extension String {
  /// Filled up with spaces behind it.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
  /// Filled up with spaces before it.
  func aligned(_ width: Int) -> String { String(repeating: " ", count: Swift.max(0, width - count)) + self }

  /// As a JSON string, quotes included.
  var json: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default:
        if scalar.value < 0x20 {
          var digits: [UInt8] = []
          digits.append(hex: UInt64(scalar.value), digits: 4)
          text += "\\u" + String(decoding: digits, as: UTF8.self)
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    return text + "\""
  }
}
