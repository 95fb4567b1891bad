internal import Bytes

/// A file of redaction's keys on its way to other contents.
///
///     make      pseudonym.1 active
///     rotate    pseudonym.1 retired, pseudonym.2 active
///     destroy   pseudonym.1 destroyed, its secret gone
///
/// Pure; whoever writes it has locked the file.
public struct RedactionKeyEdit {
  /// Why a change is none.
  public enum Refusal: Error, Equatable, Sendable {
    /// There are keys of that name, so none is made.
    case isThere(KeyName)
    /// There is no such key.
    case isMissing(String)
    /// The file holds no more keys.
    case isFull
  }
  /// The contents as they are now.
  public private(set) var text: [UInt8]
  /// The keys in them.
  public private(set) var file: RedactionKeyFile

  /// Starts with what a file has; an empty one gets its first line.
  ///
  /// Throws: the first mistake in it.
  public init(_ text: [UInt8], file name: String) throws(RedactionKeyFileMistake) {
    self.text = text.isEmpty ? Array("\(RedactionKeyFile.title)\n".utf8) : text
    file = try Self.read(self.text, name)
  }
  private static func read(_ text: [UInt8], _ name: String) throws(RedactionKeyFileMistake) -> RedactionKeyFile {
    // SAFETY: a view of plain bytes that live until the end of this scope.
    try unsafe RedactionKeyFile(text.span.bytes, file: name)
  }

  /// Adds the first key of a name.
  public mutating func make(
    _ name: KeyName,
    _ purpose: KeyPurpose,
    made: String,
    using random: inout some RandomNumberGenerator
  ) throws(Refusal) -> KeyID {
    guard !file.entries.contains(where: { $0.id.name == name }) else { throw .isThere(name) }
    return try add(KeyID(name: name, epoch: 1), purpose, made: made, using: &random)
  }

  /// Retires the active key of a name and adds the next.
  public mutating func rotate(_ name: KeyName, made: String, using random: inout some RandomNumberGenerator)
    throws(Refusal) -> KeyID
  {
    let own = file.entries.filter { $0.id.name == name }
    guard let last = own.map(\.id.epoch).max(), last < .max, let purpose = own.first?.purpose else {
      throw .isMissing("\(name)")
    }
    guard hasRoom else { throw .isFull }
    for entry in own where entry.state == .active { replace(entry, state: .retired) }
    return try add(KeyID(name: name, epoch: last + 1), purpose, made: made, using: &random)
  }

  /// Takes the secret of a key away for good.
  ///
  /// - Returns: whether it was there before.
  public mutating func destroy(_ id: KeyID) throws(Refusal) -> Bool {
    guard let entry = file.entries.first(where: { $0.id == id }) else { throw .isMissing("\(id)") }
    guard entry.state != .destroyed else { return false }
    replace(entry, state: .destroyed)
    return true
  }

  /// Whether another key fits, also when a former one becomes a retired one, whose line is a letter longer.
  private var hasRoom: Bool {
    file.entries.count < RedactionKeys.keysMax && text.count + Self.lineBytesMax <= RedactionKeyFile.bytesMax
  }
  /// A line of a fresh key at the most: its id, its purpose, its state, when it was made, its secret.
  private static var lineBytesMax: Int { KeyID.bytesMax + 9 + 7 + 20 + 4 + 2 * RedactionKeys.secretBytes + 8 }

  private mutating func add(
    _ id: KeyID,
    _ purpose: KeyPurpose,
    made: String,
    using random: inout some RandomNumberGenerator
  ) throws(Refusal) -> KeyID {
    guard hasRoom else { throw .isFull }
    let letters = Array("0123456789abcdef".utf8)
    var line = Array("\(id) \(purpose.rawValue) active \(made) hex:".utf8)
    for _ in 0..<2 * RedactionKeys.secretBytes { line.append(letters[Int.random(in: 0..<16, using: &random)]) }
    require(line.count + 3 <= Self.lineBytesMax, "a line has room")
    if text.last != 0x0A { text.append(0x0A) }
    text += line + [0x0A]
    readAgain()
    return id
  }
  private mutating func replace(_ entry: RedactionKeyFile.Entry, state: KeyState) {
    var line = Array("\(entry.id) \(entry.purpose.rawValue) \(state.rawValue) \(entry.made) ".utf8)
    switch (state, entry.secret) {
    case (.destroyed, _), (_, .none): line += "none".utf8
    case (_, .digits(let range)): line += "hex:".utf8 + text[range]
    case (_, .wrapped(let range)): line += "wrapped:".utf8 + text[range]
    }
    text.replaceSubrange(entry.line, with: line)
    readAgain()
  }
  private mutating func readAgain() {
    do throws(RedactionKeyFileMistake) { file = try Self.read(text, "") } catch {
      broken("what is written can be read: \(error)")
    }
  }
}
