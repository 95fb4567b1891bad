internal import Bytes
internal import Events
public import Formats

/// Follows the commits of one segment, each of which must continue the one before.
public struct CommitChain: Sendable {
  /// The segment's header.
  public let header: SegmentHeader
  /// The sequence of the next commit.
  public private(set) var sequence: UInt64
  private var previous: UInt32

  /// Starts at a segment's first commit.
  public init(_ header: SegmentHeader) {
    self.header = header
    sequence = header.firstSequence
    previous = header.firstPrevious
  }

  /// Reads the commit at the start of `bytes` and steps past it when it continues the chain.
  ///
  /// - Returns: `.found` for the commit; `.damaged` also for a whole commit that belongs elsewhere, such as one of the
  ///   segment's earlier life.
  public mutating func adopt(_ bytes: RawSpan) -> CommitHeader.Reading {
    let reading = CommitHeader.read(bytes, secret: header.secret)
    guard case .found(let commit) = reading else { return reading }
    guard belongs(commit), commit.sequence == sequence, commit.previous == previous else { return .damaged }
    sequence += 1
    previous = commit.check
    return reading
  }

  /// Goes on behind a commit that was found some other way.
  mutating func resume(after commit: CommitHeader) {
    sequence = commit.sequence + 1
    previous = commit.check
  }

  /// Whether a commit was written to this use of this segment.
  public func belongs(_ commit: CommitHeader) -> Bool {
    commit.lane == header.segment.lane && commit.generation == header.generation && commit.epoch == header.epoch
  }
}
