internal import Bytes
internal import World

/// Memory for messages that straddle receive buffers: a small piece for every connection, a few large ones for all.
///
/// Pieces are lent while a message is incomplete, so an idle connection owns none.
struct Carries: ~Copyable {
  private var pieces: Slots<Region?>
  private var freeSmall: [UInt32]
  private var freeLarge: [UInt32]
  private let smallCount: Int
  private let smallBytes: Int
  /// No message is larger.
  let largeBytes: Int
  /// Whether one was asked for in vain, and whether one has come back since.
  private var isShort = false
  private var hasReturned = false

  init(_ sizes: Sizes) {
    let (smallCount, smallBytes, largeBytes) = (sizes.connections, sizes.carryBytes, sizes.largeCarryBytes)
    require(smallBytes <= largeBytes, "a large piece is larger than a small one")
    pieces = Slots(smallCount + sizes.largeCarries) { index in
      Region(id: RegionID(rawValue: UInt32(index)), byteCount: index < smallCount ? smallBytes : largeBytes)
    }
    freeSmall = (0..<UInt32(smallCount)).reversed()
    freeLarge = (UInt32(smallCount)..<UInt32(smallCount + sizes.largeCarries)).reversed()
    (self.smallCount, self.smallBytes, self.largeBytes) = (smallCount, smallBytes, largeBytes)
  }

  /// Lends a piece that holds `count` bytes; `nil` when none is free or none is that large.
  mutating func lend(_ count: Int) -> Region? {
    if count <= smallBytes, let index = freeSmall.popLast() { return pieces[Int(index)].take() }
    guard count <= largeBytes, let index = freeLarge.popLast() else {
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
    if Int(index) < smallCount { freeSmall.append(index) } else { freeLarge.append(index) }
  }

  /// Whether a piece has come back that somebody waits for; once.
  mutating func hasNews() -> Bool {
    guard hasReturned else { return false }
    (isShort, hasReturned) = (false, false)
    return true
  }

  /// How many large pieces are lent.
  var largeLent: Int { pieces.count - smallCount - freeLarge.count }
}
