internal import Bytes
internal import Events
internal import World

/// What the simulated disk does with what it is asked.
extension SimulatedMachine {
  mutating func finishWrite(_ region: RegionID, _ segment: SegmentID, _ offset: Int) {
    guard let held = regions[Int(region.rawValue)].take() else { preconditionFailure("a region in flight is here") }
    if random.once(in: faults.writeFails) {
      storeSome(of: held, in: segment, at: offset)
      writesFailed += 1
      ready.append(.wrote(region, random.once(in: 2) ? -5 : Int32(held.count / 8192 * 4096)))
    } else {
      storeAll(of: held, in: segment, at: offset)
      ready.append(.wrote(region, Int32(held.count)))
    }
    put(held)
  }

  mutating func finishRead(_ region: RegionID, _ segment: SegmentID, _ offset: Int) {
    guard var held = regions[Int(region.rawValue)].take(), let file = disk.files[segment] else {
      preconditionFailure("a region in flight is here, and a segment that is read exists")
    }
    let count = min(max(file.count - offset, 0), held.byteCount)
    held.count = 0
    // SAFETY: a view of an array that lives until the end of this scope.
    if count > 0 { unsafe held.append(file.span.bytes.extracting(offset..<(offset + count))) }
    put(held)
    ready.append(.read(region, Int32(count)))
  }

  mutating func finishPrepare(_ segment: SegmentID, _ through: Int) {
    let segmentBytes = sizes.segmentBytes(of: segment.lane)
    if through == 0 {
      guard !random.once(in: faults.prepareFails), disk.make(segment, byteCount: segmentBytes) else {
        ready.append(.prepared(segment, throughBytes: -28))
        return
      }
    }
    let piece = faults.isDisorderly ? (1 + random.below(64)) * SimulatedDisk.blockBytes : segmentBytes
    let next = min(through + piece, segmentBytes)
    ready.append(.prepared(segment, throughBytes: next))
    if next < segmentBytes { pending.append(.prepare(segment, through: next)) }
  }

  /// Loses power: of a write under way any block may have reached the disk, whatever the order.
  public mutating func crash() -> SimulatedDisk {
    for case .write(let region, let segment, let offset) in pending {
      guard let held = regions[Int(region.rawValue)].take() else { continue }
      storeSome(of: held, in: segment, at: offset)
      put(held)
    }
    pending.removeAll()
    return disk
  }

  /// Gives the disk more room, or takes away what is not used yet.
  public mutating func setDiskCapacity(_ bytes: Int) { disk.capacity = bytes }

  private mutating func storeAll(of region: borrowing Region, in segment: SegmentID, at offset: Int) {
    disk.store(region.bytes, in: segment, at: offset)
  }

  private mutating func storeSome(of region: borrowing Region, in segment: SegmentID, at offset: Int) {
    let likelihood = random.below(3)
    for block in stride(from: 0, to: region.count, by: SimulatedDisk.blockBytes) {
      guard likelihood == 0 || random.once(in: likelihood + 1) else { continue }
      let bytes = region.bytes.extracting(block..<(block + SimulatedDisk.blockBytes))
      disk.store(bytes, in: segment, at: offset + block)
    }
  }
}
