import Bytes
import Foundation
import Testing

@testable import Detection

/// Addresses and keys of cryptocurrencies.
@Suite struct CryptoAddressTests {
  @Test func `an address in base58 is found by its check`() {
    for address in [
      "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "1111111111111111111114oLvT2",
      "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1",
      "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", "TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
    ] {
      #expect(CryptoAddress.finds(address) == [address])
      #expect(CryptoAddress.finds("to=\(address), sent") == [address])
      #expect(CryptoAddress.finds("財布\(address)です") == [address])
      for longer in ["a\(address)", "\(address)2"] { #expect(CryptoAddress.finds(longer) == [], "\(longer)") }
      for place in [address.count / 2, address.count - 1] {
        var letters = Array(address)
        letters[place] = letters[place] == "x" ? "y" : "x"
        #expect(CryptoAddress.finds(String(letters)) == [], "\(String(letters))")
      }
    }
  }

  // Examples of BIP 173 and BIP 350.
  @Test func `an address in bech32 is found by its check`() {
    for address in [
      "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
      "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
      "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
      "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297",
    ] {
      #expect(CryptoAddress.finds(address) == [address])
      #expect(CryptoAddress.finds("(\(address))") == [address])
    }
    for address in [
      "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdQ",
      "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
      "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    ] { #expect(CryptoAddress.finds(address) == [], "\(address)") }
  }

  // Examples of EIP-55.
  @Test func `an address of Ethereum in both cases must have the cases of its hash`() {
    for address in [
      "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
      #expect(CryptoAddress.findings(in: "to \(address)").map(\.alone) == [97])
      var wrong = Array(address)
      let place = wrong.lastIndex { $0.isLetter }!
      wrong[place] = Character(wrong[place].isUppercase ? wrong[place].lowercased() : wrong[place].uppercased())
      #expect(CryptoAddress.finds(String(wrong)) == [])
      let lower = address.lowercased()
      #expect(CryptoAddress.findings(in: lower).allSatisfy { $0.alone < 90 && $0.inContext > 90 })
      #expect(CryptoAddress.finds(lower) == [lower])
    }
    #expect(CryptoAddress.finds("0x0000000000000000000000000000000000000000") == [])
  }

  @Test func `the key of a wallet is a secret`() {
    for key in [
      "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617",
      "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
    ] {
      #expect(WalletKey.finds("key \(key);") == [key])
      #expect(CryptoAddress.finds(key) == [])
      #expect(WalletKey.finds(key.replacing("v", with: "w")) == [])
    }
    let open =
      "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
    #expect(CryptoAddress.finds(open) == [open])
    // The scanner asks for all that is long in one way.
    #expect(KeyedScan.find(.crypto, in: "key \(open)") == [open])
    #expect(KeyedScan.find(.secret, in: open.replacing("xpub", with: "xprv")) == [])
  }

  @Test func `what only looks random is no address`() {
    for text in [
      "8f953371d3e85eddb89b05ed6b9e680791055315c73e1025ab5dba7bb2aee189", "1f8a7c2be0d94b1c9a3f5e6d7c8b9a01",
      "3K9pQ2xV7mN4bC6dF8gH1jL5kS3wE0rT", "0x1f8a7c2be0d94b1c", "dGhpcyBpcyBub3QgYW4gYWRkcmVzczEyMzQ1",
    ] { #expect(CryptoAddress.finds(text) == [], "\(text)") }
  }

  @Test(
    .enabled(
      if: !ContactVectors.cases.isEmpty,
      "SLUICE_VECTORS names no folder with pii/presidio_recognizer_cases.json"
    )
  )
  func `what others expect of addresses holds`() {
    for one in ContactVectors.cases where one.recognizer == "CryptoRecognizer" {
      let found = CryptoAddress.findings(in: one.text).map { $0.start..<$0.end }
      #expect(Set(found) == one.ranges, "\(one.text)")
    }
  }
}
