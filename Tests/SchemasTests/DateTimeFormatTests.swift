import Schemas
import Testing

/// RFC 3339.
@Suite struct DateTimeFormatTests {
  @Test func `a date and a time`() {
    StringFormat.dateTime.check(
      accepted: [
        "1963-06-19T08:30:06.283185Z", "1963-06-19T08:30:06Z", "1937-01-01T12:00:27.87+00:20",
        "1990-12-31T15:59:50.123-08:00", "1963-06-19t08:30:06.283185z", "2026-11-20T00:00:00-00:00",
        "2026-11-20T23:59:59+23:59", "2026-11-20T23:59:59-23:59", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "2026-11-20T20:19:39.0Z", "2026-11-20T20:19:39.123456789012345678901234567890+01:00",
      ],
      refused: [
        Refused("1990-02-31T15:59:59.123-08:00", "no such day"),
        Refused("1990-12-31T15:59:59-24:00", "offset of a day"),
        Refused("1990-12-31T15:59:59-23:60", "offset's minute"),
        Refused("1963-06-19T08:30:06.28123+01:00Z", "two offsets"),
        Refused("06/19/1963 08:30:06 PST", "not of this standard"),
        Refused("2013-350T01:01:01", "ordinal date of ISO 8601"),
        Refused("2013-W01-1T01:01:01Z", "week date of ISO 8601"),
        Refused("1963-6-19T08:30:06.283185Z", "month of one digit"),
        Refused("1963-06-1T08:30:06.283185Z", "day of one digit"),
        Refused("1963-06-19T8:30:06.28Z", "hour of one digit"), Refused("1963-06-19 08:30:06Z", "a blank for T"),
        Refused("1963-06-19_08:30:06Z", "a sign for T"), Refused("1963-06-19T08:30:06", "no offset"),
        Refused("1963-06-19T08:30Z", "no seconds"), Refused("1963-06-19T08:30:06.Z", "fraction without digits"),
        Refused("1963-06-19T08:30:06,5Z", "comma"), Refused("1963-06-19T08:30:06.5", "fraction and no offset"),
        Refused("1963-06-19T24:00:00Z", "hour 24"), Refused("1963-06-19T08:60:00Z", "minute 60"),
        Refused("1963-06-19T08:30:61Z", "second 61"), Refused("1963-06-19T08:30:06+0100", "offset without colon"),
        Refused("1963-06-19T08:30:06+01", "offset of hours"), Refused("1963-06-19T08:30:06+01:0", "offset cut"),
        Refused("1963-06-19T08:30:06+01:000", "offset too long"),
        Refused("1963-06-19T08:30:06\u{2212}01:00", "a minus sign that is no hyphen"),
        Refused("19630619T083006Z", "basic form of ISO 8601"),
        Refused("+11963-06-19T08:30:06Z", "year of five digits"), Refused("1963-06-19T", "no time"),
        Refused("1963-06-19", "a date"), Refused("08:30:06Z", "a time"), Refused("1963-06-19T08:30:06ZZ", "two Zs"),
        Refused("1963-06-1\u{9EA}T00:00:00Z", "a Bengali digit"),
        Refused("1963-06-11T\u{966}0:00:00Z", "a Devanagari digit"),
      ]
    )
  }

  @Test func `a leap second ends a month in UTC`() {
    StringFormat.dateTime.check(
      accepted: [
        "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00", "2015-06-30T23:59:60Z", "2017-01-01T00:59:60+01:00",
        "2015-07-01T08:59:60+09:00", "2016-12-31T00:00:60-23:59", "2017-01-01T23:58:60+23:59", "2024-02-29T23:59:60Z",
      ],
      refused: [
        Refused("1998-12-31T23:59:61Z", "second 61"), Refused("1998-12-31T23:58:60Z", "not the day's last minute"),
        Refused("1998-12-31T22:59:60Z", "not the day's last hour"),
        Refused("1998-12-31T23:59:60+01:00", "22:59 in UTC"),
        Refused("1998-12-30T23:59:60Z", "not the month's last day"),
        Refused("1998-12-31T08:59:60+09:00", "a day too early in UTC"),
        Refused("2024-02-28T23:59:60Z", "a leap year"),
        Refused("2017-01-02T00:59:60+01:00", "January's first day in UTC"),
        Refused("2016-12-31T23:59:60-00:01", "0:00 in UTC"),
      ]
    )
  }

