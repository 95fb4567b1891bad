internal import Glibc
internal import Host
internal import Settings

/// The admin listener: a few plain pages over HTTP/1.1, a connection each, on the control thread at its own pace.
///
///     receive ─▶ next ─▶ answer, at once or later        ─▶ send
///                     ╰▶ await its body ─▶ next ─▶ answer ─╯
///
/// Bounds: 16 connections at a time, 4 KiB of head each, a body only where that was asked for, 2 s from its start to
/// its end unless an answer is waited for.
struct AdminServer: ~Copyable {
  /// Which connection, of all there ever were.
  struct ClientID: Hashable {
    let rawValue: UInt64
  }
  private enum Phase {
    case head
    case body
    /// Handed out by `next`.
    case asked
    case answered
  }
  private struct Client {
    let id: ClientID
    let descriptor: Int32
    var untilNs: Int64
    var phase = Phase.head
    var received: [UInt8] = []
    var headBytes = 0
    var request: AdminRequest?
    var answer: [UInt8] = []
    var sent = 0
    var isGone = false
  }

  private let listener: PlainListener
  private var clients: [Client] = []
  private var lastID: UInt64 = 0

  private static var clientsMax: Int { 16 }
  private static var headBytesMax: Int { 4096 }
  private static var receiveBytes: Int { 64 << 10 }
  private static var patienceNs: Int64 { 2_000_000_000 }

  init(_ address: ListenAddress) throws(HostFailure) { listener = try PlainListener(address.hostAddress) }
  deinit {
    for client in clients { _ = close(client.descriptor) }
  }

  /// Where it listens.
  var address: ListenerAddress { listener.address }

  /// What to wait for: the listener, then the clients.
  var descriptors: [Int32] { [listener.descriptor] + clients.map(\.descriptor) }

  /// Takes what can be had without waiting.
  ///
  /// `ready` has a bit for each of `descriptors`.
  mutating func receive(_ ready: UInt64, nowNs: Int64) {
    for index in clients.indices where ready & (2 << UInt64(index)) != 0 { receive(index) }
    while ready & 1 != 0, clients.count < Self.clientsMax {
      guard let descriptor = listener.accept() else { break }
      lastID += 1
      let id = ClientID(rawValue: lastID)
      clients.append(Client(id: id, descriptor: descriptor, untilNs: nowNs + Self.patienceNs))
      receive(clients.count - 1)
    }
  }
  private mutating func receive(_ index: Int) {
    var buffer = [UInt8](repeating: 0, count: Self.receiveBytes)
    let count = unsafe recv(clients[index].descriptor, &buffer, buffer.count, 0)
    if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { clients[index].isGone = true }
    // What comes while an answer is waited for, or after it, is not asked for.
    guard count > 0, clients[index].phase == .head || clients[index].phase == .body else { return }
    clients[index].received += buffer.prefix(count)
  }

  /// The next request whose head has come, and, where its body was waited for, the same one with it.
  ///
  /// That may change after every `receive` and `awaitBody`.
  mutating func next() -> (client: ClientID, request: AdminRequest)? {
    for index in clients.indices {
      switch clients[index].phase {
      case .head: if let request = readHead(index) { return (clients[index].id, request) }
      case .body: if let request = readBody(index) { return (clients[index].id, request) }
      case .asked, .answered: continue
      }
    }
    return nil
  }
  private mutating func readHead(_ index: Int) -> AdminRequest? {
    let received = clients[index].received
    guard let end = AdminRequest.end(of: received), end <= Self.headBytesMax else {
      if received.count >= Self.headBytesMax { answer(index, .text("Request too long.\n", status: 431)) }
      return nil
    }
    guard let request = AdminRequest(head: received[..<end]) else {
      answer(index, .text("Malformed.\n", status: 400))
      return nil
    }
    (clients[index].request, clients[index].headBytes, clients[index].phase) = (request, end + 4, .asked)
    return request
  }
  private mutating func readBody(_ index: Int) -> AdminRequest? {
    let client = clients[index]
    guard var request = client.request, let count = request.bodyBytes, client.received.count >= client.headBytes + count
    else { return nil }
    request.body = Array(client.received[client.headBytes..<client.headBytes + count])
    (clients[index].phase, clients[index].received) = (.asked, [])
    return request
  }

  /// Waits for a request's body, if it has no more than so many bytes.
  mutating func awaitBody(of client: ClientID, atMost bytesMax: Int) {
    guard let index = clients.firstIndex(where: { $0.id == client }) else { return }
    guard let count = clients[index].request?.bodyBytes else {
      return answer(index, .text("How long is it?\n", status: 411))
    }
    guard count <= bytesMax else { return answer(index, .text("The body is too large.\n", status: 413)) }
    clients[index].phase = .body
  }
  /// Waits for an answer until a time.
  mutating func awaitAnswer(for client: ClientID, untilNs: Int64) {
    guard let index = clients.firstIndex(where: { $0.id == client }) else { return }
    clients[index].untilNs = untilNs
  }
  /// Answers a request; one whose client has gone is forgotten.
  mutating func answer(_ client: ClientID, _ page: AdminPage) {
    if let index = clients.firstIndex(where: { $0.id == client }) { answer(index, page) }
  }
  private mutating func answer(_ index: Int, _ page: AdminPage) {
    clients[index].answer = page.rendered(withBody: clients[index].request?.method != "HEAD")
    clients[index].phase = .answered
  }

  /// Sends what can be sent without waiting, and closes what is over.
  mutating func send(nowNs: Int64) {
    for index in clients.indices.reversed() {
      while clients[index].sent < clients[index].answer.count {
        let rest = Array(clients[index].answer[clients[index].sent...])
        let count = unsafe Glibc.send(clients[index].descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
        guard count > 0 else { break }
        clients[index].sent += count
      }
      let isSent = clients[index].phase == .answered && clients[index].sent == clients[index].answer.count
      guard isSent || clients[index].isGone || clients[index].untilNs < nowNs else { continue }
      _ = close(clients[index].descriptor)
      clients.remove(at: index)
    }
  }
}
