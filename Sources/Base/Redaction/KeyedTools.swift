internal import Bytes
internal import COpenSSL
internal import Detection

/// What operators make of keys once, for one thread: states of keyed hashes, ciphers that are set up, and a place to
/// put a value in its normal form.
@safe public struct KeyedTools: ~Copyable {
  /// A key that is ready to be used for fresh values.
  @safe private struct Ready: BitwiseCopyable {
    var name: KeyName
    var purpose: KeyPurpose
    var id: KeyText
    var staleAtNs: Int64
    /// AES-256 of single blocks, or the cipher that wraps data keys.
    var cipher: OpaquePointer?
  }
  private let ready: Slots<Ready>
  /// The states of keyed hashes, a place for each key.
  private let states: SecretMemory
  /// Where values are put in their normal form.
  var scratch: Region
  /// The eight bytes that stand for a type where values are bound to it.
  private let typeMarks: Slots<UInt64>
  var dataKeys: DataKeys
  private(set) var nowNs: Int64 = .min

  /// Tools for the active keys.
  init(_ keys: RedactionKeys, valueBytesMax: Int) {
    let places = keys.keys.indices.filter { keys.keys[$0].state == .active && keys.keys[$0].hasSecret }
    let states = SecretMemory(byteCount: places.count * MemoryLayout<hmac_states>.stride)
    ready = Slots(places.count) { index in
      let key = keys.keys[places[index]]
      var cipher: OpaquePointer?
      // SAFETY: each key has 32 bytes, as many as AES-256 reads; the states have room for one of each key.
      unsafe keys.withSecret(places[index]) { secret in
        switch key.purpose {
        case .pseudonym:
          let state = unsafe states.memory.baseAddress! + index * MemoryLayout<hmac_states>.stride
          unsafe hmac_set(state.assumingMemoryBound(to: hmac_states.self), secret, RedactionKeys.secretBytes)
        case .tokenize: unsafe cipher = cipher_make("AES-256-ECB", secret, 1)
        case .encrypt: unsafe cipher = cipher_make("AES-256-WRAP", secret, 1)
        }
      }
      unsafe require(cipher != nil || key.purpose == .pseudonym, "the library has AES")
      return unsafe Ready(
        name: key.id.name,
        purpose: key.purpose,
        id: KeyText(key.id),
        staleAtNs: key.staleAtNs,
        cipher: cipher
      )
    }
    self.states = states
    // Room for what stands before a value, for what its normal form may add, and for the padding of its hash.
    scratch = Region(id: RegionID(rawValue: 0), byteCount: valueBytesMax + 128)
    typeMarks = Slots(PersonalType.allCases.count + 1) { index in
      digestBits(index == 0 ? "value" : "\(PersonalType.allCases[index - 1].word)")
    }
    dataKeys = DataKeys()
  }
  // SAFETY: made by `init`, and nobody else has them.
  deinit {
    for index in 0..<ready.count { unsafe EVP_CIPHER_CTX_free(ready[index].cipher) }
  }

  /// Tells the time.
  mutating func advance(toNs nowNs: Int64) { self.nowNs = nowNs }

  /// The place of the key that is used for fresh values of a name; `nil` when there is none, or it is too old.
  ///
  /// Cost: a comparison a key.
  @inline(__always) func place(_ name: KeyName, _ purpose: KeyPurpose) -> Int? {
    for index in 0..<ready.count {
      guard ready[index].name == name, ready[index].purpose == purpose else { continue }
      return nowNs < ready[index].staleAtNs ? index : nil
    }
    return nil
  }
  /// The id of a key in its place.
  @inline(__always) func id(_ place: Int) -> KeyText { ready[place].id }
  /// The eight bytes that stand for a type.
  @inline(__always) func mark(of type: PersonalType?) -> UInt64 {
    typeMarks[type.map { Int($0.rawValue) + 1 } ?? 0]
  }

  /// What a keyed hash is made for, so that one tells nothing of the other.
  enum TagUse: UInt8 {
    case pseudonym = 1
    case hash = 2
  }
  /// 256 bits.
  struct Tag {
    let high: UInt128
    let low: UInt128
  }
  /// The keyed hash of a value in its normal form, behind what it is made for and its type.
  mutating func tag(of subject: borrowing Subject, for use: TagUse, _ place: Int) -> Tag {
    let mark = mark(of: subject.type)
    let (text, type) = (subject.text, subject.type)
    scratch.count = 0
    scratch.write(atMost: 9 + text.byteCount + NormalForm.growthMax) {
      $0.append(use.rawValue)
      $0.append(mark)
      NormalForm.write(text, type, to: &$0)
    }
    var tag = (UInt128(0), UInt128(0))
    let state = unsafe states.memory.baseAddress! + place * MemoryLayout<hmac_states>.stride
    require(scratch.room >= 72, "a value that is hashed has room for its padding")
    // SAFETY: the states have a place for each key; the library pads the filled bytes in the room behind and writes 32.
    unsafe withUnsafeMutableBytes(of: &tag) { target in
      unsafe hmac_tag(
        state.assumingMemoryBound(to: hmac_states.self),
        scratch.memory.baseAddress!.assumingMemoryBound(to: UInt8.self),
        scratch.count,
        target.baseAddress!.assumingMemoryBound(to: UInt8.self)
      )
    }
    return Tag(high: UInt128(bigEndian: tag.0), low: UInt128(bigEndian: tag.1))
  }

  /// Exchanges a word for its token.
  ///
  /// - Returns: whether the word has a length that can be.
  mutating func exchange(_ word: inout TokenWord, _ subject: borrowing Subject, _ place: Int) -> Bool {
    guard let context = unsafe ready[place].cipher else { broken("a key for tokens has its cipher") }
    let cipher = unsafe BlockCipher(context)
    var tweak = (subject.topic.bits ^ mark(of: subject.type)).bigEndian
    // SAFETY: eight bytes that live until the closure ends.
    return unsafe withUnsafeBytes(of: &tweak) { bytes in
      unsafe word.exchange(isBack: false, tweak: bytes.bytes, cipher)
    }
  }

  /// Writes a value sealed.
  mutating func seal(_ subject: borrowing Subject, _ place: Int, into out: inout Region) {
    guard let wrapping = unsafe ready[place].cipher else { broken("a key that wraps has its cipher") }
    let index = unsafe dataKeys.place(place, subject.topic, ready[place].id, wrapping)
    dataKeys.seal(index, subject, mark(of: subject.type), into: &scratch)
    Self.write(dataKeys, index, subject.type, scratch, into: &out)
  }
  private static func write(
    _ keys: borrowing DataKeys,
    _ index: Int,
    _ type: PersonalType?,
    _ sealed: borrowing Region,
    into out: inout Region
  ) {
    let word = type?.word ?? "value"
    let room = Encrypt.mark.utf8CodeUnitCount + Pseudonym.typeBytesMax + DataKey.headerBytesMax
    out.write(atMost: room + base64Letters(for: sealed.count)) {
      $0.append(Encrypt.mark)
      $0.append(word)
      keys.writeHeader(index, to: &$0)
      $0.append(base64URL: sealed.bytes)
    }
  }
}
