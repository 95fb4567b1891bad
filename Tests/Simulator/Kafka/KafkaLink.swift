/// A broker's end of a connection: bytes come in pieces of any size, and answers go when it is time.
///
///     receive(_:) ─▶ frames, one at a time ─▶ KafkaCluster ─▶ takeOutput()
///
/// `deadlineMs`, `output` and `isClosed` change with `receive` and `advance` alone.
public struct KafkaLink: Sendable {
  /// The connection in its cluster.
  public let connection: KafkaConnectionID
  /// What is to be sent.
  public private(set) var output: [UInt8] = []
  /// Whether the broker ends the connection once all output is sent.
  public private(set) var isClosed = false
  private var received: [UInt8] = []
  private var place = 0
  private var answer: KafkaAnswer?
  private var mutedUntilMs: Int64?

  /// Connects; `nil` when the broker is down.
  public init?(to broker: Int32, of cluster: inout KafkaCluster) {
    guard let connection = cluster.connect(to: broker) else { return nil }
    self.connection = connection
  }

  /// When to call `advance` at the latest; `nil` when only the client can go on.
  public var deadlineMs: Int64? { answer?.atMs ?? mutedUntilMs }
  /// Whether it is worth reading on; while a broker works on a request, it leaves what follows in the network.
  public var isReading: Bool { !isClosed && deadlineMs == nil }

  /// Takes bytes of the client, and answers what can be answered.
  public mutating func receive(_ bytes: [UInt8], for cluster: inout KafkaCluster, nowMs: Int64) {
    received += bytes
    advance(cluster: &cluster, nowMs: nowMs)
  }

  /// Goes on with what is due.
  public mutating func advance(cluster: inout KafkaCluster, nowMs: Int64) {
    while !isClosed {
      if let due = answer {
        guard due.atMs <= nowMs else { break }
        // What a broker owed when it died stays unsaid.
        guard due.closes || cluster.isOpen(connection) else { return isClosed = true }
        output += due.bytes
        (answer, isClosed, mutedUntilMs) = (nil, due.closes, due.mutedUntilMs)
      }
      guard cluster.isOpen(connection) || isClosed else { return isClosed = true }
      if let until = mutedUntilMs {
        guard until <= nowMs else { break }
        mutedUntilMs = nil
      }
      guard !isClosed, let frame = cut(bytesMax: cluster.requestBytesMax(on: connection)) else { break }
      answer = cluster.answer(frame, on: connection, nowMs: nowMs)
    }
    if isClosed { cluster.disconnect(connection) }
  }

  /// The client's end is gone.
  public mutating func close(cluster: inout KafkaCluster) {
    cluster.disconnect(connection)
    isClosed = true
  }
  /// Takes what is to be sent.
  public mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// The next whole frame; a size that no request has ends the connection.
  private mutating func cut(bytesMax: Int) -> [UInt8]? {
    guard received.count - place >= 4 else { return nil }
    let size = Int(Int32(bitPattern: received[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }))
    guard size >= 0, size <= bytesMax else {
      isClosed = true
      return nil
    }
    guard received.count - place - 4 >= size else { return nil }
    let frame = Array(received[place + 4..<place + 4 + size])
    place += 4 + size
    if place == received.count || place > 1 << 16 {
      received.removeFirst(place)
      place = 0
    }
    return frame
  }
}
