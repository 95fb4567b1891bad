internal import Bytes
internal import Decode
internal import Events

/// The fronts this build speaks.
///
/// A new protocol is one file in `Decode` and one line here.
let fronts = [
  FrontEntry(HTTPFront.self),
  FrontEntry(FramedFront.self),
]

/// The names of the fronts this build speaks, as the settings may use them.
public var frontNames: [String] { fronts.map { "\($0.name)" } }

/// A front with its type erased.
///
/// One indirect call per received buffer; inside it everything is specialised.
@safe struct FrontEntry: @unchecked Sendable {
  let name: StaticString
  let stride: Int
  let open: (UnsafeMutableRawPointer, FrontTraits) -> Void
  let isOwing: (UnsafeMutableRawPointer) -> Bool
  let stage: (UnsafeMutableRawPointer) -> FrontStage
  let feed: (UnsafeMutableRawPointer, RawSpan, inout Line, inout Desk) -> Result<Fed, Refusal>
  let refuse: (UnsafeMutableRawPointer, Refusal, inout Desk) -> Void
  let answer: (UnsafeMutableRawPointer, inout Desk, inout Region) -> Void
  let close: (UnsafeMutableRawPointer, inout Desk) -> Void
  let drop: (UnsafeMutableRawPointer) -> Void

  // SAFETY: a `FrontSlot` passes only memory that `open` of this same entry initialised, and the closures capture
  // nothing, so they may be called on any thread.
  init<F: Front & ~Copyable>(_: F.Type) {
    name = F.name
    stride = MemoryLayout<F>.stride
    unsafe open = { unsafe $0.bindMemory(to: F.self, capacity: 1).initialize(to: F($1)) }
    unsafe isOwing = { unsafe $0.assumingMemoryBound(to: F.self).pointee.isOwing }
    unsafe stage = { unsafe $0.assumingMemoryBound(to: F.self).pointee.stage }
    unsafe feed = { slot, bytes, line, desk in
      do throws(Refusal) {
        return .success(try unsafe slot.assumingMemoryBound(to: F.self).pointee.feed(bytes, into: &line, at: &desk))
      } catch { return .failure(error) }
    }
    unsafe refuse = { unsafe $0.assumingMemoryBound(to: F.self).pointee.refuse($1, at: &$2) }
    unsafe answer = { unsafe $0.assumingMemoryBound(to: F.self).pointee.answer(at: &$1, into: &$2) }
    unsafe close = { slot, desk in
      unsafe slot.assumingMemoryBound(to: F.self).pointee.abandon(at: &desk)
      unsafe slot.assumingMemoryBound(to: F.self).deinitialize(count: 1)
    }
    unsafe drop = { unsafe $0.assumingMemoryBound(to: F.self).deinitialize(count: 1) }
  }
}

/// Memory that holds any one of the fronts, or none.
@safe struct FrontSlot: ~Copyable {
  private let memory: UnsafeMutableRawPointer
  private var entry: UInt8 = .max

  init() { unsafe memory = .allocate(byteCount: fronts.map(\.stride).max() ?? 1, alignment: 16) }
  deinit {
    if isOpen { unsafe front.drop(memory) }
    unsafe memory.deallocate()
  }
  var isOpen: Bool { entry != .max }
  private var front: FrontEntry { fronts[Int(entry)] }
  var isOwing: Bool { unsafe front.isOwing(memory) }
  var stage: FrontStage { unsafe front.stage(memory) }

  mutating func open(_ index: Int, _ traits: FrontTraits) {
    require(!isOpen, "a slot holds one front")
    unsafe fronts[index].open(memory, traits)
    entry = UInt8(index)
  }
  mutating func close(at desk: inout Desk) {
    guard isOpen else { return }
    unsafe front.close(memory, &desk)
    entry = .max
  }
  mutating func feed(_ bytes: RawSpan, into line: inout Line, at desk: inout Desk) throws(Refusal) -> Fed {
    try unsafe front.feed(memory, bytes, &line, &desk).get()
  }
  /// Feeds what a region holds. (`feed(carry.bytes)` does not compile next to a mutation of any other field.)
  mutating func feed(_ carried: borrowing Region, into line: inout Line, at desk: inout Desk) throws(Refusal) -> Fed {
    try feed(carried.bytes, into: &line, at: &desk)
  }
  mutating func refuse(_ reason: Refusal, at desk: inout Desk) { unsafe front.refuse(memory, reason, &desk) }
  mutating func answer(at desk: inout Desk, into reply: inout Region) { unsafe front.answer(memory, &desk, &reply) }
}
