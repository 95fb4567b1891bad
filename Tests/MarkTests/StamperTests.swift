import Bytes
import Events
import Formats
import Testing

@testable import Mark

struct StamperTests {
  func reading(_ utcNs: Int64, errorNs: UInt32? = nil, state: ClockState = .unknown) -> ClockReading {
    ClockReading(utcNs: utcNs, errorNs: errorNs, state: state, monotonicNs: 0)
  }
  func grant(_ principal: UInt32 = 0) -> Grant {
    Grant(topic: TopicID(rawValue: 0), principal: PrincipalID(rawValue: principal), eventBytesMax: 1000)
  }
  /// What a reader finds in the header of an event that was stamped.
  func stamp(_ stamper: inout Stamper, origin: Origin = Origin(), principal: UInt32 = 0) throws -> Stamp {
    let payload = [UInt8](repeating: 1, count: 3)
    let header = stamper.stamp(Event(grant: grant(principal), origin: origin, payload: payload.span.bytes))
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    region.write(atMost: 4096) { $0.append(header) }
    #expect(region.count == header.byteCount)
    var reader = RecordHeaderReader(region.bytes)
    #expect(reader.count == 1)
    let found = reader.next()
    return try Stamp(decoding: found!.value)
  }

  @Test func `what is stamped is what is read, with every field there or not`() throws {
    let trace = TraceParent(trace: UInt128(0x0AF7_6519_16CD_43DD) << 64 | 0x8448_EB21_1C80_319C, parent: 77, flags: 1)
    for errorNs in [nil, 0, 1, UInt32.max] {
      for state in ClockState.allCases {
        for id in [nil, UInt128(5), UInt128.max] {
          for principal in [UInt32(0), 1, .max] {
            for trace in [nil, trace] {
              var stamper = Stamper(
                entropy: 1,
                seed: 2,
                at: reading(1_795_164_925_210_123_456, errorNs: errorNs, state: state)
              )
              let found = try stamp(&stamper, origin: Origin(eventID: id, trace: trace), principal: principal)
              let expected = Stamp(
                utcNs: 1_795_164_925_210_123_456,
                errorNs: errorNs,
                state: state,
                eventID: id ?? found.eventID,
                isIDGiven: id != nil,
                principal: PrincipalID(rawValue: principal),
                trace: trace
              )
              #expect(found == expected)
            }
          }
        }
      }
    }
  }

  @Test func `an id made here is a version 7 UUID of its millisecond`() throws {
    var stamper = Stamper(entropy: .max, seed: .max, at: reading(1_795_164_925_210_999_999))
    let id = try stamp(&stamper).eventID
    #expect(UInt64(id >> 80) == 1_795_164_925_210)
    #expect(UInt64(id >> 76) & 0xF == 7)
    #expect(UInt64(truncatingIfNeeded: id) >> 62 == 2)
    #expect(stamper.timestampMs == 1_795_164_925_210)
  }

  @Test func `ids grow within a millisecond, past the counter's end and when the clock steps back`() throws {
    var stamper = Stamper(entropy: 99, seed: 7, at: reading(1_000_000))
    var last: UInt128 = 0
    var grows = true
    let payload = [UInt8](repeating: 1, count: 3)
    let event = Event(grant: grant(), origin: Origin(), payload: payload.span.bytes)
    for count in 0..<40_000 {
      let id = stamper.stamp(event).eventID
      grows = grows && id > last && UInt64(truncatingIfNeeded: id) >> 62 == 2 && UInt64(id >> 76) & 0xF == 7
      last = id
      if count == 1000 { stamper.read(reading(0)) }
      // The lower part runs over on its own twice; here the upper part comes near its end, as it does after 2^26 ids.
      if count == 35_000 {
        stamper.upper |= 0xFFF
        stamper.lower |= 0x3FF0 << 48
      }
    }
    #expect(grows)
    #expect(UInt64(last >> 80) == 2)
    stamper.read(reading(-5_000_000))
    #expect(stamper.stamp(event).eventID > last)
    #expect(stamper.timestampMs == -5)
    stamper.read(reading(-5_000_001))
    #expect(stamper.timestampMs == -6)
    stamper.read(reading(.max))
    #expect(stamper.stamp(event).eventID > last)
  }

  @Test func `two shards and two lives of one never make the same id`() throws {
    var seen: Set<UInt128> = []
    for life in 0..<50 {
      // The same seed and the same millisecond: only the life tells them apart.
      var stamper = Stamper(entropy: UInt64(life) << 16, seed: 7, at: reading(1_000_000))
      for _ in 0..<100 { seen.insert(try stamp(&stamper).eventID) }
    }
    #expect(seen.count == 5000)
  }

  @Test func `the ids of runs are those of single events, also where the counter runs over`() throws {
    var one = Stamper(entropy: 5, seed: 6, at: reading(1_795_164_925_210_123_456))
    var many = Stamper(entropy: 5, seed: 6, at: reading(1_795_164_925_210_123_456))
    var shortest = Int.max
    for count in [1, 2, 500, 16_384, 3, 16_384, 16_384, 40, 9000] {
      let run = many.run(of: .anonymous)
      let taken = min(count, run.left)
      shortest = min(shortest, run.left)
      for index in 0..<taken {
        let id = try stamp(&one).eventID
        guard index == 0 || index == taken - 1 else { continue }
        #expect(id == run.first.eventID + UInt128(index) * Stamper.idStep)
      }
      many.used(taken)
    }
    #expect(shortest < 16_384)
  }
}
