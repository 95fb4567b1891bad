internal import Bytes
internal import Glibc

/// UTC times as text.
///
/// Source: RFC 3339 §5.6; the days are counted as in Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
enum Moment {
  /// Nanoseconds since the Unix epoch, now.
  static func nowNs() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// `2026-01-31T12:00:00.000000000Z`.
  static func text(_ utcNs: Int64) -> String {
    let text = SecondText(secondsOf(utcNs))
    return text.string + "." + digits(Int(utcNs - secondsOf(utcNs) * 1_000_000_000), 9) + "Z"
  }
  /// Whole seconds, rounded down.
  static func secondsOf(_ utcNs: Int64) -> Int64 {
    let (quotient, remainder) = utcNs.quotientAndRemainder(dividingBy: 1_000_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Reads a time of RFC 3339, or an age such as `90s`, `15m`, `2h` or `3d` before `nowNs`.
  static func read(_ text: String, nowNs: Int64) -> Int64? {
    if let age = age(text) { return nowNs - age }
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
      return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == UInt8(ascii: "t"),
      bytes[13] == 0x3A, bytes[16] == 0x3A, let year = number(0..<4), let month = number(5..<7),
      let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      (1678...2261).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    var at = 19
    var fraction: Int64 = 0
    if bytes[at] == UInt8(ascii: ".") {
      let end = bytes[(at + 1)...].firstIndex { $0 < 0x30 || $0 > 0x39 } ?? bytes.count
      guard end > at + 1, let value = number((at + 1)..<min(end, at + 10)) else { return nil }
      fraction = (0..<max(0, 10 + at - end)).reduce(value) { value, _ in value * 10 }
      at = end
    }
    guard let zone = zone(bytes[at...]) else { return nil }
    let days = days(year: year, month: month, day: day)
    return ((days * 86_400 + hour * 3600 + minute * 60 + second) - zone * 60) * 1_000_000_000 + fraction
  }

  private static func zone(_ bytes: ArraySlice<UInt8>) -> Int64? {
    if bytes.elementsEqual("Z".utf8) || bytes.elementsEqual("z".utf8) { return 0 }
    let text = Array(bytes)
    guard text.count == 6, text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"), text[3] == 0x3A,
      let hours = Int64(String(decoding: text[1..<3], as: UTF8.self)),
      let minutes = Int64(String(decoding: text[4..<6], as: UTF8.self)), hours < 24, minutes < 60
    else { return nil }
    return (text[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }
  private static func age(_ text: String) -> Int64? {
    let units: [(String, Int64)] = [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)]
    let larger: [(String, Int64)] = [("h", 3_600_000_000_000), ("d", 86_400_000_000_000)]
    for (name, scale) in units + larger where text.hasSuffix(name) {
      guard let value = UInt32(text.dropLast(name.count)) else { continue }
      let (age, overflow) = Int64(value).multipliedReportingOverflow(by: scale)
      return overflow ? nil : age
    }
    return nil
  }

  /// Days since the epoch of a day of the Gregorian calendar.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// A second's text without its fraction and zone: `2026-01-31T12:00:00`.
///
/// Kept while it lasts.
struct SecondText {
  private var second: Int64
  private(set) var bytes: [UInt8]

  /// The text of a second since the Unix epoch.
  init(_ second: Int64) { (self.second, bytes) = (second, SecondText.make(second)) }
  /// Moves on to a second.
  mutating func set(_ second: Int64) {
    guard second != self.second else { return }
    self = SecondText(second)
  }
  /// As a string.
  var string: String { String(decoding: bytes, as: UTF8.self) }

  private static func make(_ second: Int64) -> [UInt8] {
    let days = (second >= 0 ? second : second - 86_399) / 86_400
    let rest = second - days * 86_400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let day = dayOfYear - (153 * part + 2) / 5 + 1
    let date = "\(digits(Int(year), 4))-\(digits(Int(month), 2))-\(digits(Int(day), 2))"
    let time = "\(digits(Int(rest / 3600), 2)):\(digits(Int(rest / 60 % 60), 2)):\(digits(Int(rest % 60), 2))"
    return Array("\(date)T\(time)".utf8)
  }
}
