internal import Bytes

/// A moment as text: `2026-11-20T11:18:11.5+01:00`.
///
/// Source: RFC 3339 §5.6, §5.7.
public struct InternetTime: Equatable, Sendable {
  /// UTC nanoseconds since the Unix epoch, digits beyond those cut off; `nil` when they don't fit: before 1677, after
  /// 2262.
  public let utcNs: Int64?

  /// The moment that all of `text` says; `nil` when that is none.
  public init?(_ text: RawSpan) {
    guard text.byteCount >= 20, let year = text.digits(4, at: 0), text.byte(4) == 0x2D,
      let month = text.digits(2, at: 5), text.byte(7) == 0x2D, let day = text.digits(2, at: 8),
      text.byte(10) | 0x20 == 0x74, let hour = text.digits(2, at: 11), text.byte(13) == 0x3A,
      let minute = text.digits(2, at: 14), text.byte(16) == 0x3A, let second = text.digits(2, at: 17)
    else { return nil }
    guard (1...12).contains(month), day >= 1, day <= InternetTime.days(in: month, of: year), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    var place = 19
    var nanoseconds = 0
    if text.byte(place) == 0x2E {
      var unit = 100_000_000
      place += 1
      let first = place
      while place < text.byteCount, text.byte(place) &- 0x30 < 10 {
        nanoseconds += Int(text.byte(place) - 0x30) * unit
        unit /= 10
        place += 1
      }
      guard place > first else { return nil }
    }
    guard let offsetMinutes = InternetTime.offsetMinutes(text.extracting(place..<text.byteCount)) else { return nil }
    let minutes = (InternetTime.day(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes
    // A leap second is the last of its day in UTC.
    guard second < 60 || (minutes % 1440 + 1440) % 1440 == 1439 else { return nil }
    let (whole, overflow) = Int64(minutes * 60 + second).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isBeyond) = whole.addingReportingOverflow(Int64(nanoseconds))
    utcNs = overflow || isBeyond ? nil : sum
  }

  /// `Z`, or hours and minutes that local time is ahead of UTC.
  private static func offsetMinutes(_ text: RawSpan) -> Int? {
    if text.byteCount == 1, text.byte(0) | 0x20 == 0x7A { return 0 }
    guard text.byteCount == 6, text.byte(0) == 0x2B || text.byte(0) == 0x2D, let hours = text.digits(2, at: 1),
      text.byte(3) == 0x3A, let minutes = text.digits(2, at: 4), hours < 24, minutes < 60
    else { return nil }
    return (hours * 60 + minutes) * (text.byte(0) == 0x2B ? 1 : -1)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since the Unix epoch of a date of the Gregorian calendar.
  ///
  /// Years begin in March, so that a leap day ends one.
  private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let years = month > 2 ? year : year - 1
    let months = month > 2 ? month - 3 : month + 9
    // The year before 0 is counted from 400 years earlier, so that nothing below is negative.
    let since = years + 400
    return since * 365 + since / 4 - since / 100 + since / 400 + (153 * months + 2) / 5 + day - 1 - 719_468 - 146_097
  }
}

extension RawSpan {
  /// The number that `count` decimal digits at `offset` spell, which are within it; `nil` when one is none.
  fileprivate func digits(_ count: Int, at offset: Int) -> Int? {
    var value = 0
    for place in offset..<offset + count {
      let digit = byte(place) &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }
}
