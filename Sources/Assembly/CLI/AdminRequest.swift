/// What a client asks of the admin listener.
struct AdminRequest: Equatable {
  let method: String
  /// Without what stands behind a question mark.
  let path: String
  /// The value of its field `Authorization`; empty without one.
  var authorization = ""
  /// How many bytes its body has, as it says; `nil` when it says nothing, or nothing that is a number.
  var bodyBytes: Int?
  /// Its body, once that was asked for and is there.
  var body: [UInt8] = []

  /// Reads a head without the empty line behind it; `nil` when it is none.
  init?(head: ArraySlice<UInt8>) {
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
    method = String(words[0])
    path = String(words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0])
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      let value = parts[1].drop { $0 == " " || $0 == "\t" }
      switch parts[0].lowercased() {
      case "authorization": authorization = String(value)
      case "content-length": bodyBytes = value.allSatisfy { $0.isASCII && $0.isNumber } ? Int(value) : nil
      default: break
      }
    }
  }

  /// Whether it is for pages, which is all that most paths are for.
  var isForPages: Bool { method == "GET" || method == "HEAD" }

  /// Where a head ends in bytes: the first of the empty line's four.
  static func end(of bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (0...(bytes.count - 4)).first { at in
      bytes[at] == 13 && bytes[at + 1] == 10 && bytes[at + 2] == 13 && bytes[at + 3] == 10
    }
  }
}

/// What the admin listener answers.
struct AdminPage {
  let status: Int
  let contentType: String
  let body: String
  /// The methods that are taken, where another one was used.
  var allowed = "GET, HEAD"

  static func text(_ body: String, status: Int = 200) -> AdminPage {
    AdminPage(status: status, contentType: "text/plain; charset=utf-8", body: body)
  }
  static func json(_ body: String, status: Int = 200) -> AdminPage {
    AdminPage(status: status, contentType: "application/json", body: body)
  }
  /// Another method is meant.
  static func only(_ allowed: String) -> AdminPage {
    var page = text("Only \(allowed.split(separator: ", ").joined(separator: " and ")).\n", status: 405)
    page.allowed = allowed
    return page
  }

  private static let reasons = [
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
    411: "Length Required", 413: "Content Too Large", 431: "Request Header Fields Too Large",
    503: "Service Unavailable", 504: "Gateway Timeout",
  ]

  /// As it is sent.
  func rendered(withBody: Bool) -> [UInt8] {
    var head = "HTTP/1.1 \(status) \(Self.reasons[status] ?? "")\r\nContent-Type: \(contentType)\r\n"
    head += "Content-Length: \(body.utf8.count)\r\nCache-Control: no-store\r\nConnection: close\r\n"
    if status == 405 { head += "Allow: \(allowed)\r\n" }
    if status == 401 { head += "WWW-Authenticate: Bearer\r\n" }
    return Array((head + "\r\n" + (withBody ? body : "")).utf8)
  }
}