  @Test func `a date`() {
    StringFormat.date.check(
      accepted: [
        "1963-06-19", "2020-01-31", "2021-02-28", "2020-02-29", "2000-02-29", "0000-02-29", "2020-03-31", "2020-04-30",
        "2020-05-31", "2020-06-30", "2020-07-31", "2020-08-31", "2020-09-30", "2020-10-31", "2020-11-30", "2020-12-31",
      ],
      refused: [
        Refused("2020-01-32", "32 January"), Refused("2021-02-29", "no leap year"),
        Refused("2020-02-30", "30 February"), Refused("1900-02-29", "a century that does not leap"),
        Refused("2100-02-29", "a century that does not leap"), Refused("2020-03-32", "32 March"),
        Refused("2020-04-31", "31 April"), Refused("2020-05-32", "32 May"), Refused("2020-06-31", "31 June"),
        Refused("2020-07-32", "32 July"), Refused("2020-08-32", "32 August"), Refused("2020-09-31", "31 September"),
        Refused("2020-10-32", "32 October"), Refused("2020-11-31", "31 November"),
        Refused("2020-12-32", "32 December"), Refused("2020-13-01", "month 13"), Refused("2020-00-01", "month 0"),
        Refused("2020-01-00", "day 0"), Refused("06/19/1963", "not of this standard"), Refused("2013-350", "ordinal"),
        Refused("1998-1-20", "month of one digit"), Refused("1998-01-1", "day of one digit"),
        Refused("98-01-01", "year"), Refused("20230328", "basic form"), Refused("2023-W01", "week"),
        Refused("2023-W13-2", "week and day"), Refused("2022W527", "week and day in basic form"),
        Refused("1963-06-1\u{9EA}", "a Bengali digit"), Refused("1963-06-19Z", "offset"),
        Refused("-963-06-19", "sign"), Refused("1963/06/19", "slashes"),
      ]
    )
  }

  @Test func `a time`() {
    StringFormat.time.check(
      accepted: [
        "08:30:06Z", "08:30:06z", "23:20:50.52Z", "08:30:06.283185Z", "08:30:06+00:20", "08:30:06-08:00",
        "00:00:00-00:00", "23:59:60Z", "23:59:60+00:00", "01:29:60+01:30", "23:29:60+23:30", "15:59:60-08:00",
        "00:29:60-23:30", "00:00:00+23:59",
      ],
      refused: [
        Refused("23:59:60+01:30", "22:29 in UTC"), Refused("23:59:60+23:30", "0:29 in UTC"),
        Refused("22:59:60Z", "hour"), Refused("23:58:60Z", "minute"), Refused("15:59:60-05:30", "21:29 in UTC"),
        Refused("23:59:61Z", "second 61"), Refused("24:00:00Z", "hour 24"), Refused("00:60:00Z", "minute 60"),
        Refused("01:02:03+24:00", "offset's hour"), Refused("01:02:03+00:60", "offset's minute"),
        Refused("01:02:03Z+00:30", "two offsets"), Refused("12:00:00", "no offset"),
        Refused("12:00:00.52", "no offset"), Refused("12:00:00.Z", "fraction"),
        Refused("8:30:06Z", "hour of one digit"), Refused("008:030:006Z", "three digits"),
        Refused("08:30Z", "no seconds"), Refused("08:30:06 PST", "zone by name"),
        Refused("08:30:06-8:00", "offset's digits"), Refused("01:01:01,1111", "comma"),
        Refused("12:00:00.52+5", "offset"), Refused("083006Z", "basic form"), Refused("T08:30:06Z", "T"),
        Refused("0\u{9E8}:00:00Z", "a Bengali digit"), Refused("08:30:06#00:20", "sign"),
        Refused("ab:cd:efZ", "letters"),
      ]
    )
  }

  @Test func `a duration`() {
    StringFormat.duration.check(
      accepted: [
        "P4DT12H30M5S", "P4Y", "P1M", "P0D", "PT0S", "PT1M", "PT36H", "P1DT12H", "P2W", "P1Y2M", "P1Y2M3D", "P1M2D",
        "PT1H2M", "PT1H2M3S", "PT2M3S", "P1YT1S", "P1Y2M3DT4H", "P00001Y", "P99999999999999999999999D", "P1MT1M",
        "p1y2m3dt4h5m6s", "P10W",
      ],
      refused: [
        Refused("", "empty"), Refused("P", "no element"), Refused("PT", "no element"),
        Refused("P1YT", "T without a time"), Refused("4DT12H30M5S", "no P"), Refused("PT1D", "days after T"),
        Refused("P2D1Y", "out of order"), Refused("P1D2H", "hours without T"), Refused("P2S", "seconds without T"),
        Refused("P1Y2D", "months skipped"), Refused("PT1H2S", "minutes skipped"),
        Refused("P1Y2W", "weeks with years"), Refused("P2W1D", "weeks with days"), Refused("P1", "no unit"),
        Refused("PT1", "no unit"), Refused("P1.5D", "fraction"), Refused("PT1,5S", "fraction"),
        Refused("-P1D", "sign"), Refused("P-1D", "sign"), Refused("P+1D", "sign"), Refused("PD", "no number"),
        Refused("P1DT", "T without a time"), Refused("P1D T1H", "blank"), Refused("P1Y1Y", "twice"),
        Refused("PT1S1M", "order"), Refused("P1W2W", "twice"), Refused("PW", "no number"),
        Refused("P\u{9E8}Y", "a Bengali digit"), Refused("PT1W", "weeks"), Refused("P1H", "hours without T"),
        Refused("PT1Y", "years after T"), Refused("P1DT1H1D", "days after hours"), Refused("P1DTT1H", "two Ts"),
        Refused("P0001-02-03T04:05:06", "alternative form of ISO 8601"),
      ]
    )
  }
}
