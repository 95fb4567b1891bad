import Glibc

/// One HTTP answer.
struct HTTPAnswer: Equatable {
  var status: Int
  var head = ""
  var body = ""

  /// The value of a header field, by its name in lower case.
  func field(_ name: String) -> String? {
    for line in head.split(separator: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].lowercased() == name { return String(parts[1].drop { $0 == " " }) }
    }
    return nil
  }
  /// The whole number that stands behind `"name":` in the body.
  func number(_ name: String) -> UInt64? {
    let body = body[...]
    guard let place = body.range(of: "\"\(name)\":") else { return nil }
    return UInt64(body[place.upperBound...].prefix { $0.isNumber })
  }
}

/// A blocking TCP connection over loopback.
final class Socket {
  let descriptor: Int32
  private var held: [UInt8] = []
  private var at = 0
  /// Whether the peer has ended, by FIN or by RST.
  private(set) var isEnded = false

  /// Connects; `nil` when that is refused or takes `seconds`, which bounds every send and receive as well.
  init?(port: UInt16, seconds: Int = 30) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    guard connect(descriptor, to: port) == 0 else {
      close(descriptor)
      return nil
    }
  }
  deinit { close(descriptor) }

  /// Sends all of it; says whether that worked.
  @discardableResult func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
  @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Says that nothing more will be sent.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }
  /// Ends at once, with a reset.
  func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }

  /// Receives what there is; false at the end.
  private func receive() -> Bool {
    if at > 1 << 16 {
      held.removeFirst(at)
      at = 0
    }
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        isEnded = count == 0 || errno != EAGAIN
        return false
      }
      held += piece.prefix(count)
      return true
    }
  }

  /// Exactly so many bytes, or `nil`.
  func read(_ count: Int) -> ArraySlice<UInt8>? {
    while held.count - at < count { guard receive() else { return nil } }
    defer { at += count }
    return held[at..<at + count]
  }
  /// Whether the peer ends without saying anything more.
  func endsSilently() -> Bool {
    guard at == held.count else { return false }
    return !receive() && isEnded
  }
  /// Everything until the end.
  func readAll() -> String {
    while receive() {}
    defer { at = held.count }
    return String(decoding: held[at...], as: UTF8.self)
  }

  /// One HTTP answer, or `nil` at the end or when it is none.
  func readAnswer() -> HTTPAnswer? {
    guard let head = readHead() else { return nil }
    let lines = head.split(separator: "\r\n")
    guard let first = lines.first, first.hasPrefix("HTTP/1."), let status = Int(first.dropFirst(9).prefix(3)) else {
      return nil
    }
    var answer = HTTPAnswer(status: status, head: head)
    let count = answer.field("content-length").flatMap { Int($0.drop { $0 == " " }) } ?? 0
    guard let body = read(count) else { return nil }
    answer.body = String(decoding: body, as: UTF8.self)
    return answer
  }
  private func readHead() -> String? {
    var scanned = at
    while true {
      while scanned + 4 <= held.count {
        if held[scanned + 3] == 10, held[scanned + 2] == 13, held[scanned + 1] == 10, held[scanned] == 13 {
          defer { at = scanned + 4 }
          return String(decoding: held[at..<scanned + 4], as: UTF8.self)
        }
        scanned += 1
      }
      let before = at
      guard receive() else { return nil }
      scanned -= before - at
    }
  }

  /// One answer of the framed protocol, or `nil` at the end.
  func readFrame() -> Frame? {
    guard let prefix = read(4) else { return nil }
    let count = prefix.reduce(0) { $0 << 8 | Int($1) }
    guard (8...4096).contains(count), let rest = read(count) else { return nil }
    return Frame(Array(rest))
  }
}

/// A frame that a gateway sent.
struct Frame {
  enum Kind: UInt8 { case welcome = 0x81, bound, stored, pong, refused, goAway }
  let kind: Kind
  let alias: UInt16
  let request: UInt32
  let rest: [UInt8]

  init?(_ bytes: [UInt8]) {
    guard let kind = Kind(rawValue: bytes[0]) else { return nil }
    self.kind = kind
    alias = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    request = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
    rest = Array(bytes.dropFirst(8))
  }
  private func integer(_ at: Int, _ count: Int) -> UInt64 { rest[at..<at + count].reduce(0) { $0 << 8 | UInt64($1) } }

  /// How many events it settles.
  var events: Int { Int(integer(0, 4)) }
  /// Where they are; meaningful for `stored`.
  var lane: Int { Int(integer(4, 2)) }
  var first: UInt64 { integer(8, 8) }
  var last: UInt64 { integer(16, 8) }
  /// Whether they were set aside; meaningful for `stored`.
  var isAside: Bool { rest[7] & 1 != 0 }
  /// Why it was refused, as `Refusal.rawValue`.
  var reason: UInt8 { kind == .goAway ? rest[0] : rest[4] }
}

/// Frames that a client sends.
enum Sent {
  static func frame(_ kind: UInt8, parts: UInt8 = 0, alias: UInt16 = 0, request: UInt32, _ rest: [UInt8]) -> [UInt8] {
    let count = UInt32(8 + rest.count)
    var bytes = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    bytes += [kind, parts, UInt8(truncatingIfNeeded: alias >> 8), UInt8(truncatingIfNeeded: alias)]
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: request >> (24 - 8 * $0)) }
    return bytes + rest
  }
  static func bind(_ topic: String, alias: UInt16 = 0) -> [UInt8] {
    frame(2, alias: alias, request: 0, Array(topic.utf8))
  }
  static func event(_ payload: [UInt8], key: [UInt8]? = nil, alias: UInt16 = 0, request: UInt32) -> [UInt8] {
    guard let key else { return frame(3, alias: alias, request: request, payload) }
    let count = [UInt8(key.count >> 8), UInt8(truncatingIfNeeded: key.count)]
    return frame(3, parts: 4, alias: alias, request: request, count + key + payload)
  }
}

/// Connects a socket to a port of 127.0.0.1.
func connect(_ descriptor: Int32, to port: UInt16) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
