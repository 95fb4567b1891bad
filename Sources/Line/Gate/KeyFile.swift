internal import Events

/// The file of API keys: a line a key, comments and blank lines between.
///
///     # id        digest of the secret     topics              made
///     k7mq2xw5ab  sha256:9f86d0…           topics=orders,iot-*  created=2026-01-31T12:00:00Z
///     p3nd8rt4vu  sha256:60303a…           topics=*             created=2026-02-01T08:30:00Z revoked
///     h4xw9tq2zc  certificate:*.plant4.example  topics=iot-*    created=2026-02-01T08:30:00Z
///
/// A key's number is its place among the keys, counted from 1, and events remember it: so a line is marked as revoked
/// rather than removed. All functions are pure; reading, writing and the file's mode are the caller's.
public struct KeyFile: Sendable, Equatable {
  /// One key.
  public struct Entry: Sendable, Equatable {
    /// What opens it.
    public enum Credential: Sendable, Equatable {
      /// The secret with this SHA-256.
      case secret(Digest)
      /// A client's certificate of this name, or of a name that matches: one `*` stands for anything.
      case certificate(String)
    }
    /// Its public name.
    public let id: String
    /// What opens it.
    public let credential: Credential
    /// The topics it may write: names, prefixes ending in `*`, or `*`.
    public let topics: [String]
    /// When it was made, in RFC 3339.
    public let created: String
    /// Whether it opens nothing any more.
    public var isRevoked = false

    /// A key as the file keeps it.
    public init(id: String, _ credential: Credential, topics: [String], created: String, isRevoked: Bool = false) {
      (self.id, self.credential, self.topics, self.created) = (id, credential, topics, created)
      self.isRevoked = isRevoked
    }
    /// Its line in the file.
    public var line: String {
      let mark = isRevoked ? " revoked" : ""
      let opener =
        switch credential {
        case .secret(let digest): "sha256:\(digest.hex)"
        case .certificate(let name): "certificate:\(KeyFile.escaped(name))"
        }
      return "\(id) \(opener) topics=\(topics.joined(separator: ",")) created=\(created)\(mark)"
    }
  }

  /// Keys a file may hold: events name them by number and every shard holds their grants.
  public static let entriesMax = 100_000

  /// The whole file, comments included.
  public let text: String
  /// The keys, in the order of the file.
  public let entries: [Entry]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - text: its contents.
  ///   - file: what mistakes call it.
  /// - Throws: every mistake, in the order of the file. Bound: 100.
  public init(_ text: String, file: String) throws(KeyFileMistakes) {
    var entries: [Entry] = []
    var places: [String: Int] = [:]
    var mistakes: [KeyFileMistake] = []
    var number = 0
    for line in Self.lines(of: text) {
      number += 1
      let words = Self.words(of: line)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      do throws(LineMistake) {
        let entry = try Self.entry(words)
        if let place = places[entry.id] {
          throw LineMistake(found: "key '\(entry.id)' for the second time; line \(place) has it", expected: nil)
        }
        guard entries.count < Self.entriesMax else {
          throw LineMistake(found: "more than \(Self.entriesMax) keys", expected: nil)
        }
        places[entry.id] = number
        entries.append(entry)
      } catch {
        guard mistakes.count < 100 else { break }
        mistakes.append(KeyFileMistake(file: file, line: number, found: error.found, expected: error.expected))
      }
    }
    guard mistakes.isEmpty else { throw KeyFileMistakes(all: mistakes) }
    (self.text, self.entries) = (text, entries)
  }

  /// A file without keys.
  public init() { (text, entries) = ("", []) }
  private init(text: String, entries: [Entry]) { (self.text, self.entries) = (text, entries) }

  /// The file with one more key, or `nil` when it has a key of that id or no room for another.
  public func adding(_ entry: Entry) -> KeyFile? {
    guard entries.count < Self.entriesMax, !entries.contains(where: { $0.id == entry.id }) else { return nil }
    let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    return KeyFile(text: text + end + entry.line + "\n", entries: entries + [entry])
  }

  /// The file with a key marked as revoked, or `nil` when there is no such key.
  ///
  /// Everything else stays as it is.
  public func revoking(_ id: String) -> KeyFile? {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
    guard !entries[index].isRevoked else { return self }
    var entries = entries
    entries[index].isRevoked = true
    let lines = Self.lines(of: text).map { line -> String in
      let words = Self.words(of: line)
      return words.first.map { $0 == id } == true ? entries[index].line : String(line)
    }
    return KeyFile(text: lines.joined(separator: "\n"), entries: entries)
  }

