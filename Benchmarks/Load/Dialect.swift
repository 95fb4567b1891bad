/// One protocol, as the generator sees it: how a request looks, and how answers are told apart.
protocol Dialect {
  associatedtype Answers: AnswerReader
  /// How many bytes before an event's sequence its frame's request id stands; `nil` when requests have no number.
  var requestIDDistance: Int? { get }
  /// What a connection sends before its first request.
  var greeting: [UInt8] { get }
  /// Appends one request to `image`.
  mutating func appendRequest(to image: inout RequestImage)
}

/// Reads the answers of one connection.
protocol AnswerReader {
  init()
  /// The next answer in `bytes` from `offset` on, or `nil` when they are used up.
  mutating func next(in bytes: RawSpan, at offset: inout Int) throws(UnreadableAnswer) -> Answer?
}

/// One answer.
struct Answer {
  /// What it answers.
  enum Extent {
    /// The oldest request that has none.
    case next
    /// So many events that have none, the last of them with this request id.
    case events(UInt32, through: UInt32)
  }
  /// 200 and what else HTTP has; framed answers are translated.
  let status: UInt16
  let extent: Extent
}

/// Bytes that are no answer of the protocol: the connection can't be read any further.
struct UnreadableAnswer: Error {
  let why: StaticString
}

/// A connection's requests as bytes, and the places in them that change from one sending to the next.
struct RequestImage {
  /// Requests one behind the other.
  var bytes: [UInt8] = []
  /// Where each event's sequence begins.
  var sequencePlaces: [UInt32] = []
  /// Where each request ends.
  var ends: [Int] = []
}
