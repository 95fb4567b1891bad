import Testing

@testable import Detection

/// Tokens and keys of services, which tell what they are.
@Suite struct SecretTokenTests {
  private static let letters20 = "q7Wm2ZtR9xKc4LpV8sYd"
  private static let letters40 = "q7Wm2ZtR9xKc4LpV8sYdB3nHf6GjT1eUa5PoXiQk"
  private static let hexadecimal32 = "9f2c4b7a1d8e30566f0e9d8c7b6a5142"

  @Test func `tokens of services are found by their marks`() {
    let (short, long, hex) = (Self.letters20, Self.letters40, Self.hexadecimal32)
    let middle = String(long.prefix(36))
    for token in [
      "ghp_\(middle)", "gho_\(middle)", "ghs_\(middle)", "ghu_\(middle)", "ghr_\(middle)",
      "github_pat_11\(short)_\(long)",
      "glpat-\(short)", "glpat-ab-\(short)", "xoxb-123456789012-1234567890123-\(short)", "xoxp-1-\(short)",
      "xapp-1-A012-34-\(short)", "sk_live_\(short)", "sk_test_\(short)", "rk_live_\(short)", "whsec_\(long)",
      "npm_\(middle)", "pypi-AgEIcHlwaS5vcmc\(long)", "shpat_\(hex)", "sq0atp-\(short)ab", "sq0csp-\(long)abc",
      "dop_v1_\(hex)\(hex)", "hf_\(middle)", "sk-\(long)abcdefgh", "sk-proj-\(short)-\(long)",
      "sk-ant-api03-\(long)-\(long)AA",
      "key-\(hex)", "AGE-SECRET-KEY-1\(long.uppercased())\(short.uppercased().prefix(18))", "GOCSPX-\(short)ab-cdef",
      "AKIA\(short.uppercased().prefix(16))", "ASIA\(short.uppercased().prefix(16))", "AIzaSy\(long.prefix(33))",
      "AIza-S_\(long.prefix(32))", "ya29.a0\(long)-\(short)_x", "SK\(hex)", "AC\(hex)", "SG.\(short)ab.\(long)abc",
      "hvs.\(long)", "dapi\(hex)", "123456789:AA\(long.prefix(33))", "EAAA\(long)\(short)",
      "MTE\(short)a.Gx1y2z.\(long.prefix(30))",
    ] {
      #expect(KeyedScan.find(.secret, in: token) == [token], "\(token)")
      #expect(KeyedScan.find(.secret, in: "upload 403 with \(token), order 7.") == [token], "\(token)")
      #expect(KeyedScan.find(.secret, in: "{\"k\":\"\(token)\"}") == [token], "\(token)")
    }
    #expect(
      KeyedScan.find(.secret, in: "https://api.telegram.org/bot123456789:AA\(long.prefix(33))/getMe")
        == ["123456789:AA\(long.prefix(33))"]
    )
    #expect(
      KeyedScan.find(.secret, in: "POST https://hooks.slack.com/services/T0AB12CD3/B0EF45GH6/\(short)abcd 200")
        == ["T0AB12CD3/B0EF45GH6/\(short)abcd"]
    )
  }

  @Test func `what only starts like a token is none`() {
    for text in [
      "npm_config_user_agent", "sk-learn 1.2", "task-8812 done", "desk_live_chat", "ghp_short", "key-value", "hf_hub",
      "AKIA is a prefix", "AKIAABCDEFGHIJKL", "akiaq7wm2ztr9xkc4lpv", "SG.1", "ACCELERATION", "xox-1", "glpat-****",
      "12345678:90", "ghp_************************************", "MacBook.Pro.2019", "whsec_<your secret here>",
      "sk-test-connection-pool-size", "123456789:1", "service-key-00", "1234567890:ABC", "sk_live_",
      "f47ac10b-58cc-4372-a567-0e02b2c3d479", "build d41d8cd98f00b204e9800998ecf8427e", "SKU12345",
      "trace=5936e02c5a5e2b8d etag=\"9f2c4b7a1d8e30566f0e9d8c7b6a5142\"", "commit q7Wm2ZtR9xKc4LpV8sYd",
    ] { #expect(KeyedScan.find(.secret, in: text) == [], "\(text)") }
  }

  @Test func `a web token starts with an object and may be cut`() {
    let (header, payload) = ("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiI0MiIsImlhdCI6MTd9")
    let signature = "c2ln-bmF0dXJl_IG9mIG1pbmU"
    for token in [
      "\(header).\(payload).\(signature)", "\(header).\(payload).", "\(header).\(payload)",
      "eyAiYWxnIjoibm9uZSJ9.\(payload).\(signature)", "ewogICJhbGciOiJIUzI1NiJ9.\(payload).\(signature)",
      "eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp2ojaHV7L.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT",
    ] { #expect(KeyedScan.find(.secret, in: "jwt (\(token))") == [token], "\(token)") }
    #expect(KeyedScan.find(.secret, in: "id_\(header).\(payload).\(signature)").count == 1)
    for text in ["eyJhbGciOiJIUzI1NiJ9", "eyeball.network.internal.example", "eyes2023.txt", "eyJhbG.1.2"] {
      #expect(KeyedScan.find(.secret, in: text) == [], "\(text)")
    }
  }

  @Test func `a private key is found with all its lines`() {
    let lines = ["MIIEpAIBAAKCAQEAq7Wm2ZtR9xKc4LpV8sYd+/aa", "B3nHf6GjT1eUa5PoXiQk=="]
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
      for end in ["\n", "\r\n", "\\n", " "] {
        let key = (["-----BEGIN \(kind)PRIVATE KEY-----"] + lines + ["-----END \(kind)PRIVATE KEY-----"]).joined(
          separator: end
        )
        #expect(KeyedScan.find(.secret, in: "loaded: \(key) from disk") == [key], "\(key)")
      }
    }
    let cut = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEAq7Wm2"
    #expect(KeyedScan.find(.secret, in: "x \(cut)") == [cut])
    for text in [
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "----- BEGIN -----", "-----BEGIN PUBLIC KEY-----",
    ] {
      #expect(KeyedScan.find(.secret, in: text) == [], "\(text)")
    }
  }

  @Test func `a credential behind its scheme is found`() {
    for (text, found) in [
      ("Authorization: Bearer mF_9.B5f-4.1JqMq7Wm", "mF_9.B5f-4.1JqMq7Wm"),
      ("authorization=bearer%20q7Wm2ZtR9xKc4LpV8sYd", "q7Wm2ZtR9xKc4LpV8sYd"),
      ("-H 'Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
      ("Proxy-Authorization: Basic YTpi", "YTpi"),
      ("Authorization: Token q7Wm2ZtR9xKc4LpV8sYd", "q7Wm2ZtR9xKc4LpV8sYd"),
      ("Authorization: Basic dXNlcjpwYXNz 200", "dXNlcjpwYXNz"),
    ] { #expect(KeyedScan.find(.secret, in: text) == [found], "\(text)") }
    for text in ["the bearer of this ring", "Basic authentication failed", "Basic plan 2024", "bearer token expired"] {
      #expect(KeyedScan.find(.secret, in: text) == [], "\(text)")
    }
  }
}
