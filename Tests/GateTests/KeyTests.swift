import Bytes
import Events
import Testing

@testable import Gate

/// A generator whose numbers a test can repeat.
struct Lehmer: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

/// Topics numbered from `first` on.
func topics(_ names: [String], from first: UInt16 = 0) -> [Topic] {
  names.enumerated().map { Topic(id: TopicID(rawValue: first + UInt16($0)), name: $1) }
}
/// A key and its entry.
func key(_ number: UInt64, topics: [String] = ["*"], isRevoked: Bool = false) -> (text: String, entry: KeyFile.Entry) {
  var random = Lehmer(state: number &* 0x9E37_79B9_7F4A_7C15)
  let fresh = APIKey.make(using: &random)
  let entry = KeyFile.Entry(
    id: fresh.id,
    .secret(fresh.digest),
    topics: topics,
    created: "2026-01-31T12:00:00Z",
    isRevoked: isRevoked
  )
  return (fresh.text, entry)
}
func verify(_ ring: KeyRing, _ text: String) -> PrincipalID? {
  let bytes = Array(text.utf8)
  return ring.verify(bytes.span.bytes)
}

@Suite struct SipHashTests {
  @Test func `it agrees with the reference implementation's vectors`() {
    let hash = SipHash(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
    let bytes = Array(UInt8(0)..<15)
    let empty: [UInt8] = []
    #expect(hash.hash(bytes.span.bytes) == 0xA129_CA61_49BE_45E5)
    #expect(hash.hash(empty.span.bytes) == 0x726F_DB47_DD0E_0E31)
    // The reference prints 16 bytes: a3817f04ba25a8e6 6df67214c7550293, each half least significant first.
    #expect(hash.tag(empty.span.bytes) == 0x9302_55C7_1472_F66D_E6A8_25BA_047F_81A3)
  }
  @Test func `every length and every bit counts`() {
    let hash = SipHash(1, 2)
    var seen = Set<UInt64>()
    for count in 0..<64 {
      let bytes = [UInt8](repeating: 0, count: count)
      #expect(seen.insert(hash.hash(bytes.span.bytes)).inserted)
      for bit in 0..<(count * 8) {
        var other = bytes
        other[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(seen.insert(hash.hash(other.span.bytes)).inserted)
      }
    }
  }
}

@Suite struct KeyRingTests {
  @Test func `a digest is SHA-256`() {
    let bytes = Array("abc".utf8)
    let digest = Digest(of: bytes.span.bytes)
    #expect(digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(hex: digest.hex.uppercased()) == digest)
    #expect(Digest(hex: String(digest.hex.dropLast())) == nil && Digest(hex: digest.hex + "0") == nil)
    #expect(Digest(hex: "g" + digest.hex.dropFirst()) == nil)
  }

  @Test func `a key opens what it was made for, and nothing near it does`() {
    let (text, entry) = key(1)
    let ring = KeyRing([entry], topics: topics(["a"]), seed: 7)
    #expect(verify(ring, text) == PrincipalID(rawValue: 1))
    var bytes = Array(text.utf8)
    for place in bytes.indices {
      let right = bytes[place]
      for wrong in [right ^ 1, 0x00, 0xFF, UInt8(ascii: "_"), UInt8(ascii: " ")] where wrong != right {
        bytes[place] = wrong
        #expect(ring.verify(bytes.span.bytes) == nil, "\(place) \(wrong)")
      }
      bytes[place] = right
    }
    for count in 0..<text.count { #expect(verify(ring, String(text.prefix(count))) == nil) }
    #expect(verify(ring, text + "0") == nil && verify(ring, " " + text) == nil && verify(ring, "Bearer " + text) == nil)
  }

  @Test func `ids have 8 to 16 characters and secrets 22 to 64`() {
    for (id, secret, isKey) in [
      (7, 22, false), (8, 22, true), (16, 64, true), (17, 64, false), (8, 21, false), (16, 65, false),
    ] {
      let text = "sk_\(String(repeating: "a", count: id))_\(String(repeating: "B", count: secret))"
      let bytes = Array(text.utf8)
      let parsed = APIKeyText(bytes.span.bytes) != nil
      #expect(parsed == isKey, "\(id) \(secret)")
    }
  }

  @Test func `keys are numbered by their place, and revoked ones open nothing`() {
    let keys = (0..<500).map { key($0 + 1, isRevoked: $0 % 7 == 3) }
    let ring = KeyRing(keys.map(\.entry), topics: [], seed: 99)
    #expect(ring.count == 500)
    for (index, key) in keys.enumerated() {
      let principal = PrincipalID(rawValue: UInt32(index + 1))
      #expect(verify(ring, key.text) == (key.entry.isRevoked ? nil : principal))
      #expect(ring.id(of: principal) == key.entry.id)
    }
    #expect(verify(ring, key(501).text) == nil)
    #expect(ring.id(of: .anonymous) == nil && ring.id(of: PrincipalID(rawValue: 501)) == nil)
  }

  @Test func `a grant is by name, by prefix or for all`() {
    let all = topics(["orders", "orders-eu", "iot-a", "iot-b", "x"], from: 60)
    let entries = [
      key(1, topics: ["orders"]).entry, key(2, topics: ["iot-*", "x"]).entry, key(3).entry,
      key(4, topics: ["gone*"]).entry,
    ]
    let ring = KeyRing(entries, topics: all, seed: 1)
    let expected: [[Bool]] = [
      [true, true, true, true, true],
      [true, false, false, false, false], [false, false, true, true, true], [true, true, true, true, true],
      [false, false, false, false, false], [false, false, false, false, false],
    ]
    for (principal, row) in expected.enumerated() {
      for (topic, isGranted) in zip(all, row) {
        #expect(ring.may(PrincipalID(rawValue: UInt32(principal)), write: topic.id) == isGranted)
      }
    }
    #expect(!ring.may(PrincipalID(rawValue: 3), write: TopicID(rawValue: 59)))
    #expect(!ring.may(PrincipalID(rawValue: 3), write: TopicID(rawValue: .max)))
    #expect(ring.unmatched.map(\.pattern) == ["gone*"])
  }

  @Test func `a ring without keys knows nobody`() {
    let ring = KeyRing([], topics: [], seed: 0)
    #expect(verify(ring, key(1).text) == nil)
    #expect(!ring.may(.anonymous, write: TopicID(rawValue: 0)))
  }
}

@Suite struct AuthenticatorTests {
  @Test func `a credential is hashed once and then remembered`() {
    let (text, entry) = key(1)
    let bytes = Array(text.utf8)
    var gate = Authenticator(ring: KeyRing([entry], topics: [], seed: 1), entropy: (3, 4), remembered: 16)
    for _ in 0..<10 {
      let principal = gate.verify(bytes.span.bytes)
      #expect(principal == PrincipalID(rawValue: 1))
    }
    let (hits, misses) = (gate.hits, gate.misses)
    #expect(hits == 9 && misses == 1)
  }

  @Test func `a reload forgets what the old keys opened`() {
    let (text, entry) = key(1)
    let bytes = Array(text.utf8)
    var gate = Authenticator(ring: KeyRing([entry], topics: [], seed: 1), entropy: (3, 4))
    let before = gate.verify(bytes.span.bytes)
    #expect(before != nil)
    var revoked = entry
    revoked.isRevoked = true
    gate.swap(KeyRing([revoked], topics: [], seed: 1))
    let after = gate.verify(bytes.span.bytes)
    #expect(after == nil)
  }

  @Test func `wrong credentials are never remembered and crowd nobody out`() {
    let (text, entry) = key(1)
    let bytes = Array(text.utf8)
    var gate = Authenticator(ring: KeyRing([entry], topics: [], seed: 1), entropy: (3, 4), remembered: 1)
    _ = gate.verify(bytes.span.bytes)
    for number in 2..<50 {
      let other = Array(key(UInt64(number)).text.utf8)
      let principal = gate.verify(other.span.bytes)
      #expect(principal == nil)
    }
    _ = gate.verify(bytes.span.bytes)
    let hits = gate.hits
    #expect(hits == 1)
  }

  @Test func `many keys over few places are all told apart`() {
    let keys = (1...64).map { key($0) }
    let texts = keys.map { Array($0.text.utf8) }
    var gate = Authenticator(ring: KeyRing(keys.map(\.entry), topics: [], seed: 1), entropy: (5, 6), remembered: 8)
    for _ in 0..<3 {
      for (index, text) in texts.enumerated() {
        let principal = gate.verify(text.span.bytes)
        #expect(principal?.rawValue == UInt32(index + 1))
      }
    }
  }
}
