import COpenSSL
import Testing

@testable import Redaction

/// The ciphers behind the operators, against vectors of others.
@Suite struct CipherTests {
  @Test(.enabled(if: Vectors.areThere, "\(Vectors.missing)"))
  func `keyed hashes agree with vectors of somebody else`() throws {
    for group in try Vectors("hmac_sha256_test").testGroups {
      for test in group.tests {
        let (key, message) = (bytes(hex: test.key), bytes(hex: test.msg.text))
        var states = hmac_states()
        hmac_set(&states, key, key.count)
        var tag = [UInt8](repeating: 0, count: 32)
        var padded = message + [UInt8](repeating: 0, count: 72)
        hmac_tag(&states, &padded, message.count, &tag)
        let isSame = Array(tag.prefix((group.tagSize ?? 256) / 8)) == bytes(hex: test.tag ?? "")
        #expect(isSame == test.isValid, "\(test.tcId) \(test.comment)")
      }
    }
  }
  @Test func `keyed hashes of every length agree with the library's own`() {
    let key = [UInt8](0..<32)
    var states = hmac_states()
    hmac_set(&states, key, key.count)
    for count in 0...260 {
      let message = (0..<count).map { UInt8($0 & 0xFF) }
      var (tag, expected) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
      var padded = message + [UInt8](repeating: 7, count: 72)
      hmac_tag(&states, &padded, count, &tag)
      HMAC(EVP_sha256(), key, 32, message, count, &expected, nil)
      #expect(tag == expected, "\(count)")
    }
  }

  @Test(.enabled(if: Vectors.areThere, "\(Vectors.missing)"))
  func `sealing and opening agree with vectors of somebody else`() throws {
    var seen = 0
    for group in try Vectors("aes_gcm_test").testGroups where group.keySize == 256 && group.ivSize == 96 {
      for test in group.tests {
        let (key, nonce, bound) = (bytes(hex: test.key), bytes(hex: test.iv!), bytes(hex: test.aad!))
        let (message, sealed) = (bytes(hex: test.msg.text), bytes(hex: test.ct!.text) + bytes(hex: test.tag!))
        let count = Int32(message.count)
        let half = bound.count / 2
        let (first, second) = (Array(bound[..<half]), Array(bound[half...]))
        let opening = cipher_make("AES-256-GCM", key, 0)!
        defer { EVP_CIPHER_CTX_free(opening) }
        var opened = [UInt8](repeating: 0, count: message.count + 1)
        let isOpen = gcm_open(
          opening,
          nonce,
          first,
          Int32(first.count),
          second,
          Int32(second.count),
          sealed,
          count,
          &opened
        )
        #expect((isOpen == 1) == test.isValid, "\(test.tcId) \(test.comment)")
        guard test.isValid else { continue }
        #expect(opened.dropLast() == message[...])
        let sealing = data_key_make(key)
        defer { data_key_free(sealing) }
        for _ in 0..<2 {
          var output = [UInt8](repeating: 0, count: message.count + 16)
          let isSealed = data_key_seal(
            sealing,
            nonce,
            first,
            first.count,
            second,
            second.count,
            message,
            message.count,
            &output
          )
          #expect(isSealed == 1 && output == sealed, "\(test.tcId)")
        }
        seen += 1
      }
    }
    #expect(seen > 30, "\(seen)")
  }

  /// Source: RFC 3394 §4.6.
  @Test func `a key is wrapped as its standard has it`() {
    let wrapping = [UInt8](0..<32)
    let key = bytes(hex: "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
    let expected = "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
    let (wrap, unwrap) = (cipher_make("AES-256-WRAP", wrapping, 1)!, cipher_make("AES-256-WRAP", wrapping, 0)!)
    defer {
      EVP_CIPHER_CTX_free(wrap)
      EVP_CIPHER_CTX_free(unwrap)
    }
    for _ in 0..<2 {
      var wrapped = [UInt8](repeating: 0, count: 48)
      #expect(key_wrap(wrap, key, 32, &wrapped) == 1 && Array(wrapped.prefix(40)) == bytes(hex: expected))
      var back = [UInt8](repeating: 0, count: 48)
      #expect(key_wrap(unwrap, wrapped, 40, &back) == 1 && Array(back.prefix(32)) == key)
      wrapped[7] ^= 1
      #expect(key_wrap(unwrap, wrapped, 40, &back) == 0)
    }
  }

  @Test func `letters of base64url are those of its standard, and only they are read`() throws {
    for count in 0...40 {
      let source = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 255) }
      let text = written { $0.append(base64URL: source.span.bytes) }
      #expect(text.utf8.count == base64Letters(for: count))
      #expect(bytes(ofBase64URL: Array(text.utf8).span.bytes) == source, "\(text)")
    }
    #expect(written { $0.append(base64URL: ([251, 255, 191] as [UInt8]).span.bytes) } == "-_-_")
    let all = (0..<48).map { UInt8(truncatingIfNeeded: [0x00, 0x10, 0x83, 0x10, 0x51, 0x87][$0 % 6]) }
    #expect(written { $0.append(base64URL: all.span.bytes) }.hasPrefix("ABCDEFGHABCD"))
    for wrong in ["A", "AB=", "AB+D", "AB/D", "AB", "AB\n", "é"] {
      #expect(bytes(ofBase64URL: Array(wrong.utf8).span.bytes) == nil, "\(wrong)")
    }
    let bits: UInt128 = 0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210
    #expect(written { $0.append(hexadecimal: bits) } == "0123456789abcdeffedcba9876543210")
    #expect(written { $0.append(base64URL: bits) } == "ASNFZ4mrze_-3LqYdlQyEA")
  }
}
