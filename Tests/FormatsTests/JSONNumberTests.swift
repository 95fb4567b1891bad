import Bytes
import Testing

@testable import Formats

/// Numbers to the last digit.
@Suite struct JSONNumberTests {
  private struct Text {
    let bytes: [UInt8]
    init(_ text: String) { bytes = Array(text.utf8) }
    func number() throws -> JSONNumber {
      var marks = JSONMarks(bytesMax: 4096, limits: JSONLimits())
      var reader = try marks.reader(of: bytes.span.bytes)
      return try reader.readNumber()
    }
  }
  private func compare(_ left: String, _ right: String) throws -> Int {
    let (left, right) = (Text(left), Text(right))
    return JSONNumber.compare(
      try left.number(),
      in: left.bytes.span.bytes,
      to: try right.number(),
      in: right.bytes.span.bytes
    )
  }

  @Test(arguments: [
    ("1", "1.0", 0), ("10", "1e1", 0), ("1e400", "1e401", -1), ("-1e400", "-1e401", 1), ("0", "-0", 0),
    ("0e5", "0.00", 0), ("9007199254740993", "9007199254740992", 1),
    ("0.1", "0.10000000000000000000000000001", -1),
    ("123456789012345678901234567890", "123456789012345678901234567890.0", 0),
    ("123456789012345678901234567891", "123456789012345678901234567890", 1),
    ("-123456789012345678901234567891", "-123456789012345678901234567890", -1),
    ("1e-400", "0", 1), ("-1e-400", "0", -1),
    ("99", "1e2", -1), ("999999999999999999", "1e18", -1), ("1000000000000000000", "1e18", 0),
    ("1", "-1", 1),
    ("0.001", "1e-3", 0), ("120e-1", "12", 0), ("100000000000000000000e-20", "1", 0),
    ("0.000000000000000000001", "1e-21", 0), ("5", "0.5e1", 0), ("1e999999999999999999999", "1e3", 1),
  ])
  func `numbers are compared to the last digit`(left: String, right: String, result: Int) throws {
    #expect(try compare(left, right) == result)
    #expect(try compare(right, left) == -result)
    let (left, right) = (Text(left), Text(right))
    let isSame =
      try left.number().hash(in: left.bytes.span.bytes) == right.number().hash(in: right.bytes.span.bytes)
    if result == 0 { #expect(isSame) }
  }

  @Test(arguments: [
    ("1", true), ("1.0", true), ("1.5", false), ("1e2", true), ("15e-1", false), ("150e-1", true), ("0.0", true),
    ("0e-400", true), ("1e-400", false), ("123456789012345678901234567890.00", true),
    ("123456789012345678901234567890.01", false), ("1.50e1", true), ("-2.0", true),
  ])
  func `what has no fraction is an integer`(text: String, isInteger: Bool) throws {
    let text = Text(text)
    #expect(try text.number().isInteger(in: text.bytes.span.bytes) == isInteger)
  }

  @Test(arguments: [
    ("10", "2", true), ("7", "2", false), ("0", "2", true), ("4.5", "1.5", true), ("35", "1.5", false),
    ("0.0075", "0.0001", true), ("0.00751", "0.0001", false), ("1e308", "0.123456789", false),
    ("1e308", "0.5", true), ("12391239123", "1e-8", true), ("0.1", "0.01", true), ("0.30", "0.1", true),
    ("1e400", "3", false), ("3e400", "3", true), ("-9", "3", true), ("9007199254740993", "3", true),
    ("9007199254740993", "9007199254740993", true), ("123456789012345678901234567890", "10", true),
    ("123456789012345678901234567891", "10", false), ("20", "1e1", true), ("25", "1e1", false), ("1.1", "1", false),
    ("1e20", "128", true), ("1e5", "128", false), ("0.02", "2e-2", true),
  ])
  func `multiples are exact`(text: String, of divisor: String, isMultiple: Bool) throws {
    let (text, other) = (Text(text), Text(divisor))
    let divisor = try #require(JSONDivisor(try other.number(), in: other.bytes.span.bytes))
    #expect(divisor.divides(try text.number(), in: text.bytes.span.bytes) == isMultiple)
  }

  @Test(arguments: ["0", "-1", "0.0", "12345678901234567890123456789012345678.1"])
  func `what can't be a divisor is none`(text: String) throws {
    let text = Text(text)
    #expect(JSONDivisor(try text.number(), in: text.bytes.span.bytes) == nil)
  }
}
