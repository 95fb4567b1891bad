internal import Bytes

/// The file of redaction's keys: a line a key, comments and blank lines between.
///
///     sluice-redaction-keys 1
///     # key         purpose    state      made                  secret
///     pseudonym.1   pseudonym  retired    2026-01-31T12:00:00Z  hex:9f86…64 digits
///     pseudonym.2   pseudonym  active     2026-04-30T12:00:00Z  hex:60303a…
///     encrypt.1     encrypt    destroyed  2026-01-31T12:00:00Z  none
///     vault.1       encrypt    active     2026-01-31T12:00:00Z  wrapped:0a1b…
///
/// A name has one purpose, and one active key at the most. A line is never removed: what a destroyed key protected is
/// known to be gone, not merely missing. Secrets stay where the text is: an entry only knows their place. All functions
/// are pure; reading, locking, writing and the file's mode are the caller's.
public struct RedactionKeyFile: Sendable, Equatable {
  /// What stands for a key's secret.
  public enum Secret: Sendable, Equatable {
    /// 64 hexadecimal digits, at this place of the text.
    case digits(Range<Int>)
    /// What a key service turns into the secret, in hexadecimal digits at this place of the text.
    case wrapped(Range<Int>)
    /// Nothing: the key is destroyed.
    case none
  }
  /// One key.
  public struct Entry: Sendable, Equatable {
    /// Its name and epoch.
    public let id: KeyID
    /// What it is for.
    public let purpose: KeyPurpose
    /// What it is used for in its life.
    public let state: KeyState
    /// When it was made, in RFC 3339.
    public let made: String
    /// Where its secret is.
    public let secret: Secret
    /// Its line, from its first byte to behind its last.
    public let line: Range<Int>
  }

  /// The first line of a file.
  static let title = "sluice-redaction-keys 1"
  /// Bytes of a file at the most, comments included.
  public static let bytesMax = 256 << 10
  /// Hexadecimal digits of a wrapped secret at the most.
  public static let wrappedDigitsMax = 2048

  /// The keys, in the order of the file.
  public let entries: [Entry]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - text: its contents.
  ///   - file: what a mistake calls it.
  /// - Throws: the first mistake; it never quotes what may be a secret.
  public init(_ text: RawSpan, file: String) throws(RedactionKeyFileMistake) {
    var reading = KeyLines(file: file)
    guard text.byteCount <= Self.bytesMax else {
      throw reading.mistake("\(text.byteCount) bytes", "\(Self.bytesMax) at the most")
    }
    while reading.nextLine(text) {
      guard reading.hasTitle else {
        try reading.readTitle(text)
        continue
      }
      try reading.readEntry(text)
    }
    guard reading.hasTitle else { throw reading.mistake("an empty file", "'\(Self.title)'") }
    entries = reading.entries
  }

  /// The keys with the secrets that stand in the text that was read.
  ///
  /// - Parameters:
  ///   - text: what was read.
  ///   - staleAtNs: when they may no longer be used for fresh values; `.max` when they do not age.
  /// - Returns: them, in the order of the file.
  public func keys(_ text: RawSpan, staleAtNs: Int64 = .max) -> RedactionKeys {
    let secrets = SecretMemory(byteCount: entries.count * RedactionKeys.secretBytes)
    let keys = entries.enumerated().map { index, entry in
      if case .digits(let range) = entry.secret {
        for place in 0..<RedactionKeys.secretBytes {
          let high = KeyLines.value(ofDigit: text.byte(range.lowerBound + 2 * place)) ?? 0
          let low = KeyLines.value(ofDigit: text.byte(range.lowerBound + 2 * place + 1)) ?? 0
          unsafe secrets.memory[index * RedactionKeys.secretBytes + place] = high << 4 | low
        }
      }
      return RedactionKeys.Key(
        id: entry.id,
        purpose: entry.purpose,
        state: entry.state,
        hasSecret: entry.hasSecretHere,
        staleAtNs: staleAtNs
      )
    }
    return RedactionKeys(keys, secrets)
  }
}

extension RedactionKeyFile.Entry {
  /// Whether its secret stands in the file.
  public var hasSecretHere: Bool { if case .digits = secret { true } else { false } }
}

/// What is wrong in a file of redaction's keys.
public struct RedactionKeyFileMistake: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as it was named to us.
  public let file: String
  /// The line, counted from 1.
  public let line: Int
  /// The column, in bytes counted from 1.
  public let column: Int
  /// What is wrong.
  public let found: String
  /// What would have been right.
  public let expected: String
  /// As a compiler would print it.
  public var description: String { "\(file):\(line):\(column): \(found); expected \(expected)" }
}
