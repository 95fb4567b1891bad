import Bytes
import KafkaCaptures
import Testing

@testable import Kafka

/// Clients that prove themselves, and brokers that do.
@Suite struct SASLTests {
  @Test func `the example of RFC 7677 is told as it stands there`() throws {
    var client = SCRAMClient(.sha256, user: "user", password: Array("pencil".utf8), nonce: "rOprNGfwEbeRWgbNEkqO")
    #expect(try client.next([]) == Array("n,,n=user,r=rOprNGfwEbeRWgbNEkqO".utf8))
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    let proof = try client.next(Array("r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8))
    #expect(proof == Array("c=biws,r=\(nonce),p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".utf8))
    #expect(try client.next(Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8)) == nil)
    #expect(client.isDone)
  }

  @Test(arguments: SCRAMHash.allCases)
  func `client and server believe one another, and nobody else`(hash: SCRAMHash) throws {
    let keys = SCRAMKeys(hash, password: Array("wonder,land=".utf8), salt: [1, 2, 3, 4])
    func talk(_ password: String, as user: String) throws -> (Bool, Bool) {
      var client = SCRAMClient(hash, user: user, password: Array(password.utf8), nonce: "abc")
      var server = SCRAMServer(hash, nonce: "def") { $0 == "al,ice=" ? keys : nil }
      let challenge = try server.next(try #require(try client.next([])))
      let signature = try server.next(try #require(try client.next(challenge)))
      #expect(try client.next(signature) == nil)
      return (client.isDone, server.isDone)
    }
    #expect(try talk("wonder,land=", as: "al,ice=") == (true, true))
    #expect(throws: SASLFault.refused("invalid-proof")) { try talk("wonderland", as: "al,ice=") }
    #expect(throws: SASLFault.refused("unknown-user")) { try talk("wonder,land=", as: "bob") }
  }

  @Test func `a broker that proves nothing is not trusted`() throws {
    func challenged(_ challenge: String) throws -> SCRAMClient {
      var client = SCRAMClient(.sha256, user: "u", password: [1], nonce: "abc")
      _ = try client.next([])
      _ = try client.next(Array(challenge.utf8))
      return client
    }
    var client = try challenged("r=abcd,s=AQIDBA==,i=4096")
    #expect(throws: SASLFault.wrongServer) { try client.next(Array("v=AAAA".utf8)) }
    #expect(throws: SASLFault.iterations(1)) { try challenged("r=abcd,s=AQIDBA==,i=1") }
    #expect(throws: SASLFault.iterations(2_000_000)) { try challenged("r=abcd,s=AQIDBA==,i=2000000") }
    #expect(throws: SASLFault.refused("other-error")) { try challenged("e=other-error") }
    for text in [
      "r=xyz,s=AQIDBA==,i=4096", "r=abc,s=AQIDBA==,i=4096", "r=abcd,i=4096", "nonsense", "r=abcd,s=*,i=4096", "",
    ] {
      #expect(throws: SASLFault.self, "\(text)") { try challenged(text) }
    }
  }

  @Test func `a captured client is believed, though it repeats its nonce`() throws {
    let frames = CapturedFrame.sasl.filter { $0.connection == "1" }
    func content(_ index: Int) throws -> [UInt8] {
      let frame = frames[index].bytes
      guard frames[index].isRequest else {
        return try SASLAuthenticateResponse.readAnswer(frame.span.bytes, version: 0).message.content
      }
      let (header, start) = try RequestHeader.read(frame.span.bytes)
      return try SASLAuthenticateRequest.read(frame.span.bytes, from: start, version: header.version).content
    }
    let challenge = String(decoding: try content(5), as: UTF8.self)
    let salt = challenge.split(separator: ",")[1].dropFirst(2)
    let keys = SCRAMKeys(.sha256, password: Array("alice-secret".utf8), salt: try #require(Base64.decode(String(salt))))
    var server = SCRAMServer(.sha256, nonce: "12lty6fqx6trhqc4lmcj233b5y") { $0 == "alice" ? keys : nil }
    #expect(try server.next(try content(4)) == Array(challenge.utf8))
    #expect(try server.next(try content(6)) == (try content(7)))
    #expect(server.isDone)
  }

  @Test func `a name and a password, or a token, are told as they are`() throws {
    var plain = SASLClient(.plain(user: "bob", password: Array("pass".utf8)), nonce: "")
    #expect(try plain.next([]) == Array("\0bob\0pass".utf8))
    #expect(try plain.next([]) == nil && plain.isDone)
    var token = SASLClient(.oauthBearer(token: Array("t.o.k".utf8), extensions: [("a", "b")]), nonce: "")
    #expect(try token.next([]) == Array("n,,\u{1}auth=Bearer t.o.k\u{1}a=b\u{1}\u{1}".utf8))
    #expect(throws: SASLFault.refused(#"{"status":"invalid_token"}"#)) {
      try token.next(Array(#"{"status":"invalid_token"}"#.utf8))
    }
  }
}

/// Keys go where Java's clients send them.
@Suite struct PartitioningTests {
  @Test func `keys have the hashes of Java's clients`() throws {
    let lines = text(of: "murmur2.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count >= 10)
    for line in lines {
      guard let end = line.lastIndex(of: "'") else { continue }
      let key = Array(line[line.index(after: line.startIndex)..<end].utf8)
      let parts = line[line.index(after: end)...].split(separator: " ")
      guard key.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\\") }) else { continue }
      #expect(Partitioning.murmur2(key.span.bytes) == UInt32(parts[0], radix: 16), "\(line)")
      #expect(Partitioning.partition(of: key.span.bytes, among: 3) == Int32(parts[1]))
      #expect(Partitioning.partition(of: key.span.bytes, among: 12) == Int32(parts[2]))
    }
  }
}
