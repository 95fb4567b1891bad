/// What goes wrong, each once in so many chances; 0 for never.
public struct Faults: Sendable {
  /// Every receive is cut at a random place, everything completes late and in any order.
  public var isDisorderly = true
  /// A connection is reset when bytes could be delivered.
  public var resets = 400
  /// A multishot receive ends although nothing is wrong, and has to be armed again.
  public var receiveEnds = 4
  /// A peer stops reading answers for a while.
  public var readStalls = 20
  /// Accepting ends for want of descriptors.
  public var acceptEnds = 50
  /// A write fails, and leaves some of its blocks behind.
  public var writeFails = 0
  /// A segment that is asked for finds no room.
  public var prepareFails = 10
  /// UTC jumps by up to an hour in either direction.
  public var clockJumps = 200
  /// The usual amount of trouble.
  public init() {}
  /// None: everything succeeds at once and in order.
  public static var none: Faults {
    var faults = Faults()
    faults.isDisorderly = false
    (faults.resets, faults.receiveEnds, faults.readStalls, faults.acceptEnds) = (0, 0, 0, 0)
    (faults.writeFails, faults.prepareFails, faults.clockJumps) = (0, 0, 0)
    return faults
  }
}
