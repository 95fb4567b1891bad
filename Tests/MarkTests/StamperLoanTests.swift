import Bytes
import Events
import Formats
import Testing

@testable import Mark

/// Ids that events keep from when they were received first.
struct StamperLoanTests {
  private func reading(_ utcNs: Int64) -> ClockReading {
    ClockReading(utcNs: utcNs, errorNs: nil, state: .unknown, monotonicNs: 0)
  }

  @Test func `a lent id is what the next event gets, as one that was made, and own ids go on growing`() {
    var old = Stamper(entropy: 0xABCD_EF01_2345_6789, seed: 3, at: reading(1_000_000_000_000))
    var stamper = Stamper(entropy: 1, seed: 2, at: reading(1_795_164_925_210_123_456))
    var last = stamper.stamp(Origin(), of: .anonymous).eventID
    // Far enough to pass every carry of the counter.
    for _ in 0..<40_000 {
      let made = old.stamp(Origin(), of: .anonymous)
      let place = stamper.lend(made.eventID)
      let lent = stamper.stamp(Origin(), of: .anonymous)
      #expect(lent.eventID == made.eventID)
      let isGiven = lent.low >> 16 & UInt64(StampFlags.givenID.rawValue) != 0
      #expect(!isGiven)
      stamper.resume(place)
      let own = stamper.stamp(Origin(), of: .anonymous).eventID
      #expect(own > last)
      last = own
    }
  }

  @Test func `a lent id that no event took is gone`() {
    var stamper = Stamper(entropy: 1, seed: 2, at: reading(1_795_164_925_210_123_456))
    let last = stamper.stamp(Origin(), of: .anonymous).eventID
    let place = stamper.lend(5)
    let given = stamper.stamp(Origin(eventID: 9), of: .anonymous).eventID
    stamper.resume(place)
    let next = stamper.stamp(Origin(), of: .anonymous).eventID
    #expect(given == 9 && next > last && next - last == Stamper.idStep)
  }
}
