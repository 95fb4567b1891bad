internal import Accept
internal import Bytes
internal import Decode
internal import Events
internal import World

/// Connections that a balancer forwards: the header of the PROXY protocol says for whom.
extension Shard where M: ~Copyable {
  /// Reads the header at the start of a connection; `nil` once it is over.
  mutating func introduce(_ id: ConnectionID, _ buffer: BufferID, _ count: Int) -> Connection.Progress? {
    let index = Int(id.rawValue)
    // A header in pieces is gathered where messages are.
    let held = connections[index].carriedCount
    switch readHeader(index, buffer, count) {
    case nil: return .stalled
    case .needs: return .used
    case .malformed:
      counters.headersRefused &+= 1
      fail(id)
      return .finished
    case .complete(let source, let consumed):
      require(consumed > held, "a header that was not whole is whole by what came behind")
      connections[index].drop(&carries)
      if connections[index].isSecure {
        channels[index].position = consumed - held
      } else {
        connections[index].position = consumed - held
      }
      if let source { connections[index].source = source.address }
      connections[index].threshold = connections[index].isSecure ? .handshake : .none
      admit(id)
      return connections[index].isBroken ? .finished : nil
    }
  }

  /// Reads what there is of a header, and keeps it when it is not whole; `nil` when there is no room for that.
  private mutating func readHeader(_ index: Int, _ buffer: BufferID, _ count: Int) -> ProxyHeader? {
    let bytes = machine.bytes(of: buffer, count: count)
    guard var piece = connections[index].carry.take() else {
      let header = ProxyHeader.read(bytes)
      guard case .needs = header else { return header }
      guard var piece = carries.lend(ProxyHeader.blockBytesMax) else { return nil }
      piece.append(bytes.extracting(0..<min(count, piece.room)))
      connections[index].carry = consume piece
      return header
    }
    let held = piece.count
    piece.append(bytes.extracting(0..<min(count, ProxyHeader.blockBytesMax - held)))
    let header = ProxyHeader.read(piece.bytes)
    connections[index].carry = consume piece
    return header
  }
}
