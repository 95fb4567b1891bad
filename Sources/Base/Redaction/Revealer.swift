internal import Bytes
internal import COpenSSL
public import Detection

/// Gives values back that were encrypted or exchanged for tokens, for whoever has the keys.
///
/// For people who ask for single values: it makes what it needs anew for each.
public struct Revealer {
  /// A value that was given back, and which key did it.
  public struct Revealed: Equatable, Sendable {
    /// The value.
    public let value: [UInt8]
    /// The key.
    public let key: KeyID
    /// The name of what the value is, `value` where nobody said.
    public let type: String
  }
  /// Why a value stays hidden.
  public enum Refusal: Error, Equatable, Sendable {
    /// It is no encrypted value, or one that was cut.
    case malformed
    /// It is a pseudonym or a hash, which nobody can turn back.
    case isOneWay
    /// Its key is not in the file.
    case isMissing(KeyID)
    /// Its key is destroyed, and it with it.
    case isDestroyed(KeyID)
    /// Its key's secret is with a service.
    case isElsewhere(KeyID)
    /// It was changed, or belongs to another topic, type or path, or the key is another of the same id.
    case doesNotOpen(KeyID)
    /// It has too few letters and digits for a token, or too many.
    case isNoToken
  }
  private let keys: RedactionKeys

  /// A revealer that has some keys.
  public init(_ keys: RedactionKeys) { self.keys = keys }

  /// Whether a text says of itself that it is an encrypted value.
  public static func isEncrypted(_ text: RawSpan) -> Bool { text.starts(withLowercase: Encrypt.mark) }

  /// The key of an encrypted value, as it says itself, and the type; `nil` when it says none.
  public static func label(of text: RawSpan) -> (key: KeyID, type: String)? {
    let parts = parts(of: text)
    guard parts.count == 5, let key = KeyID(string(text, parts[2])) else { return nil }
    return (key, string(text, parts[1]))
  }

  /// Opens an encrypted value.
  ///
  /// - Parameters:
  ///   - text: the value as it is stored, unescaped.
  ///   - topic: where its event went.
  ///   - path: the JSON Pointer of its place, as the bench was told it.
  /// - Returns: the value.
  /// - Throws: why it stays hidden.
  public func open(_ text: RawSpan, topic: TopicMark, path: RawSpan) throws(Refusal) -> Revealed {
    guard Self.isEncrypted(text) else { throw Self.isOneWay(text) ? .isOneWay : .malformed }
    let parts = Self.parts(of: text)
    guard let (id, type) = Self.label(of: text),
      let wrapped = bytes(ofBase64URL: text.extracting(parts[3])), wrapped.count == DataKey.wrappedBytes,
      let sealed = bytes(ofBase64URL: text.extracting(parts[4])), sealed.count >= 12 + 16
    else { throw .malformed }
    let place = try place(id, .encrypt)
    var bound = (topic.bits.bigEndian, digestBits(type).bigEndian)
    let count = sealed.count - 28
    var value = [UInt8](repeating: 0, count: count + 1)
    // SAFETY: the library reads the 40 bytes of a wrapped key, nonce, sealed bytes and tag as they were counted above,
    // and writes as many bytes as were sealed.
    let isDone = unsafe keys.withSecret(place) { secret in
      guard let wrapping = unsafe cipher_make("AES-256-WRAP", secret, 0) else { return false }
      defer { unsafe EVP_CIPHER_CTX_free(wrapping) }
      return unsafe path.withUnsafeBytes { path in
        unsafe withUnsafeBytes(of: &bound) { bound in
          unsafe data_key_open(
            wrapping,
            wrapped,
            sealed,
            bound.baseAddress?.assumingMemoryBound(to: UInt8.self),
            Int32(bound.count),
            path.baseAddress?.assumingMemoryBound(to: UInt8.self),
            Int32(path.count),
            Int32(count),
            &value
          ) == 1
        }
      }
    }
    guard isDone else {
      ERR_clear_error()
      throw .doesNotOpen(id)
    }
    return Revealed(value: value.dropLast(), key: id, type: type)
  }

  /// Turns a token back.
  ///
  /// A token does not tell whether key, topic and type are the ones it was made with; with others, it becomes another
  /// value of the same form.
  public func detokenise(_ text: RawSpan, key id: KeyID, type: PersonalType?, topic: TopicMark) throws(Refusal)
    -> Revealed
  {
    if Self.isOneWay(text) { throw .isOneWay }
    let place = try place(id, .tokenize)
    let name = type.map { "\($0.word)" } ?? "value"
    guard var word = TokenWord(text) else { throw .isNoToken }
    let tweak = (topic.bits ^ digestBits(name)).bigEndian
    // SAFETY: the library reads the 32 bytes of the secret.
    let isDone = unsafe keys.withSecret(place) { secret in
      guard let context = unsafe cipher_make("AES-256-ECB", secret, 1) else { return false }
      defer { unsafe EVP_CIPHER_CTX_free(context) }
      let cipher = unsafe BlockCipher(context)
      var bytes = tweak
      // SAFETY: eight bytes that live until the closure ends.
      return unsafe withUnsafeBytes(of: &bytes) { unsafe word.exchange(isBack: true, tweak: $0.bytes, cipher) }
    }
    guard isDone else { throw .isNoToken }
    var out = Region(id: RegionID(rawValue: 0), byteCount: text.byteCount)
    word.write(over: text, into: &out)
    // SAFETY: a copy of the filled bytes.
    return Revealed(value: unsafe out.bytes.withUnsafeBytes { unsafe Array($0) }, key: id, type: name)
  }

  /// The key of that name that makes tokens; `nil` when there is none.
  public func activeKey(_ name: KeyName, _ purpose: KeyPurpose) -> KeyID? {
    keys.active(name, purpose).map { keys.keys[$0].id }
  }

  private func place(_ id: KeyID, _ purpose: KeyPurpose) throws(Refusal) -> Int {
    if let place = keys.place(id, purpose) { return place }
    guard let key = keys.keys.first(where: { $0.id == id && $0.purpose == purpose }) else { throw .isMissing(id) }
    throw key.state == .destroyed ? .isDestroyed(id) : .isElsewhere(id)
  }
  /// Whether it looks like what a pseudonym or a hash writes.
  private static func isOneWay(_ text: RawSpan) -> Bool {
    let parts = parts(of: text)
    return switch parts.count {
    case 2: KeyID(string(text, parts[0])) != nil && parts[1].count == 64
    case 3: KeyID(string(text, parts[1])) != nil && parts[2].count == 22
    default: false
    }
  }
  private static func parts(of text: RawSpan) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    while let end = text.first(UInt8(ascii: ":"), from: start) {
      parts.append(start..<end)
      start = end + 1
    }
    return parts + [start..<text.byteCount]
  }
  private static func string(_ text: RawSpan, _ range: Range<Int>) -> String {
    String(decoding: range.map { text.byte($0) }, as: UTF8.self)
  }
}
