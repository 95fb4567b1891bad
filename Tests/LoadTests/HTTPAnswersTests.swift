import Testing

@testable import Load

struct HTTPAnswersTests {
  private static let stream = """
    HTTP/1.1 204 No Content\r\nServer: a\r\nConnection: keep-alive\r\n\r\n\
    HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: 11\r\nX: y\r\n\r\n{"a":"\r\n\r"}\
    HTTP/1.1 100 Continue\r\n\r\n\
    HTTP/1.0 503 Service Unavailable\r\nContent-Length:0\r\nRetry-After: 1\r\n\r\n\
    HTTP/1.1 404 \r\nContent-Length: 3\r\n\r\nno\n\
    HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n
    """
  private static let statuses: [UInt16] = [204, 200, 503, 404, 304]

  /// The statuses that come out when the bytes arrive in these pieces.
  private func statuses(_ pieces: [[UInt8]]) throws -> [UInt16] {
    var answers = HTTPAnswers()
    var found: [UInt16] = []
    for piece in pieces {
      var offset = 0
      let bytes = piece.span.bytes
      while let answer = try answers.next(in: bytes, at: &offset) { found.append(answer.status) }
      #expect(offset == piece.count)
    }
    return found
  }

  @Test func `answers are told apart wherever the stream is cut`() throws {
    let bytes = Array(Self.stream.utf8)
    #expect(try statuses([bytes]) == Self.statuses)
    #expect(try statuses(bytes.map { [$0] }) == Self.statuses)
    for cut in 1..<bytes.count {
      #expect(try statuses([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.statuses, "cut at \(cut)")
    }
  }

  @Test func `an answer counts with its last byte and not before`() throws {
    let bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd".utf8)
    #expect(try statuses([bytes.dropLast()]) == [])
    #expect(try statuses([bytes]) == [200])
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
      "HTTP/1.1 999 No\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
    ])
  func `what is no answer is said to be none`(text: String) {
    #expect(throws: UnreadableAnswer.self) { try statuses([Array(text.utf8)]) }
  }

  @Test func `a head without end is not kept for ever`() throws {
    let line = Array("HTTP/1.1 200 OK\r\n".utf8)
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1024)
    #expect(try statuses([line] + Array(repeating: piece, count: 15)) == [])
    #expect(throws: UnreadableAnswer.self) { try statuses([line] + Array(repeating: piece, count: 17)) }
  }

  @Test func `status sets are read as they are written`() throws {
    let set = try #require(StatusSet("2xx,301,400-404"))
    for status in [200, 204, 299, 301, 400, 404] as [UInt16] { #expect(set.contains(status)) }
    for status in [199, 300, 302, 399, 405, 599, 1000] as [UInt16] { #expect(!set.contains(status)) }
    for text in ["", "2x", "6xx", "abc", "404-400", "200,", "99", "1-2-3"] { #expect(StatusSet(text) == nil) }
  }
}
