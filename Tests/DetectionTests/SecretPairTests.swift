import Testing

@testable import Detection

/// Secrets that are known by their key, their member or their place in an address.
@Suite struct SecretPairTests {
  @Test func `a password in the address of a service is found`() {
    for (text, found) in [
      ("postgres://app:s3cr3t@db.internal:5432/main", "s3cr3t"), ("redis://:hunter2@cache:6379", "hunter2"),
      ("amqp://user:p@ss:w0rd@[::1]/", "p@ss:w0rd"), ("mongodb+srv://u:Zq!7x@c0.example.net/?w=1", "Zq!7x"),
      ("fetch https://deploy:letmein@git.example.org/x.git failed", "letmein"),
      ("dsn=mysql://root:a%40b@host/x", "a%40b"),
    ] { #expect(KeyedScan.find(.secret, in: text) == [found], "\(text)") }
    for text in [
      "https://user@example.org/", "https://example.org:8080/a@b", "mail bob@example.org", "postgres://app:***@db/x",
      "postgres://app:${PASSWORD}@db/x", "postgres://app:[redacted]@db/x", "see http://h/ 10:30@noon",
      "postgres://app:@db",
      "postgres://app:xxxxx@db/x",
    ] { #expect(KeyedScan.find(.secret, in: text) == [], "\(text)") }
  }

  @Test func `a value behind a telling key is found`() {
    let drawn = "q7Wm2ZtR9xKc4LpV8sYd"
    for (text, found) in [
      ("db.password=hunter2 retries=3", "hunter2"), ("password: Tr0ub4dor&3", "Tr0ub4dor"), ("pwd=letmein;", "letmein"),
      ("{\"passwd\": \"correct-horse-9\", \"a\": 1}", "correct-horse-9"),
      ("{\\\"password\\\":\\\"s3cret!\\\"}", "s3cret!"),
      ("client_secret=\(drawn)&grant_type=x", drawn), ("?access_token=\(drawn)#top", "\(drawn)#top"),
      ("refresh_token: \(drawn)", drawn), ("apiKey='\(drawn)'", drawn), ("X-Api-Key: \(drawn)", drawn),
      ("Cookie: session=\(drawn); theme=dark", drawn),
      (
        "AWS_SECRET_ACCESS_KEY=rT5uWnEqLs/K7Zpdmf/bVxHgYcQ7Wm2ZtR9xKc",
        "rT5uWnEqLs/K7Zpdmf/bVxHgYcQ7Wm2ZtR9xKc"
      ),
      (
        "AccountName=a;AccountKey=q7Wm2ZtR9xKc4LpV8sYdB3nHf6GjT1eUa5PoXiQk+/aA1==;EndpointSuffix=b",
        "q7Wm2ZtR9xKc4LpV8sYdB3nHf6GjT1eUa5PoXiQk+/aA1=="
      ),
      ("?sv=2022-11-02&sig=q7Wm2ZtR9xKc4LpV8sYdB3nHf6%2BGjT1eU%3D", "q7Wm2ZtR9xKc4LpV8sYdB3nHf6%2BGjT1eU%3D"),
      ("Server=db;User Id=sa;Password=Zq7xLm;Encrypt=true", "Zq7xLm"), ("--password=abcdef1 -v", "abcdef1"),
      ("kennwort: geheim12", "geheim12"), ("senha=abc12345", "abc12345"),
    ] { #expect(KeyedScan.find(.secret, in: text) == [found], "\(text)") }
  }

  @Test func `a key without a secret behind it is none`() {
    for text in [
      "password=***", "password=[redacted]", "password: incorrect for user", "password=${DB_PASSWORD}",
      "Password: required",
      "token_type=bearer", "token: expired", "next_page_token=q7Wm2ZtR9xKc4LpV8sYd", "max_token=4096",
      "pass: 12, fail: 3",
      "secret=my-tls-secret", "session=f47ac10b-58cc-4372-a567-0e02b2c3d479", "pwd=/home/build/work", "token=true",
      "key=q7Wm2ZtR9xKc4LpV8sYd", "sha256=9f2c4b7a1d8e30566f0e9d8c7b6a51429f2c4b7a1d8e3056", "password=",
      "password=null",
      "unexpected token: } at 12", "session: started", "cookie: accepted", "compass=12345678", "10:00:00", "design=abc",
      "user signed in, session f47ac10b-58cc-4372-a567-0e02b2c3d479", "secret_name=q", "token=1234567890123456",
      "password reset mail queued to=a@b.org", "api_key: <your key>",
    ] { #expect(KeyedScan.find(.secret, in: text) == [], "\(text)") }
  }

  @Test func `a drawn value in a telling member is found`() {
    for name in [
      "api_key", "apiKey", "clientSecret", "access_token", "X-Api-Key", "authToken", "secret", "refreshToken",
    ] {
      for value in [
        "q7Wm2ZtR9xKc4LpV8sYd", "9f2c4b7a1d8e30566f0e9d8c7b6a5142", "rT5uWnEqLs/K7Zpdmf+bVxHgYcQ7",
        "QkZtRxWmYqLsVdHnGjTeUaPoXiKc",
      ] { #expect(KeyedScan.find(.secret, in: value, name: name) == [value], "\(name) \(value)") }
      for value in [
        "bearer", "***", "[redacted]", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "2026-04-09T11:39:34.339Z",
        "1234567890123456",
        "client_credentials_grant", "AuthorizationCodeWithProofKeyExchange", "https://example.org/oauth2/token?v=12",
        "v1",
        "xxxxxxxxxxxxxxxxxxxxxxxx", "${SECRET_FROM_VAULT_12}",
      ] { #expect(KeyedScan.find(.secret, in: value, name: name) == [], "\(name) \(value)") }
    }
    for name in ["commit", "etag", "trace_id", "sha", "checksum", "session_id", "key"] {
      #expect(KeyedScan.find(.secret, in: "9f2c4b7a1d8e30566f0e9d8c7b6a5142", name: name) == [], "\(name)")
    }
  }

  @Test func `a value in the member of a password is found however people chose it`() {
    for value in ["hunter2", "letmein", "P@ssw0rd", "correct-horse-9", "q7Wm2ZtR9xKc4LpV8sYd", "пароль1"] {
      #expect(KeyedScan.find(.secret, in: value, name: "user_password") == [value], "\(value)")
    }
    for value in [
      "***", "changed", "reset", "true", "2026-04-09T11:39:34Z", "never used before", "12", "invalid_grant", "********",
    ] {
      #expect(KeyedScan.find(.secret, in: value, name: "user_password") == [], "\(value)")
    }
  }
}
