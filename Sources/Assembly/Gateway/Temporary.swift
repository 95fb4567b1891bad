
internal import Bytes
internal import Decode
internal import Events
struct ToyFront: Front, ~Copyable {
  static var name: StaticString { "http" }
  var owed: [Mark] = []
  var paid = 0
  init(_ traits: FrontTraits) {}
  var isOwing: Bool { paid < owed.count }
  var stage: FrontStage { .idle }
  mutating func feed(_ bytes: RawSpan, into consumer: inout some EventConsumer & ~Copyable, at desk: inout Desk) throws(Refusal) -> Fed {
    var cursor = Cursor(bytes)
    while true {
      let start = cursor.position
      if owed.count - paid > 32 { return Fed(consumed: start, .stalled) }
      guard let length = cursor.integer(UInt32.self) else { return Fed(consumed: start, .hungry(forBytes: 4)) }
      guard length >= 2, length < 3000 else { throw .malformed }
      guard cursor.remaining >= length else { return Fed(consumed: start, .hungry(forBytes: Int(length) + 4)) }
      let topic = TopicID(rawValue: cursor.integer(UInt16.self)!)
      let payload = cursor.take(Int(length) - 2)!
      let grant = Grant(topic: topic, principal: .anonymous, eventBytesMax: 4096)
      switch consumer.take(Event(grant: grant, origin: Origin(), payload: payload)) {
      case .numbered(let place): owed.append(place.mark)
      case .later: return Fed(consumed: start, .stalled)
      case .refused(let refusal): throw refusal
      }
    }
  }
  mutating func refuse(_ reason: Refusal, at desk: inout Desk) {}
  mutating func answer(at desk: inout Desk, into reply: inout Region) {
    while reply.room >= 1, paid < owed.count, desk.watermarks.isSafe(owed[paid]) { reply.append(UInt8(50)); paid += 1 }
  }
  mutating func abandon(at desk: inout Desk) {}
}
public struct Histogram: Sendable { public init() {}; public mutating func record(_ v: UInt64) {} }
