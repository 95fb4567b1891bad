/// Ids that were made when their events were received first, and go on standing for them.
extension Stamper {
  /// Where a stamper's own ids go on.
  public struct Place: Sendable {
    let upper: UInt64
    let lower: UInt64
  }

  /// Sees to it that the next event that has no id gets this one, which a stamper made before.
  ///
  /// - Returns: where ids go on, for `resume`.
  public mutating func lend(_ id: UInt128) -> Place {
    let place = Place(upper: upper, lower: lower)
    // The next id is one step above the last one.
    upper = UInt64(truncatingIfNeeded: id >> 64)
    lower = UInt64(truncatingIfNeeded: id) &- Stamper.counterStep
    return place
  }
  /// Goes on with ids of its own.
  public mutating func resume(_ place: Place) { (upper, lower) = (place.upper, place.lower) }
}
