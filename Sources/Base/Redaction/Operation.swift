internal import Bytes

/// What is done with a value: an operator, and what it goes by.
///
/// Plain bits, so that plans hold many of them and a shard reads them without counting references.
public struct Operation: Hashable, Sendable {
  /// The operator.
  public let form: any Operator.Type
  /// The keys that it uses: the one of them that is active.
  public var key = KeyName.none
  /// Numbers whose meaning the operator knows.
  var first: Int32 = 0
  var second: Int32 = 0
  /// A constant.
  var text = ShortText()

  /// An operator without parameters.
  init(_ form: any Operator.Type) { self.form = form }

  /// Its name in settings, such as `mask`.
  public var word: StaticString { form.word }
  /// Whether equal values become equal; for record keys nothing else will do.
  public var isDeterministic: Bool { form.isDeterministic }
  /// Whether somebody with the key gets the value back.
  public var isReversible: Bool { form.isReversible }
  /// Whether it takes the whole member away.
  public var isDrop: Bool { form == Drop.self }
  /// What its key is for; `nil` when it needs none.
  public var purpose: KeyPurpose? { form.purpose }
  /// Whether what it writes is ASCII without quotes, backslashes and control characters, so that JSON takes it as it
  /// is.
  public var isPlain: Bool { form.isPlain }
  /// How many bytes it writes at the most.
  @inline(__always) public func bytesMax(for valueBytes: Int) -> Int {
    max(form.bytesMax(for: valueBytes, self), Replace.labelBytesMax)
  }

  /// Whether both do the same with the same key.
  public static func == (left: Self, right: Self) -> Bool {
    left.form == right.form && left.key == right.key && left.first == right.first && left.second == right.second
      && left.text == right.text
  }
  /// Feeds what tells it from others.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(form))
    hasher.combine(key)
    hasher.combine(first)
    hasher.combine(second)
    hasher.combine(text)
  }
}

/// A few bytes of text that need no memory of their own.
struct ShortText: Hashable, BitwiseCopyable, Sendable {
  /// Bytes it holds at the most.
  static let bytesMax = 48
  private var storage: InlineArray<48, UInt8> = InlineArray(repeating: 0)
  private(set) var count: UInt8 = 0

  /// Nothing.
  init() {}
  /// A text, or `nil` when it is too long.
  init?(_ text: String) {
    guard text.utf8.count <= Self.bytesMax else { return nil }
    for byte in text.utf8 {
      storage[Int(count)] = byte
      count += 1
    }
  }
  /// Its bytes.
  var bytes: RawSpan {
    @_lifetime(borrow self) borrowing get {
      // SAFETY: a UInt8 has no padding that its bytes could show.
      unsafe storage.span.bytes.extracting(0..<Int(count))
    }
  }

  static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<Int(left.count) where left.storage[index] != right.storage[index] { return false }
    return true
  }
  func hash(into hasher: inout Hasher) {
    for index in 0..<Int(count) { hasher.combine(storage[index]) }
  }
}
