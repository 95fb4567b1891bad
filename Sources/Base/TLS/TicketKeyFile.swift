/// The file of the keys that seal session tickets, shared by all shards, by restarts and by nodes.
///
///     sluice-ticket-keys 1
///     rotated 2026-01-31T12:00:00Z
///     next     4be1…  2026-01-31T12:00:00Z aes:9f86… hmac:60303a…
///     current  c07d…  2026-01-31T04:00:00Z aes:1b4f… hmac:fd61a0…
///     previous 77aa…  2026-01-30T20:00:00Z aes:a4ad… hmac:0b5391…
///
/// Keys move on together: next becomes current, current becomes previous, previous is gone. Every node knows a key
/// before the first of them seals with it, so nodes need not move on at the same moment. All functions are pure;
/// reading, locking, writing and the file's mode are the caller's.
public struct TicketKeyFile: Sendable, Equatable {
  /// One key.
  public struct Key: Sendable, Equatable {
    /// 16 bytes that stand in front of every ticket it seals.
    public let name: [UInt8]
    /// When it was made, in seconds since 1970.
    public let madeSeconds: Int64
    /// For AES-256, 32 bytes.
    let encryption: [UInt8]
    /// For HMAC-SHA-256, 32 bytes.
    let authentication: [UInt8]

    /// Draws a key.
    public static func make(atSeconds madeSeconds: Int64, using random: inout some RandomNumberGenerator) -> Key {
      func draw(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
      return Key(name: draw(16), madeSeconds: madeSeconds, encryption: draw(32), authentication: draw(32))
    }
    fileprivate var ticketKey: TicketKey {
      TicketKey(name: name, encryption: encryption, authentication: authentication, createdSeconds: madeSeconds)
    }
    /// The name's first bytes, enough to tell keys apart where people look.
    public var label: String { hexadecimal(name.prefix(4)) }
  }
  /// What a key is used for.
  public enum State: String, Sendable, CaseIterable {
    /// Opens tickets of nodes that have moved on already.
    case next
    /// Seals and opens.
    case current
    /// Opens what it sealed before.
    case previous
  }

  /// The first line of a file.
  private static let title = "sluice-ticket-keys 1"
  /// Bytes of a file at the most, comments included.
  public static let bytesMax = 64 << 10

  /// When the current key began to seal, in seconds since 1970.
  public let rotatedSeconds: Int64
  /// Opens tickets of nodes that have moved on already.
  public let next: Key?
  /// Seals and opens.
  public let current: Key
  /// Opens what it sealed before.
  public let previous: Key?

  private init(rotatedSeconds: Int64, next: Key?, current: Key, previous: Key?) {
    (self.rotatedSeconds, self.next, self.current, self.previous) = (rotatedSeconds, next, current, previous)
  }

  /// A file that has just been made.
  public static func make(atSeconds now: Int64, using random: inout some RandomNumberGenerator) -> TicketKeyFile {
    let current = Key.make(atSeconds: now, using: &random)
    return TicketKeyFile(
      rotatedSeconds: now,
      next: .make(atSeconds: now, using: &random),
      current: current,
      previous: nil
    )
  }

  /// The file with all keys moved on.
  ///
  /// A file without a next key gets a fresh current one, which other nodes learn of only by this file.
  public func rotated(atSeconds now: Int64, using random: inout some RandomNumberGenerator) -> TicketKeyFile {
    let current = next ?? .make(atSeconds: now, using: &random)
    let next = Key.make(atSeconds: now, using: &random)
    return TicketKeyFile(rotatedSeconds: now, next: next, current: current, previous: self.current)
  }

  /// Whether the keys should move on.
  ///
  /// A time of the last rotation that lies further ahead than the next one could is a clock's mistake, which must not
  /// keep the keys for ever.
  public func isDue(everySeconds: Int64, atSeconds now: Int64) -> Bool {
    let age = now - rotatedSeconds
    return age >= everySeconds || age < -everySeconds
  }

  /// The keys with what they are used for, in the order of the file.
  public var entries: [(state: State, key: Key)] {
    [(State.next, next), (.current, current), (.previous, previous)].compactMap { state, key in
      key.map { (state, $0) }
    }
  }

  /// The keys as contexts take them.
  public var keys: TicketKeys {
    TicketKeys(current: current.ticketKey, next: next?.ticketKey, previous: previous?.ticketKey)
  }

  /// The whole file.
  ///
  /// It is as secret as the keys.
  public var text: String {
    var text = "\(Self.title)\nrotated \(utcText(rotatedSeconds))\n"
    for (state, key) in entries {
      let pad = String(repeating: " ", count: 8 - state.rawValue.utf8.count)
      text += "\(state.rawValue)\(pad) \(hexadecimal(key.name[...])) \(utcText(key.madeSeconds)) "
      text += "aes:\(hexadecimal(key.encryption[...])) hmac:\(hexadecimal(key.authentication[...]))\n"
    }
    return text
  }
}

/// What is wrong in a file of ticket keys; never any of its keys.
public struct TicketKeyFileMistake: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as it was named to us.
  public let file: String
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong.
  public let found: String
  /// What would have been right.
  public let expected: String
  /// As a compiler would print it.
  public var description: String { "\(file):\(line): \(found); expected \(expected)" }
}

