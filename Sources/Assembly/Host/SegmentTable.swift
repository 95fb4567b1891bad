internal import Bytes
internal import Events
internal import Glibc
internal import World

/// The open segments of one shard's lanes.
struct SegmentTable: ~Copyable {
  private var access: SegmentAccess
  private let slots: Int
  /// A lane's place among the shard's own, by lane number; -1 for those of other shards.
  private let places: [Int]
  /// The same of its side lane; -1 when it has none.
  private let sidePlace: Int
  /// By place, then by slot: the descriptor, or -1.
  private var descriptors: [Int32]

  /// Opens what exists.
  ///
  /// Throws: when a segment cannot be opened.
  init(_ access: consuming SegmentAccess, sizes: Sizes) throws(HostFailure) {
    let slots = max(sizes.segments, sizes.sideSegments)
    let lanes = access.lanes
    var places = [Int](repeating: -1, count: 1 + (lanes.filter { !$0.isSide }.map { Int($0.number) }.max() ?? 0))
    for (place, lane) in lanes.enumerated() where !lane.isSide { places[Int(lane.number)] = place }
    self.places = places
    sidePlace = lanes.firstIndex(where: \.isSide) ?? -1
    var opened = [Int32](repeating: -1, count: lanes.count * slots)
    for segment in access.existing.joined() {
      let descriptor = access.files.open(segment)
      let bound = sizes.segments(of: segment.lane)
      guard Int(segment.slot) < bound, descriptor >= 0 else {
        for descriptor in opened where descriptor >= 0 { _ = close(descriptor) }
        if descriptor < 0 { throw .file("open", access.files.path(segment), -descriptor) }
        _ = close(descriptor)
        throw HostFailure(
          cause: "\(access.files.path(segment)) is beyond the \(bound) segments a lane may have.",
          remedy: "Raise the retention's size to what it was, at least."
        )
      }
      let place = segment.lane.isSide ? sidePlace : places[Int(segment.lane.number)]
      opened[place * slots + Int(segment.slot)] = descriptor
    }
    descriptors = opened
    self.slots = slots
    self.access = access
  }
  deinit {
    for descriptor in descriptors where descriptor >= 0 { _ = close(descriptor) }
  }

  /// The segments of a lane that existed at the start.
  func existing(of lane: LaneID) -> [SegmentID] { access.existing[place(of: lane)] }

  /// The descriptor of a segment that exists.
  subscript(segment: SegmentID) -> Int32 {
    let descriptor = descriptors[index(of: segment)]
    require(descriptor >= 0, "a segment is there before it is used")
    return descriptor
  }

  /// Has a segment made.
  mutating func prepare(_ segment: SegmentID) {
    require(descriptors[index(of: segment)] < 0, "only a segment that does not exist is made")
    access.prepare(segment)
  }
  /// What the preparing thread has to say: a segment, and the bytes that are ready or a negated error number.
  mutating func nextPrepared() -> (SegmentID, Int)? {
    guard let progress = access.progress.next() else { return nil }
    let index = index(of: progress.segment)
    if progress.throughBytes >= 0, descriptors[index] < 0 {
      let descriptor = access.files.open(progress.segment)
      guard descriptor >= 0 else { return (progress.segment, Int(descriptor)) }
      descriptors[index] = descriptor
    }
    return (progress.segment, progress.throughBytes)
  }

  private func place(of lane: LaneID) -> Int {
    let number = Int(lane.rawValue)
    let place = lane.isSide ? sidePlace : number < places.count ? places[number] : -1
    require(place >= 0 && access.lanes[place] == lane, "a shard uses its own lanes")
    return place
  }
  private func index(of segment: SegmentID) -> Int {
    require(Int(segment.slot) < slots, "a slot is among those a lane has")
    return place(of: segment.lane) * slots + Int(segment.slot)
  }
}