  // By bytes, since CR LF is a single character, and a combining mark would hide the blank before it.
  private static func lines(of text: String) -> [Substring] {
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Substring($0) }
  }
  private static func words(of line: Substring) -> [Substring] {
    line.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { Substring($0) }
  }

  private struct LineMistake: Error {
    let found: String
    let expected: String?
  }

  private static func entry(_ words: [Substring]) throws(LineMistake) -> Entry {
    let id = String(words[0])
    guard APIKey.isID(id) else {
      // A secret put where the id belongs must not reach a log, so the text is not quoted.
      throw LineMistake(found: "no id of a key at the start", expected: "8 to 16 of 'a-z 0-9'")
    }
    guard words.count > 1, let credential = credential(words[1]) else {
      guard words.count > 1, words[1].hasPrefix("certificate:") else {
        throw LineMistake(found: "no digest of key '\(id)'", expected: "'sha256:' and 64 hexadecimal digits")
      }
      let expected = "a name with one '*' at the most, and '%20' and '%25' for blanks and '%'"
      throw LineMistake(found: "no name of key '\(id)'s certificates", expected: expected)
    }
    guard words.count > 2, words[2].hasPrefix("topics=") else {
      throw LineMistake(found: "no topics of key '\(id)'", expected: "'topics=' and names, 'prefix*' or '*'")
    }
    let topics = words[2].dropFirst(7).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for topic in topics where !isPattern(topic) {
      let expected = "a name of 'a-z A-Z 0-9 . _ -', 'prefix*' or '*'"
      throw LineMistake(found: "topic '\(printable(topic))' of key '\(id)'", expected: expected)
    }
    guard words.count > 3, words[3].hasPrefix("created="), isTimestamp(words[3].dropFirst(8)) else {
      let expected = "'created=' and a time such as '2026-01-31T12:00:00Z'"
      throw LineMistake(found: "no time of key '\(id)'", expected: expected)
    }
    guard words.count <= 4 || words.count == 5 && words[4] == "revoked" else {
      throw LineMistake(found: "more than a key '\(id)' has", expected: "'revoked' or the end of the line")
    }
    return Entry(
      id: id,
      credential,
      topics: topics,
      created: String(words[3].dropFirst(8)),
      isRevoked: words.count == 5
    )
  }

  private static func credential(_ word: Substring) -> Entry.Credential? {
    if word.hasPrefix("sha256:") { return Digest(hex: word.dropFirst(7)).map(Entry.Credential.secret) }
    guard word.hasPrefix("certificate:"), let name = unescaped(word.dropFirst(12)), isCertificateName(name) else {
      return nil
    }
    return .certificate(name)
  }
  /// Whether `text` can name certificates: 1 to 512 bytes, one `*` at the most.
  public static func isCertificateName(_ text: String) -> Bool {
    (1...512).contains(text.utf8.count) && text.utf8.count { $0 == UInt8(ascii: "*") } <= 1
      && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
  /// A name as a single word: blanks and `%` as `%20` and `%25`.
  static func escaped(_ name: String) -> String {
    name.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%25")
      .split(separator: " ", omittingEmptySubsequences: false).joined(separator: "%20")
  }
  private static func unescaped(_ word: Substring) -> String? {
    let parts = word.split(separator: "%", omittingEmptySubsequences: false)
    var name = String(parts[0])
    for part in parts.dropFirst() {
      guard part.hasPrefix("20") || part.hasPrefix("25") else { return nil }
      name += (part.hasPrefix("20") ? " " : "%") + part.dropFirst(2)
    }
    return name
  }

  /// Whether `text` can stand in a key's list of topics.
  public static func isPattern(_ text: String) -> Bool {
    text == "*" || Topic.isName(text.hasSuffix("*") ? String(text.dropLast()) : text)
  }

  /// Whether it looks like a time of RFC 3339 in UTC, to the second or finer.
  private static func isTimestamp(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    let shape = Array("0000-00-00T00:00:00".utf8)
    guard bytes.count >= 20, bytes.count <= 35, bytes.last == UInt8(ascii: "Z") else { return false }
    for (byte, wanted) in zip(bytes, shape) {
      guard wanted == UInt8(ascii: "0") ? byte >= 0x30 && byte <= 0x39 : byte == wanted else { return false }
    }
    let rest = bytes[19..<(bytes.count - 1)]
    return rest.isEmpty
      || rest.count > 1 && rest.first == UInt8(ascii: ".")
        && rest.dropFirst().allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }

  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(40).map { $0.value > 0x20 && $0.value < 0x7F ? $0 : "?" })
    )
  }
}

/// One thing wrong in a file of keys.
public struct KeyFileMistake: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as it was named to us.
  public let file: String
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong.
  ///
  /// Never more of the line than ids and topics.
  public let found: String
  /// What would have been right.
  public let expected: String?
  /// As a compiler would print it.
  public var description: String {
    "\(file):\(line): \(found)" + (expected.map { "; expected \($0)" } ?? "")
  }
}

/// Everything wrong in one file of keys.
public struct KeyFileMistakes: Error, Sendable, Equatable, CustomStringConvertible {
  /// In the order of the file.
  ///
  /// Bound: 100.
  public let all: [KeyFileMistake]
  /// One a line.
  public var description: String { all.map(\.description).joined(separator: "\n") }
}
