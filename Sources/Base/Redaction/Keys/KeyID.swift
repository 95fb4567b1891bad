/// What the keys of one use are called together: 1 to 16 of `a-z 0-9`, the first a letter.
///
/// Its letters lie in one number, the first in the highest byte, so that comparing names is comparing numbers.
public struct KeyName: Hashable, BitwiseCopyable, Sendable, CustomStringConvertible {
  let bits: UInt128
  private init(bits: UInt128) { self.bits = bits }

  /// No name.
  static let none = KeyName(bits: 0)
  /// The name where none is given: that of the purpose.
  public static func standard(_ purpose: KeyPurpose) -> KeyName { KeyName(letters: purpose.rawValue) }
  /// Letters at the most.
  public static let lettersMax = 16

  /// A name, or `nil` when the text can't be one.
  public init?(_ text: some StringProtocol) {
    guard let first = text.utf8.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z"),
      text.utf8.count <= Self.lettersMax
    else { return nil }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
      default: return nil
      }
    }
    self.init(letters: text)
  }
  private init(letters: some StringProtocol) {
    let bits = letters.utf8.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    self.bits = bits << UInt128(8 * (Self.lettersMax - letters.utf8.count))
  }
  /// Its letters.
  public var description: String {
    var letters: [UInt8] = []
    var rest = bits
    while rest != 0 {
      letters.append(UInt8(truncatingIfNeeded: rest >> 120))
      rest <<= 8
    }
    return String(decoding: letters, as: UTF8.self)
  }
}

/// One key: the name of its use, and which of the keys that followed one another it is.
///
/// As text, `mail.3`.
public struct KeyID: Hashable, BitwiseCopyable, Sendable, CustomStringConvertible {
  /// What the key is used for shares this name.
  public let name: KeyName
  /// Counted from 1; each rotation is a new one.
  public let epoch: UInt32
  /// A key.
  public init(name: KeyName, epoch: UInt32) { (self.name, self.epoch) = (name, epoch) }

  /// Bytes of its text at the most.
  public static let bytesMax = KeyName.lettersMax + 1 + 10

  /// A key by its text, or `nil` when it can't be one.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let name = KeyName(parts[0]), let epoch = UInt32(parts[1]), epoch > 0,
      "\(epoch)" == parts[1]
    else { return nil }
    self.init(name: name, epoch: epoch)
  }
  /// Its text.
  public var description: String { "\(name).\(epoch)" }
}

/// What a key may be used for.
public enum KeyPurpose: String, BitwiseCopyable, CaseIterable, Sendable {
  /// Pseudonyms and hashes: HMAC-SHA-256.
  case pseudonym
  /// Tokens of the same form: FF1 with AES-256.
  case tokenize
  /// Wraps the data keys of encrypted values: AES-256.
  case encrypt
}

/// What a key is used for in its life.
public enum KeyState: String, BitwiseCopyable, CaseIterable, Sendable {
  /// For fresh values, and for giving old ones back.
  case active
  /// For giving values back.
  case retired
  /// For nothing: its secret is gone, and so is what it protected.
  case destroyed
}

/// A key's id as text that needs no memory of its own.
struct KeyText: BitwiseCopyable, Sendable {
  private var letters: InlineArray<28, UInt8> = InlineArray(repeating: 0)
  private var count: UInt8 = 0

  /// The text of an id.
  init(_ id: KeyID) {
    for byte in id.description.utf8 {
      letters[Int(count)] = byte
      count += 1
    }
  }
  /// Its bytes.
  var bytes: RawSpan {
    @_lifetime(borrow self) borrowing get {
      // SAFETY: a UInt8 has no padding that its bytes could show.
      unsafe letters.span.bytes.extracting(0..<Int(count))
    }
  }
}
