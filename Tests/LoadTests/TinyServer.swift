import Foundation
import Synchronization

/// A server on a port of its own that reads HTTP requests, or frames, on one thread and answers each as the test says.
final class TinyServer: @unchecked Sendable {
  let port: UInt16
  private let listener: Int32
  private let respond: @Sendable (_ request: Int, _ bytes: Data) -> Reply
  private let isFramed: Bool
  private let tls: TinyTLS?
  private let wantsEnd = Atomic<Bool>(false)
  private let finished = DispatchSemaphore(value: 0)
  // SAFETY of @unchecked: only the thread touches these until `stop` has waited for its end.
  private var received = Data()
  private var requests = 0
  private(set) var connections = 0

  enum Reply {
    case bytes(String)
    case frame([UInt8])
    /// Closes the connection without an answer.
    case hangUp
    /// Never answers.
    case silence
  }

  convenience init(_ respond: @escaping @Sendable (_ request: Int) -> Reply) {
    self.init(framed: false) { request, _ in respond(request) }
  }
  init(framed: Bool, tls: TinyTLS? = nil, _ respond: @escaping @Sendable (_ request: Int, _ bytes: Data) -> Reply) {
    (self.respond, isFramed, self.tls) = (respond, framed, tls)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(listener, generic, length) == 0 && listen(listener, 128) == 0, "no listener")
        precondition(getsockname(listener, generic, &length) == 0)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    self.port = port
    Thread.detachNewThread { self.serve() }
  }

  /// Ends the thread and hands over every whole request that was received.
  func stop() -> String {
    wantsEnd.store(true, ordering: .releasing)
    finished.wait()
    return String(decoding: received, as: UTF8.self)
  }

  private func serve() {
    var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    var pending: [Int32: Data] = [:]
    while !wantsEnd.load(ordering: .acquiring) {
      _ = poll(&polled, nfds_t(polled.count), 20)
      for entry in polled where entry.revents != 0 {
        if entry.fd == listener {
          connections += 1
          polled.append(pollfd(fd: accept(listener, nil, nil), events: Int16(POLLIN), revents: 0))
        } else if !read(entry.fd, &pending) {
          close(entry.fd)
          pending[entry.fd] = nil
          tls?.forget(entry.fd)
          polled.removeAll { $0.fd == entry.fd }
        }
      }
    }
    for entry in polled { close(entry.fd) }
    finished.signal()
  }

  /// Whether the connection goes on.
  private func read(_ descriptor: Int32, _ pending: inout [Int32: Data]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    var bytes = Array(buffer[..<count])
    var isOver = false
    if let opened = tls?.open(descriptor, bytes) {
      if !opened.output.isEmpty { Self.send(opened.output, descriptor) }
      (bytes, isOver) = (opened.plaintext, opened.isOver)
    }
    pending[descriptor, default: Data()].append(contentsOf: bytes)
    while let length = isFramed ? Self.frameBytes(pending[descriptor]!) : Self.requestBytes(pending[descriptor]!) {
      let request = Data(pending[descriptor]!.prefix(length))
      pending[descriptor] = Data(pending[descriptor]!.dropFirst(length))
      // Whole requests, for pieces of several connections would tear them apart.
      received.append(request)
      defer { requests += 1 }
      switch respond(requests, request) {
      case .frame(let bytes): answer(bytes, descriptor)
      case .silence: continue
      case .hangUp: return false
      case .bytes(let text): answer(Array(text.utf8), descriptor)
      }
    }
    return !isOver
  }
  private func answer(_ bytes: [UInt8], _ descriptor: Int32) {
    Self.send(tls?.seal(descriptor, bytes) ?? bytes, descriptor)
  }
  private static func send(_ bytes: [UInt8], _ descriptor: Int32) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
  private static func frameBytes(_ data: Data) -> Int? {
    guard data.count >= 4 else { return nil }
    let total = 4 + data.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    return data.count >= total ? total : nil
  }
  private static func requestBytes(_ data: Data) -> Int? {
    guard let head = data.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let text = String(decoding: data[..<head.lowerBound], as: UTF8.self)
    let length = Int(text.firstMatch(of: /Content-Length: (\d+)/)!.output.1)!
    let total = head.upperBound - data.startIndex + length
    return data.count >= total ? total : nil
  }
}
