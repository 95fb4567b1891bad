internal import Glibc
internal import Host
internal import Settings

/// What the admin listener answers to one path.
struct AdminPage {
  let status: Int
  let contentType: String
  let body: String

  static func text(_ body: String, status: Int = 200) -> AdminPage {
    AdminPage(status: status, contentType: "text/plain; charset=utf-8", body: body)
  }
}

/// The admin listener: a few plain pages over HTTP/1.1, a connection each, on the control thread at its own pace.
///
/// Bounds: 16 connections at a time, 4 KiB of request each, 2 s from its start to its end.
struct AdminServer: ~Copyable {
  private struct Client {
    let descriptor: Int32
    let untilNs: Int64
    var request: [UInt8] = []
    var answer: [UInt8] = []
    var sent = 0
  }

  private let listener: PlainListener
  private var clients: [Client] = []

  private static var clientsMax: Int { 16 }
  private static var requestBytesMax: Int { 4096 }
  private static var patienceNs: Int64 { 2_000_000_000 }

  init(_ address: ListenAddress) throws(HostFailure) { listener = try PlainListener(address.hostAddress) }
  deinit {
    for client in clients { _ = close(client.descriptor) }
  }

  /// Where it listens.
  var address: ListenerAddress { listener.address }

  /// What to wait for: the listener, then the clients.
  var descriptors: [Int32] { [listener.descriptor] + clients.map(\.descriptor) }

  /// Does what can be done without waiting.
  ///
  /// `ready` has a bit for each of `descriptors`.
  mutating func serve(_ ready: UInt64, nowNs: Int64, page: (String) -> AdminPage) {
    for index in clients.indices.reversed() {
      let isReadable = ready & (2 << UInt64(index)) != 0
      if isReadable || !clients[index].answer.isEmpty || clients[index].untilNs < nowNs {
        if advance(index, isReadable, nowNs, page) { clients.remove(at: index) }
      }
    }
    while ready & 1 != 0, clients.count < Self.clientsMax {
      guard let descriptor = listener.accept() else { break }
      clients.append(Client(descriptor: descriptor, untilNs: nowNs + Self.patienceNs))
      if advance(clients.count - 1, true, nowNs, page) { clients.removeLast() }
    }
  }

  /// Reads, answers and writes as far as it goes; says whether the client is gone.
  private mutating func advance(_ index: Int, _ isReadable: Bool, _ nowNs: Int64, _ page: (String) -> AdminPage) -> Bool
  {
    if clients[index].answer.isEmpty, isReadable {
      var buffer = [UInt8](repeating: 0, count: Self.requestBytesMax)
      let count = unsafe recv(clients[index].descriptor, &buffer, buffer.count, 0)
      if count > 0 { clients[index].request += buffer.prefix(count) }
      if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return leave(index) }
      clients[index].answer = answer(clients[index].request, page) ?? []
    }
    while clients[index].sent < clients[index].answer.count {
      let rest = Array(clients[index].answer[clients[index].sent...])
      let count = unsafe send(clients[index].descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { break }
      clients[index].sent += count
    }
    let isDone = !clients[index].answer.isEmpty && clients[index].sent == clients[index].answer.count
    return isDone || clients[index].untilNs < nowNs ? leave(index) : false
  }

  private func leave(_ index: Int) -> Bool {
    _ = close(clients[index].descriptor)
    return true
  }

  /// The answer to a request, or `nil` while its head is not complete.
  private func answer(_ request: [UInt8], _ page: (String) -> AdminPage) -> [UInt8]? {
    let text = String(decoding: request, as: UTF8.self).utf8
    guard let end = text.firstIndex(of: UInt8(ascii: "\r")) else {
      return request.count >= Self.requestBytesMax ? rendered(.text("Request too long.\n", status: 431)) : nil
    }
    let head = Array(request)
    guard head.count >= 4, contains(head, [13, 10, 13, 10]) else {
      return request.count >= Self.requestBytesMax ? rendered(.text("Request too long.\n", status: 431)) : nil
    }
    let words = String(Substring(text[..<end])).split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return rendered(.text("Malformed.\n", status: 400)) }
    guard words[0] == "GET" || words[0] == "HEAD" else { return rendered(.text("Only GET and HEAD.\n", status: 405)) }
    let path = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
    return rendered(page(String(path)), withBody: words[0] == "GET")
  }

  private func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
    guard bytes.count >= pattern.count else { return false }
    return (0...(bytes.count - pattern.count)).contains { Array(bytes[$0..<($0 + pattern.count)]) == pattern }
  }

  private func rendered(_ page: AdminPage, withBody: Bool = true) -> [UInt8] {
    let reasons = [200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"]
    let more = [431: "Request Header Fields Too Large", 503: "Service Unavailable"]
    let reason = reasons[page.status] ?? more[page.status] ?? ""
    var head = "HTTP/1.1 \(page.status) \(reason)\r\nContent-Type: \(page.contentType)\r\n"
    head += "Content-Length: \(page.body.utf8.count)\r\nCache-Control: no-store\r\nConnection: close\r\n"
    if page.status == 405 { head += "Allow: GET, HEAD\r\n" }
    return Array((head + "\r\n" + (withBody ? page.body : "")).utf8)
  }
}
