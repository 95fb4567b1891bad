public import Bytes

/// The header of a record whose event was set aside before it was stored: the name that its record has in quarantine.
///
///     sluice-replay: 0/17
///
/// Producers can't have it: their headers are called `content-type`, or begin with `ce_`. So who finds it knows that
/// this event need not be replayed again.
public enum ReplayMark {
  /// The record header's key.
  public static var key: StaticString { "sluice-replay" }
  /// The longest name: two numbers and what is between them.
  public static var nameBytesMax: Int { 26 }

  /// Whether that is the key of a header.
  public static func isKey(of key: RawSpan) -> Bool { key.equals(Self.key) }
}

extension Region {
  /// Appends the header that names a record of quarantine, or nothing when it does not fit; whether it did.
  public mutating func append(replayOf name: RawSpan) -> Bool {
    let key = ReplayMark.key
    // SAFETY: a static string's bytes live as long as the process.
    return unsafe append(header: RawSpan(_unsafeStart: key.utf8Start, byteCount: key.utf8CodeUnitCount), value: name)
  }
}

extension Record {
  /// Gives `body` the name of the record of quarantine that its event had, if it had one.
  public func withReplayMark<Result>(_ body: (RawSpan) -> Result) -> Result? {
    var reader = headerReader()
    while let header = reader.next() {
      if ReplayMark.isKey(of: header.key) { return body(header.value) }
    }
    return nil
  }
}
