internal import Bytes
internal import World

/// Memory for what straddles receive buffers: a small piece for every connection, a few large ones for all, and pieces
/// for TLS records where they are spoken.
///
/// Pieces are lent while a message or a record is incomplete, so an idle connection owns none.
struct Carries: ~Copyable {
  /// Pieces of one size, of which the last that came back is lent first: its memory is warm.
  private struct Class {
    let byteCount: Int
    let indices: Range<Int>
    var free: [UInt32]

    init(_ count: Int, of byteCount: Int, from first: Int) {
      (self.byteCount, indices) = (byteCount, first..<first + count)
      free = indices.reversed().map { UInt32($0) }
    }
    /// Memory for all of them.
    func stretch() -> RegionStretch {
      RegionStretch(count: indices.count, byteCount: byteCount, areFilled: false)
    }
  }

  private var pieces: Slots<Region?>
  private var small: Class
  private var records: Class
  private var large: Class
  /// Whether one was asked for in vain, and whether one has come back since.
  private var isShort = false
  private var hasReturned = false

  init(_ sizes: Sizes) {
    let small = Class(sizes.connections, of: sizes.carryBytes, from: 0)
    let records = Class(sizes.records, of: sizes.recordBytes, from: small.indices.upperBound)
    let large = Class(sizes.largeCarries, of: sizes.largeCarryBytes, from: records.indices.upperBound)
    require(small.byteCount <= large.byteCount, "a large piece is larger than a small one")
    var smallPieces = small.stretch()
    var recordPieces = records.stretch()
    var largePieces = large.stretch()
    pieces = Slots(large.indices.upperBound) { index in
      let id = RegionID(rawValue: UInt32(index))
      if small.indices.contains(index) { return smallPieces.region(id: id, byteCount: small.byteCount) }
      if records.indices.contains(index) { return recordPieces.region(id: id, byteCount: records.byteCount) }
      return largePieces.region(id: id, byteCount: large.byteCount)
    }
    (self.small, self.records, self.large) = (small, records, large)
  }

  /// No message is larger.
  var largeBytes: Int { large.byteCount }

  /// Lends a piece that holds `count` bytes of a message; `nil` when none is free or none is that large.
  mutating func lend(_ count: Int) -> Region? {
    if count <= small.byteCount, let index = small.free.popLast() { return pieces[Int(index)].take() }
    guard count <= large.byteCount, let index = large.free.popLast() else {
      isShort = true
      return nil
    }
    return pieces[Int(index)].take()
  }

  /// Lends a piece that holds any TLS record; `nil` when none is free.
  mutating func lendForRecord() -> Region? {
    guard let index = records.free.popLast() else {
      isShort = true
      return nil
    }
    return pieces[Int(index)].take()
  }

  /// Takes a piece back.
  mutating func giveBack(_ piece: consuming Region) {
    let index = piece.id.rawValue
    piece.count = 0
    pieces[Int(index)] = consume piece
    hasReturned = isShort
    if small.indices.contains(Int(index)) {
      small.free.append(index)
    } else if records.indices.contains(Int(index)) {
      records.free.append(index)
    } else {
      large.free.append(index)
    }
  }

  /// Whether a piece has come back that somebody waits for; once.
  mutating func hasNews() -> Bool {
    guard hasReturned else { return false }
    (isShort, hasReturned) = (false, false)
    return true
  }
}
