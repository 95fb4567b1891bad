internal import Bytes
internal import Events

/// What answers say about topics, made once: names stand ready among the JSON around them.
struct TopicTexts: ~Copyable {
  /// Where a topic's text stands, and what else is said of it.
  struct Row {
    var start: Int
    var count: Int
    var acknowledge: Acknowledgement
    var order: Order
    var eventBytesMax: Int
  }
  private let rows: [Row]
  private let names: [UInt8]

  init(_ topics: [Topic]) {
    var names: [UInt8] = []
    var rows: [Row] = []
    for (index, topic) in topics.enumerated() {
      require(Int(topic.id.rawValue) == index, "topics stand at their numbers")
      require(Topic.isName(topic.name), "a topic's name needs no escaping anywhere")
      rows.append(
        Row(
          start: names.count,
          count: topic.name.utf8.count,
          acknowledge: topic.acknowledge,
          order: topic.order,
          eventBytesMax: topic.eventBytesMax
        )
      )
      names.append(contentsOf: topic.name.utf8)
    }
    (self.rows, self.names) = (rows, names)
  }

  var count: Int { rows.count }
  subscript(index: Int) -> Row { rows[index] }

  /// The topic's name.
  @_lifetime(borrow self)
  func name(_ index: Int) -> RawSpan {
    let row = rows[index]
    // SAFETY: the bytes are those of the array, which this value keeps.
    return unsafe names.span.bytes.extracting(row.start..<(row.start + row.count))
  }
}

/// The moment as HTTP and RFC 3339 write it, rewritten once a second.
struct DateTexts: BitwiseCopyable {
  /// Where the seconds start that the texts say.
  private(set) var dateNs = Int64.min
  private(set) var stampNs = Int64.min
  /// `Date: Fri, 20 Nov 2026 11:18:11 GMT` and its CRLF.
  ///
  /// Source: RFC 9110 §5.6.7.
  private(set) var dateLine: InlineArray<37, UInt8> = InlineArray(repeating: 0x20)
  /// `2026-11-20T11:18:11.` without the fraction.
  ///
  /// Source: RFC 3339 §5.6.
  private(set) var stamp: InlineArray<20, UInt8> = InlineArray(repeating: 0x20)

  /// Brings `dateLine` up to a time.
  @inline(__always) mutating func setDate(utcNs: Int64) {
    guard UInt64(bitPattern: utcNs &- dateNs) >= 1_000_000_000 else { return }
    let second = DateTexts.second(utcNs)
    dateNs = second &* 1_000_000_000
    writeDate(CivilTime(second: second))
  }
  /// Brings `stamp` up to a time.
  @inline(__always) mutating func setStamp(utcNs: Int64) {
    guard UInt64(bitPattern: utcNs &- stampNs) >= 1_000_000_000 else { return }
    let second = DateTexts.second(utcNs)
    stampNs = second &* 1_000_000_000
    writeStamp(CivilTime(second: second))
  }
  /// The second a time lies in, the one before 1970's first being −1.
  private static func second(_ utcNs: Int64) -> Int64 {
    let second = utcNs / 1_000_000_000
    return utcNs % 1_000_000_000 < 0 ? second - 1 : second
  }

  private mutating func writeDate(_ time: CivilTime) {
    let days: StaticString = "SunMonTueWedThuFriSat"
    let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
    put("Date: ", into: &dateLine, at: 0)
    put(days, from: 3 * time.weekday, count: 3, into: &dateLine, at: 6)
    put(", ", into: &dateLine, at: 9)
    put(time.day, digits: 2, into: &dateLine, at: 11)
    put(months, from: 3 * (time.month - 1), count: 3, into: &dateLine, at: 14)
    put(time.year, digits: 4, into: &dateLine, at: 18)
    put(time.hour, digits: 2, into: &dateLine, at: 23)
    put(":", into: &dateLine, at: 25)
    put(time.minute, digits: 2, into: &dateLine, at: 26)
    put(":", into: &dateLine, at: 28)
    put(time.second, digits: 2, into: &dateLine, at: 29)
    put(" GMT\r\n", into: &dateLine, at: 31)
  }
  private mutating func writeStamp(_ time: CivilTime) {
    put("0000-00-00T00:00:00.", into: &stamp, at: 0)
    put(time.year, digits: 4, into: &stamp, at: 0)
    put(time.month, digits: 2, into: &stamp, at: 5)
    put(time.day, digits: 2, into: &stamp, at: 8)
    put(time.hour, digits: 2, into: &stamp, at: 11)
    put(time.minute, digits: 2, into: &stamp, at: 14)
    put(time.second, digits: 2, into: &stamp, at: 17)
  }
}

private func put<let n: Int>(
  _ text: StaticString,
  from start: Int = 0,
  count: Int? = nil,
  into line: inout InlineArray<n, UInt8>,
  at offset: Int
) {
  let count = count ?? text.utf8CodeUnitCount
  require(start + count <= text.utf8CodeUnitCount, "a part of a text lies in it")
  // SAFETY: the line above bounds the reads; `line` checks its own index.
  for index in 0..<count { line[offset + index] = unsafe text.utf8Start[start + index] }
}

private func put<let n: Int>(_ value: Int, digits: Int, into line: inout InlineArray<n, UInt8>, at offset: Int) {
  var rest = value
  for place in (0..<digits).reversed() {
    line[offset + place] = 0x30 + UInt8(rest % 10)
    rest /= 10
  }
}

/// A second of UTC as people write it.
///
/// Years 0 to 9999.
struct CivilTime {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int
  /// 0 is Sunday.
  let weekday: Int

  /// Counts years from 1 March, so that a leap day is a year's last; 400 years have 146,097 days.
  init(second time: Int64) {
    let clamped = min(max(Int(time), -62_167_219_200), 253_402_300_799)
    let days = (clamped + 62_167_219_200) / 86_400 - 719_528
    let ofDay = clamped - days * 86_400
    (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
    weekday = ((days + 4) % 7 + 7) % 7
    // Day 0 is 1 March of the year -400, so that nothing below is negative.
    let since = days + 719_468 + 146_097
    let era = since / 146_097
    let ofEra = since % 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + (era - 1) * 400 + (month <= 2 ? 1 : 0)
  }
}
