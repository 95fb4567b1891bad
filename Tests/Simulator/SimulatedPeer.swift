public import World

/// One client's end of a connection: what it sends, how it behaves, and what it was answered.
public struct SimulatedPeer: Sendable {
  /// Where it connects to.
  public let listener: ListenerID
  /// Where it comes from.
  public var source: UInt128 = 1
  /// All it will ever send.
  public var toServer: [UInt8]
  /// All it was sent.
  public private(set) var fromServer: [UInt8] = []
  /// Whether it says that it is done once everything is delivered.
  public var finishes = true
  /// Whether it never reads an answer.
  public var isMute = false
  /// Whether it stops in the middle of what it sends and says no more: after so many bytes.
  public var fallsSilentAfter: Int?
  /// Whether the server has closed the connection.
  public internal(set) var isClosed = false
  /// Whether the connection broke under it.
  public internal(set) var isReset = false

  var delivered = 0
  var connection: UInt32?
  var isReceiving = false
  var hasStarved = false
  var isSending = false
  var isStalled = false
  var isShut = false
  var saidDone = false

  /// A client that sends `bytes`, says that it is done, and reads all answers.
  public init(to listener: ListenerID, sending bytes: [UInt8]) { (self.listener, toServer) = (listener, bytes) }

  /// Whether it has connected.
  public var isAccepted: Bool { connection != nil || isClosed }
  var deliverable: Int { min(toServer.count, fallsSilentAfter ?? .max) - delivered }
  var isDone: Bool { finishes && fallsSilentAfter == nil && delivered == toServer.count }
  mutating func take(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe fromServer.append(contentsOf: $0) }
  }
}