extension TicketKeyFile {
  /// Reads a file.
  ///
  /// Blank lines and lines that start with `#` are skipped.
  ///
  /// - Parameters:
  ///   - bytes: its contents.
  ///   - file: what a mistake calls it.
  /// - Throws: the first thing that is wrong.
  public init(_ bytes: [UInt8], file: String) throws(TicketKeyFileMistake) {
    var number = 0
    func mistake(_ found: String, _ expected: String) -> TicketKeyFileMistake {
      TicketKeyFileMistake(file: file, line: max(number, 1), found: found, expected: expected)
    }
    guard bytes.count <= Self.bytesMax else {
      throw mistake("a file of \(bytes.count) bytes", "\(Self.bytesMax) at most")
    }
    var hasTitle = false
    var rotated: Int64?
    var keys: [State: Key] = [:]
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      guard hasTitle else {
        guard words.joined(separator: " ") == Self.title else {
          let isNewer = first == "sluice-ticket-keys"
          throw mistake(isNewer ? "another version of the format" : "no file of ticket keys", "'\(Self.title)'")
        }
        hasTitle = true
        continue
      }
      if first == "rotated" {
        guard rotated == nil else { throw mistake("'rotated' for the second time", "it once") }
        guard words.count == 2, let seconds = seconds(ofUTC: words[1]) else {
          throw mistake("no time of the last rotation", "'rotated 2026-01-31T12:00:00Z'")
        }
        rotated = seconds
        continue
      }
      guard let state = State(rawValue: first) else {
        throw mistake("a line that is none", "'rotated', 'next', 'current' or 'previous' at its start")
      }
      guard keys[state] == nil else { throw mistake("a '\(first)' key for the second time", "one of each") }
      guard let key = Self.key(words) else {
        throw mistake("no '\(first)' key", "32 hexadecimal digits, a time, 'aes:' and 'hmac:' with 64 each")
      }
      guard !keys.values.contains(where: { $0.name == key.name }) else {
        throw mistake("a '\(first)' key with the name of another", "a name of its own")
      }
      keys[state] = key
    }
    guard hasTitle else { throw mistake("an empty file", "'\(Self.title)'") }
    guard let rotated else { throw mistake("no time of the last rotation", "'rotated 2026-01-31T12:00:00Z'") }
    guard let current = keys[.current] else { throw mistake("no 'current' key", "one") }
    self.init(rotatedSeconds: rotated, next: keys[.next], current: current, previous: keys[.previous])
  }

  private static func key(_ words: [String]) -> Key? {
    guard words.count == 5, let name = bytes(ofHexadecimal: words[1][...], count: 16),
      let made = seconds(ofUTC: words[2]), words[3].hasPrefix("aes:"), words[4].hasPrefix("hmac:"),
      let encryption = bytes(ofHexadecimal: words[3].dropFirst(4), count: 32),
      let authentication = bytes(ofHexadecimal: words[4].dropFirst(5), count: 32)
    else { return nil }
    return Key(name: name, madeSeconds: made, encryption: encryption, authentication: authentication)
  }
}

private func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
private func bytes(ofHexadecimal text: Substring, count: Int) -> [UInt8]? {
  guard text.utf8.count == 2 * count else { return nil }
  var bytes: [UInt8] = []
  var high: UInt8?
  for digit in text.utf8 {
    guard digit != 0x2B, let value = UInt8(String(decoding: [digit], as: UTF8.self), radix: 16) else { return nil }
    if let first = high { bytes.append(first << 4 | value) }
    high = high == nil ? value : nil
  }
  return bytes
}

/// Days from 1970-01-01 to the first of March of a year; years begin there, so that a leap day ends one.
///
/// Source: the rule of the Gregorian calendar, ISO 8601 §4.2.1.
private func days(toMarchOf year: Int64) -> Int64 { 365 * year + year / 4 - year / 100 + year / 400 - 719_468 }
/// Days from the first of March to the first of a month that is so many months later.
private func days(toMonth month: Int64) -> Int64 { (153 * month + 2) / 5 }

/// A time as `2026-01-31T12:00:00Z`; the years 1 to 9999.
private func utcText(_ seconds: Int64) -> String {
  let (day, rest) = (seconds / 86_400, seconds % 86_400)
  var year = (day + 719_468) / 365
  while days(toMarchOf: year) > day { year -= 1 }
  let dayOfYear = day - days(toMarchOf: year)
  var month: Int64 = 11
  while days(toMonth: month) > dayOfYear { month -= 1 }
  func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + "\(value)" }
  let calendarYear = "\(10_000 + (month >= 10 ? year + 1 : year))".dropFirst()
  let date = "\(calendarYear)-\(two((month + 2) % 12 + 1))-\(two(dayOfYear - days(toMonth: month) + 1))"
  return "\(date)T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
}
/// The seconds since 1970 of a time as `utcText` writes it, from 1970 on.
private func seconds(ofUTC text: String) -> Int64? {
  let bytes = Array(text.utf8)
  guard bytes.count == 20 else { return nil }
  var fields: [Int64] = [0]
  for (byte, shape) in zip(bytes, "0000-00-00T00:00:00Z".utf8) {
    if shape == 0x30 {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      fields[fields.count - 1] = fields[fields.count - 1] * 10 + Int64(byte - 0x30)
    } else {
      guard byte == shape else { return nil }
      fields.append(0)
    }
  }
  let (year, month, day) = (fields[0], fields[1], fields[2])
  guard year >= 1970, (1...12).contains(month), day >= 1, fields[3] < 24, fields[4] < 60, fields[5] < 60 else {
    return nil
  }
  let fromMarch = (month + 9) % 12
  let seconds =
    (days(toMarchOf: month < 3 ? year - 1 : year) + days(toMonth: fromMarch) + day - 1) * 86_400
    + fields[3] * 3600 + fields[4] * 60 + fields[5]
  // A day that its month does not have would be written as another.
  return utcText(seconds) == text ? seconds : nil
}
