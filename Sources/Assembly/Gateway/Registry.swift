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

/// The same where every slot can point to them: they are made once and stay.
// SAFETY: never written after it is made.
nonisolated(unsafe) private let table: UnsafePointer<FrontEntry> = {
  let entries = UnsafeMutablePointer<FrontEntry>.allocate(capacity: fronts.count)
  for (index, front) in fronts.enumerated() { unsafe (entries + index).initialize(to: front) }
  return unsafe UnsafePointer(entries)
}()

/// A front with its type erased.
///
/// One indirect call per received buffer; inside it everything is specialised.
@safe struct FrontEntry: @unchecked Sendable {
  let name: StaticString
  let stride: Int
  let open: (UnsafeMutableRawPointer, FrontTraits) -> Void
  let feed: (UnsafeMutableRawPointer, RawSpan, inout Line, inout Desk, inout FrontState) -> Result<Fed, Refusal>
  let refuse: (UnsafeMutableRawPointer, Refusal, inout Desk) -> FrontState
  let answer: (UnsafeMutableRawPointer, inout Desk, inout Region) -> FrontState
  let close: (UnsafeMutableRawPointer, inout Desk) -> Void
  let drop: (UnsafeMutableRawPointer) -> Void

  // SAFETY: a `FrontSlot` passes only memory that `open` of this same entry initialised, and the closures capture
  // nothing, so they may be called on any thread.
  init<F: Front & ~Copyable>(_: F.Type) {
    name = F.name
    stride = MemoryLayout<F>.stride
    unsafe open = { slot, traits in
      unsafe slot.bindMemory(to: F.self, capacity: 1).initialize(to: F(traits))
    }
    unsafe feed = { slot, bytes, line, desk, state in
      defer { state = unsafe FrontState(slot.assumingMemoryBound(to: F.self).pointee, at: desk) }
      do throws(Refusal) {
        return .success(try unsafe slot.assumingMemoryBound(to: F.self).pointee.feed(bytes, into: &line, at: &desk))
      } catch { return .failure(error) }
    }
    unsafe refuse = { slot, reason, desk in
      unsafe slot.assumingMemoryBound(to: F.self).pointee.refuse(reason, at: &desk)
      return unsafe FrontState(slot.assumingMemoryBound(to: F.self).pointee, at: desk)
    }
    unsafe answer = { slot, desk, reply in
      unsafe slot.assumingMemoryBound(to: F.self).pointee.answer(at: &desk, into: &reply)
      return unsafe FrontState(slot.assumingMemoryBound(to: F.self).pointee, at: desk)
    }
    unsafe close = { slot, desk in
      unsafe slot.assumingMemoryBound(to: F.self).pointee.abandon(at: &desk)
      unsafe slot.assumingMemoryBound(to: F.self).deinitialize(count: 1)
    }
    unsafe drop = { unsafe $0.assumingMemoryBound(to: F.self).deinitialize(count: 1) }
  }
}

/// What a front says of itself; asked after every call that may change it, so that a look at it is a load.
struct FrontState {
  var isOwing = false
  var stage = FrontStage.idle
  /// What its first answer waits for.
  var mark = Mark.none

  init() {}
  init<F: Front & ~Copyable>(_ front: borrowing F, at desk: borrowing Desk) {
    (isOwing, stage, mark) = (front.isOwing, front.stage, front.firstMark(at: desk))
  }
}

/// Memory for the fronts of a shard's connections, each place as large as the largest front.
@safe struct FrontMemory: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let stride: Int
  private let count: Int

  init(_ count: Int) {
    (self.count, stride) = (count, ((fronts.map(\.stride).max() ?? 1) + 15) & ~15)
    unsafe base = .allocate(byteCount: count * stride, alignment: 16)
  }
  deinit { unsafe base.deallocate() }

  func place(_ index: Int) -> UnsafeMutableRawPointer {
    require(index >= 0 && index < count, "a front has its place")
    return unsafe base + index * stride
  }
}

/// A place that holds any one of the fronts, or none.
@safe struct FrontSlot: ~Copyable {
  private let memory: UnsafeMutableRawPointer
  private var front: UnsafePointer<FrontEntry>?
  private var state = FrontState()

  /// One place of the shard's memory for fronts, which outlives the slot.
  init(_ index: Int, of fronts: borrowing FrontMemory) {
    unsafe memory = fronts.place(index)
    unsafe front = nil
  }
  deinit {
    if let front = unsafe front { unsafe front.pointee.drop(memory) }
  }
  var isOpen: Bool { unsafe front != nil }
  var isOwing: Bool { state.isOwing }
  var stage: FrontStage { state.stage }
  /// What its first answer waits for.
  var mark: Mark { state.mark }

  mutating func open(_ index: Int, _ traits: FrontTraits) {
    require(!isOpen && index >= 0 && index < fronts.count, "a slot holds one front")
    unsafe front = table + index
    unsafe table[index].open(memory, traits)
  }
  mutating func close(at desk: inout Desk) {
    guard let open = unsafe front else { return }
    unsafe open.pointee.close(memory, &desk)
    unsafe front = nil
    state = FrontState()
  }
  mutating func feed(_ bytes: RawSpan, into line: inout Line, at desk: inout Desk) throws(Refusal) -> Fed {
    try unsafe front!.pointee.feed(memory, bytes, &line, &desk, &state).get()
  }
  /// Feeds what a region holds. (`feed(carry.bytes)` does not compile next to a mutation of any other field.)
  mutating func feed(_ carried: borrowing Region, into line: inout Line, at desk: inout Desk) throws(Refusal) -> Fed {
    try feed(carried.bytes, into: &line, at: &desk)
  }
  mutating func refuse(_ reason: Refusal, at desk: inout Desk) {
    state = unsafe front!.pointee.refuse(memory, reason, &desk)
  }
  mutating func answer(at desk: inout Desk, into reply: inout Region) {
    state = unsafe front!.pointee.answer(memory, &desk, &reply)
  }
}
