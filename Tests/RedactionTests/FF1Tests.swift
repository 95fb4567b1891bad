import COpenSSL
import Testing

@testable import Redaction

/// Exchanges symbols with a key of any size; `nil` when FF1 does not take them.
private func exchange(_ symbols: [Int], radix: UInt32, key: [UInt8], tweak: [UInt8], isBack: Bool = false) -> [Int]? {
  let context = cipher_make("AES-\(key.count * 8)-ECB", key, 1)!
  defer { EVP_CIPHER_CTX_free(context) }
  let cipher = BlockCipher(context)
  guard let exchange = FF1(radix: radix, count: symbols.count, tweak: tweak.span.bytes, cipher) else { return nil }
  var word = InlineArray<76, UInt8>(repeating: 0)
  for (place, symbol) in symbols.enumerated() { word[place] = UInt8(symbol) }
  exchange.exchange(&word, isBack: isBack, cipher)
  return symbols.indices.map { Int(word[$0]) }
}
private func symbols(_ text: String) -> [Int] { text.map { Int(String($0), radix: 36)! } }

@Suite struct FF1Tests {
  static let long = "2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94"
  /// Source: NIST SP 800-38G, "FF1 samples".
  static let samples: [(keyBytes: Int, radix: UInt32, tweak: String, text: String, token: String)] = [
    (16, 10, "", "0123456789", "2433477484"),
    (16, 10, "39383736353433323130", "0123456789", "6124200773"),
    (16, 36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (24, 10, "", "0123456789", "2830668132"),
    (24, 10, "39383736353433323130", "0123456789", "2496655549"),
    (24, 36, "3737373770717273373737", "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (32, 10, "", "0123456789", "6657667009"),
    (32, 10, "39383736353433323130", "0123456789", "1001623463"),
    (32, 36, "3737373770717273373737", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
  ]
  @Test(arguments: samples.indices)
  func `it agrees with the samples of its standard, both ways`(index: Int) {
    let sample = Self.samples[index]
    let (key, tweak) = (Array(bytes(hex: Self.long).prefix(sample.keyBytes)), bytes(hex: sample.tweak))
    let token = exchange(symbols(sample.text), radix: sample.radix, key: key, tweak: tweak)
    #expect(token == symbols(sample.token))
    let back = exchange(symbols(sample.token), radix: sample.radix, key: key, tweak: tweak, isBack: true)
    #expect(back == symbols(sample.text))
  }

  @Test(.enabled(if: Vectors.areThere, "\(Vectors.missing)"), arguments: ["base10", "radix10"])
  func `it agrees with vectors of somebody else`(kind: String) throws {
    var (agreed, tooLong) = (0, 0)
    for group in try Vectors("aes_ff1_\(kind)_test").testGroups where [128, 192, 256].contains(group.keySize) {
      for test in group.tests {
        let text = test.msg.symbols
        guard text.allSatisfy({ (0..<10).contains($0) }) else { continue }
        let (key, tweak) = (bytes(hex: test.key), bytes(hex: test.tweak ?? ""))
        let token = exchange(text, radix: 10, key: key, tweak: tweak)
        if !test.isValid || text.count > FF1.symbolsMax || text.count < 6 {
          #expect(token == nil, "\(test.tcId) \(test.comment)")
          tooLong += text.count > FF1.symbolsMax ? 1 : 0
          continue
        }
        #expect(token == test.ct?.symbols, "\(test.tcId) \(test.comment)")
        #expect(exchange(test.ct!.symbols, radix: 10, key: key, tweak: tweak, isBack: true) == text, "\(test.tcId)")
        agreed += 1
      }
    }
    #expect(agreed > 3000 && tooLong < 100, "\(agreed) \(tooLong)")
  }

  @Test(arguments: [(10, 6, 76), (36, 4, 48), (62, 4, 42)] as [(UInt32, Int, Int)])
  func `words of every length that it takes come back, and no others are taken`(radix: UInt32, least: Int, most: Int) {
    let key = bytes(hex: Self.long)
    var random = SystemRandomNumberGenerator()
    for count in least...most {
      let word = (0..<count).map { _ in Int.random(in: 0..<Int(radix), using: &random) }
      let token = exchange(word, radix: radix, key: key, tweak: [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(token?.allSatisfy { (0..<Int(radix)).contains($0) } == true, "\(count)")
      #expect(exchange(token ?? [], radix: radix, key: key, tweak: [1, 2, 3, 4, 5, 6, 7, 8], isBack: true) == word)
    }
    for count in [0, 1, least - 1, most + 1] where count <= 76 {
      #expect(exchange([Int](repeating: 1, count: count), radix: radix, key: key, tweak: []) == nil, "\(count)")
    }
  }
}
