internal import Bytes

/// A time of day with its offset from UTC.
private struct ClockTime {
  /// Minutes of the day as the text says them, minus the offset: from -1439 to 2878.
  let minutesUTC: Int
  /// Whether the second is the 60th.
  let isLeapSecond: Bool
}

extension StringFormat {
  /// date-time of RFC 3339 section 5.6: `2026-11-20T20:19:39.5+01:00`.
  ///
  /// T and Z may be lower case, as the section's note says. The blank that the same note lets applications write is
  /// not in the grammar and is refused.
  static func acceptsDateTime(_ text: RawSpan) -> Bool {
    // The shortest is 2026-11-20T20:19:39Z.
    guard text.byteCount >= 20, let day = day(of: text), text.byte(10) | 0x20 == 0x74,
      let time = time(of: text, from: 11)
    else { return false }
    return !time.isLeapSecond || endsMonth(day, minutesUTC: time.minutesUTC)
  }

  /// full-date of RFC 3339 section 5.6: `2026-11-20`.
  static func acceptsDate(_ text: RawSpan) -> Bool { text.byteCount == 10 && day(of: text) != nil }

  /// full-time of RFC 3339 section 5.6, which has an offset: `20:19:39Z`.
  ///
  /// Without a date any 23:59:60 UTC may be the end of a month.
  static func acceptsTime(_ text: RawSpan) -> Bool {
    guard let time = time(of: text, from: 0) else { return false }
    return !time.isLeapSecond || endsDay(time.minutesUTC)
  }

  /// A leap second stands at the end of a month in UTC (RFC 3339 section 5.7); which months had one is not a question
  /// of form, and of the years to come nobody knows.
  private static func endsMonth(_ day: Day, minutesUTC: Int) -> Bool {
    guard endsDay(minutesUTC) else { return false }
    // East of Greenwich UTC's day may be the one before, whose month ends where the text's begins.
    return minutesUTC < 0 ? day.number == 1 : day.number == day.monthLength
  }

  /// Whether it is 23:59 in UTC, of the same day or of the one before.
  ///
  /// West of Greenwich it cannot be that of the day after: 23:59 and an offset of 23:59 make 47:58.
  private static func endsDay(_ minutesUTC: Int) -> Bool { minutesUTC == 1439 || minutesUTC == -1 }

  private struct Day {
    let number: Int
    let monthLength: Int
  }

  /// The day that the first ten bytes say, if they do.
  @inline(__always) private static func day(of text: RawSpan) -> Day? {
    guard text.byteCount >= 10, text.byte(4) == 0x2D, text.byte(7) == 0x2D else { return nil }
    let century = pair(of: text, at: 0)
    let year = pair(of: text, at: 2)
    let month = pair(of: text, at: 5)
    let number = pair(of: text, at: 8)
    guard century >= 0, year >= 0, month >= 1, month <= 12, number >= 1 else { return nil }
    // A year that ends a century leaps with its century.
    let leaps = (year == 0 ? century : year) & 3 == 0
    // 31 days in the odd months until July and in the even ones after it.
    let monthLength = month == 2 ? (leaps ? 29 : 28) : 30 + (month ^ (month >> 3)) & 1
    return number <= monthLength ? Day(number: number, monthLength: monthLength) : nil
  }

  /// The time that the bytes from `offset` to the end say, if they do; a 60th second is not yet judged.
  @inline(__always) private static func time(of text: RawSpan, from offset: Int) -> ClockTime? {
    let count = text.byteCount
    guard count &- offset >= 9, text.byte(offset &+ 2) == 0x3A, text.byte(offset &+ 5) == 0x3A else { return nil }
    let hour = pair(of: text, at: offset)
    let minute = pair(of: text, at: offset &+ 3)
    let second = pair(of: text, at: offset &+ 6)
    guard hour >= 0, hour <= 23, minute >= 0, minute <= 59, second >= 0, second <= 60 else { return nil }
    var at = offset &+ 8
    if text.byte(at) == 0x2E {
      let end = text.digitsEnd(from: at &+ 1)
      guard end > at &+ 1, end < count else { return nil }
      at = end
    }
    let minutes = hour &* 60 &+ minute
    let sign = text.byte(at)
    if sign | 0x20 == 0x7A {
      guard at &+ 1 == count else { return nil }
      return ClockTime(minutesUTC: minutes, isLeapSecond: second == 60)
    }
    guard sign == 0x2B || sign == 0x2D, at &+ 6 == count, text.byte(at &+ 3) == 0x3A else { return nil }
    let offsetHour = pair(of: text, at: at &+ 1)
    let offsetMinute = pair(of: text, at: at &+ 4)
    guard offsetHour >= 0, offsetHour <= 23, offsetMinute >= 0, offsetMinute <= 59 else { return nil }
    let east = (offsetHour &* 60 &+ offsetMinute) &* (sign == 0x2B ? 1 : -1)
    return ClockTime(minutesUTC: minutes &- east, isLeapSecond: second == 60)
  }

  /// The number that two digits say; -1 when they are not digits.
  @inline(__always) private static func pair(of text: RawSpan, at offset: Int) -> Int {
    let tens = text.byte(offset) &- 0x30
    let ones = text.byte(offset &+ 1) &- 0x30
    return tens < 10 && ones < 10 ? Int(tens) &* 10 &+ Int(ones) : -1
  }
}
