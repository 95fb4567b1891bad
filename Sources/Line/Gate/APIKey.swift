internal import Bytes
internal import COpenSSL

/// The parts of an API key's text: `sk_<id>_<secret>`.
///
/// The id, 8 to 16 of `a-z 0-9`, is public: logs and the file of keys name it. The secret, 22 to 64 of `A-Z a-z 0-9`
/// and so 131 bits at least when it is drawn at random, is known to the device alone; the file keeps its SHA-256.
struct APIKeyText: ~Escapable {
  static let bytesMax = 3 + 16 + 1 + 64

  /// The id's bytes, the first being the most significant, filled up with zeros.
  let id: UInt128
  let secret: RawSpan

  /// Takes the text apart, or returns `nil` when it is none of our keys.
  @_lifetime(copy text)
  init?(_ text: RawSpan) {
    guard text.byteCount <= Self.bytesMax, text.byteCount > 4, text.byte(0) == UInt8(ascii: "s"),
      text.byte(1) == UInt8(ascii: "k"), text.byte(2) == UInt8(ascii: "_")
    else { return nil }
    guard let end = text.first(UInt8(ascii: "_"), from: 3),
      let id = APIKey.packed(text.extracting(3..<end)),
      APIKey.isSecret(text.extracting((end + 1)..<text.byteCount))
    else { return nil }
    self.id = id
    secret = text.extracting((end + 1)..<text.byteCount)
  }
}

/// Makes and checks the parts of API keys.
public enum APIKey {
  /// A key that has just been made.
  ///
  /// Its description does not tell the secret.
  public struct Fresh: Sendable, CustomStringConvertible {
    /// Its public name.
    public let id: String
    /// The whole key, to be handed to its owner once and kept nowhere.
    public let text: String
    /// What the file of keys keeps of the secret.
    public let digest: Digest
    /// The id alone.
    public var description: String { "API key \(id)" }
  }

  /// Draws a key.
  ///
  /// `random` must be unpredictable, as the system's generator is.
  public static func make(using random: inout some RandomNumberGenerator) -> Fresh {
    let idLetters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    let secretLetters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    let id = (0..<12).map { _ in idLetters.randomElement(using: &random)! }
    let secret = (0..<32).map { _ in secretLetters.randomElement(using: &random)! }
    let name = String(decoding: id, as: UTF8.self)
    return Fresh(
      id: name,
      text: "sk_\(name)_\(String(decoding: secret, as: UTF8.self))",
      // SAFETY: a UInt8 has no padding that its bytes could show.
      digest: unsafe Digest(of: secret.span.bytes)
    )
  }

  /// Whether `text` can be a key's id.
  public static func isID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    return unsafe packed(bytes.span.bytes) != nil
  }

  static func isSecret(_ bytes: RawSpan) -> Bool {
    guard bytes.byteCount >= 22, bytes.byteCount <= 64 else { return false }
    for offset in 0..<bytes.byteCount {
      switch bytes.byte(offset) {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: continue
      default: return false
      }
    }
    return true
  }
  /// An id as a number, or `nil` when it is none.
  static func packed(_ id: RawSpan) -> UInt128? {
    guard id.byteCount >= 8, id.byteCount <= 16 else { return nil }
    var bits: UInt128 = 0
    for offset in 0..<id.byteCount {
      let byte = id.byte(offset)
      guard byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A else { return nil }
      bits |= UInt128(byte) << UInt128((15 &- offset) &* 8)
    }
    return bits
  }
}

/// The SHA-256 of a secret.
///
/// Equality takes the same time whatever differs.
public struct Digest: Sendable, Equatable, CustomStringConvertible {
  private let words: InlineArray<4, UInt64>

  /// The digest of some bytes.
  public init(of bytes: RawSpan) {
    var words: InlineArray<4, UInt64> = InlineArray(repeating: 0)
    var span = words.mutableSpan
    // SAFETY: SHA256 reads the bytes it is told of and writes 32 bytes, the size of the four words.
    unsafe span.withUnsafeMutableBytes { digest in
      unsafe bytes.withUnsafeBytes { bytes in
        let target = unsafe digest.baseAddress!.assumingMemoryBound(to: UInt8.self)
        _ = unsafe SHA256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, target)
      }
    }
    self.words = words
  }
  /// Reads 64 hexadecimal digits, or returns `nil`.
  public init?(hex: some StringProtocol) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var words: InlineArray<4, UInt64> = InlineArray(repeating: 0)
    for (place, digit) in digits.enumerated() {
      let value: UInt64
      switch digit {
      case 0x30...0x39: value = UInt64(digit - 0x30)
      case 0x61...0x66: value = UInt64(digit - 0x61 + 10)
      case 0x41...0x46: value = UInt64(digit - 0x41 + 10)
      default: return nil
      }
      words[place / 16] = words[place / 16] << 4 | value
    }
    for index in words.indices { words[index] = words[index].bigEndian }
    self.words = words
  }

  /// 64 hexadecimal digits, for the file of keys.
  public var hex: String {
    var text = ""
    for index in words.indices {
      let digits = String(UInt64(bigEndian: words[index]), radix: 16)
      text += String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    return text
  }
  /// Nothing of the digest: it stays in the file of keys.
  public var description: String { "digest" }

  /// Whether both are the same.
  ///
  /// Cost: the same for every outcome.
  public static func == (left: Digest, right: Digest) -> Bool {
    var difference: UInt64 = 0
    for index in left.words.indices { difference |= left.words[index] ^ right.words[index] }
    return difference == 0
  }
}
