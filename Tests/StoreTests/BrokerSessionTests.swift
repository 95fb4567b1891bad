import Bytes
import Foundation
import Kafka
import Testing

@testable import Store

/// A connection to a broker, from its first request on.
@Suite struct BrokerSessionTests {
  /// A broker that answers what it is told to.
  private struct Broker {
    var versions: [KafkaAPI: ClosedRange<Int16>] = Dictionary(
      uniqueKeysWithValues: KafkaAPI.allCases.map { ($0, $0.versions) }
    )
    var knowsVersions: ClosedRange<Int16> = 0...3

    func answer<Message: KafkaMessage>(_ request: [UInt8], _ message: Message, version: Int16? = nil) throws -> [UInt8]
    {
      let (header, _) = try RequestHeader.read(request.span.bytes.extracting(4..<request.count))
      return KafkaFrame(answering: header, message, version: version).bytes
    }
    func versions(_ request: [UInt8]) throws -> [UInt8] {
      let (header, _) = try RequestHeader.read(request.span.bytes.extracting(4..<request.count))
      var answer = ApiVersionsResponse()
      answer.apis = versions.map { api, range in
        var found = ApiVersionRange()
        (found.api, found.first, found.last) = (api.rawValue, range.lowerBound, range.upperBound)
        return found
      }
      guard knowsVersions.contains(header.version) else {
        answer.error = .unsupportedVersion
        return try self.answer(request, answer, version: 0)
      }
      return try self.answer(request, answer)
    }
  }
  private func session(_ credentials: SASLCredentials? = nil) -> BrokerSession {
    BrokerSession(
      BrokerSession.Settings(clientID: "test", credentials: credentials, answerBytesMax: 1 << 20),
      nonce: "abc"
    )
  }
  /// Gives a session what came; what it says next.
  private func give(_ bytes: [UInt8], _ session: inout BrokerSession, nowNs: Int64 = 0) throws -> [UInt8] {
    try session.take(bytes.span.bytes, nowNs) { _, _ in Issue.record("no answer was asked for") }
  }

  @Test(arguments: 1..<64)
  func `it is ready when it knows the versions, in whatever pieces they come`(pieceBytes: Int) throws {
    var session = session()
    let answer = try Broker().versions(session.begin(0))
    var place = 0
    while place < answer.count {
      #expect(session.phase == .versions)
      let piece = Array(answer[place..<min(answer.count, place + pieceBytes)])
      #expect(try give(piece, &session) == [])
      place += pieceBytes
    }
    #expect(session.phase == .ready && session.pending.isEmpty)
    #expect(session.version(of: .produce) == 11 && session.version(of: .metadata) == 12)
  }

  @Test func `a broker that does not know the newest ApiVersions is asked in its own`() throws {
    var broker = Broker()
    broker.knowsVersions = 0...2
    broker.versions[.apiVersions] = 0...2
    broker.versions[.produce] = 0...8
    var session = session()
    let second = try give(try broker.versions(session.begin(0)), &session)
    let (header, _) = try RequestHeader.read(second.span.bytes.extracting(4..<second.count))
    #expect(header.version == 2)
    #expect(try give(try broker.versions(second), &session) == [])
    #expect(session.phase == .ready && session.version(of: .produce) == 8)
  }

  @Test func `what both do not speak is said`() throws {
    var broker = Broker()
    broker.versions[.metadata] = 13...20
    broker.versions[.produce] = 0...2
    var session = session()
    _ = try give(try broker.versions(session.begin(0)), &session)
    #expect(session.version(of: .metadata) == nil && session.version(of: .produce) == nil)
    #expect(throws: BrokerFault.unsupported(.metadata)) { try session.request(MetadataRequest(), 0) }
  }

  @Test func `it proves who it is, and does so again before its time is up`() throws {
    let broker = Broker()
    var session = session(.plain(user: "u", password: [1]))
    let handshake = try give(try broker.versions(session.begin(0)), &session)
    #expect(session.phase == .authentication && !session.isReady(0))
    let proof = try give(try broker.answer(handshake, SASLHandshakeResponse()), &session)
    var answer = SASLAuthenticateResponse()
    answer.sessionMs = 10_000
    #expect(try give(try broker.answer(proof, answer), &session, nowNs: 5) == [])
    #expect(session.isReady(5))
    let renewNs = try #require(session.renewNs)
    #expect(renewNs >= 8_500_000_000 && renewNs < 9_600_000_000)
    let again = try session.startAuthentication(renewNs)
    #expect(!again.isEmpty && !session.isReady(renewNs))
  }

  @Test func `a broker that refuses says why`() throws {
    let broker = Broker()
    func refused(_ handshakeAnswer: SASLHandshakeResponse, _ answer: SASLAuthenticateResponse) throws {
      var session = session(.plain(user: "u", password: [1]))
      let handshake = try give(try broker.versions(session.begin(0)), &session)
      let proof = try give(try broker.answer(handshake, handshakeAnswer), &session)
      _ = try give(try broker.answer(proof, answer), &session)
    }
    var handshake = SASLHandshakeResponse()
    (handshake.error, handshake.mechanisms) = (.unsupportedSaslMechanism, ["SCRAM-SHA-512"])
    #expect(throws: BrokerFault.mechanism("PLAIN", offered: ["SCRAM-SHA-512"])) {
      try refused(handshake, SASLAuthenticateResponse())
    }
    var answer = SASLAuthenticateResponse()
    (answer.error, answer.message) = (.saslAuthenticationFailed, "Invalid username or password")
    #expect(throws: BrokerFault.authentication(.refused("Invalid username or password"))) {
      try refused(SASLHandshakeResponse(), answer)
    }
  }

  @Test func `answers go to the requests in their order`() throws {
    let broker = Broker()
    var session = session()
    _ = try give(try broker.versions(session.begin(0)), &session)
    let requests = try (1...3).map { try session.request(InitProducerIDRequest(), 0, tag: $0).bytes }
    let answers = try requests.map { try broker.answer($0, InitProducerIDResponse()) }
    var tags: [UInt64] = []
    let both = answers[0] + answers[1]
    _ = try session.take(both.span.bytes, 0) { asked, _ in tags.append(asked.tag) }
    #expect(tags == [1, 2])
    #expect(throws: BrokerFault.correlation(expected: 4, found: 2)) { try give(answers[0], &session) }
    #expect(throws: BrokerFault.late(.initProducerID)) { try session.checkTime(30_000_000_000) }
  }

  @Test func `what is no broker is told by its first bytes`() {
    for (text, other) in [
      (Array("HTTP/1.1 400 Bad Request\r\n".utf8), OtherProtocol.http), ([0x15, 3, 3, 0, 2, 2, 70], .tls),
      (Array("SSH-2.0-OpenSSH".utf8), .ssh), ([0xFF, 0xFF, 0xFF, 0xFF], .other), ([0, 0, 0, 3, 1, 2, 3], .other),
      ([0x7F, 0, 0, 0], .other),
    ] as [([UInt8], OtherProtocol)] {
      var session = session()
      _ = session.begin(0)
      do {
        _ = try give(text, &session)
        Issue.record("\(text) is taken")
      } catch BrokerFault.noAnswer(let found, _) { #expect(found == other) } catch { Issue.record("\(error)") }
    }
  }
}

/// What brokers say of who leads what.
@Suite struct ClusterMapTests {
  private func answer(_ partitions: [(leader: Int32, epoch: Int32)], error: KafkaError = .none) -> MetadataResponse {
    var answer = MetadataResponse()
    answer.brokers = ([1, 2] as [Int32]).map { id in
      var broker = MetadataBroker()
      (broker.id, broker.host, broker.port) = (id, "b\(id)", 9092)
      return broker
    }
    var topic = MetadataTopic()
    (topic.name, topic.error) = ("t", error)
    topic.partitions = partitions.enumerated().map { index, found in
      var partition = MetadataPartition()
      (partition.index, partition.leader, partition.leaderEpoch) = (Int32(index), found.leader, found.epoch)
      return partition
    }
    answer.topics = [topic]
    return answer
  }

  @Test func `an older leadership counts for nothing`() {
    var map = ClusterMap(topics: ["t"])
    map.take(answer([(1, 5), (2, 3)]), 0)
    map.take(answer([(2, 4), (1, 4)]), 0)
    #expect(map["t", 0] == ClusterMap.Partition(leader: 1, epoch: 5))
    #expect(map["t", 1] == ClusterMap.Partition(leader: 1, epoch: 4))
    #expect(map["t", 2] == nil && map["other", 0] == nil)
  }

  @Test func `a number that there are too few partitions for is not believed`() {
    var map = ClusterMap(topics: ["t"])
    var answer = answer([(1, 1), (2, 1)])
    answer.topics[0].partitions[1].index = .max
    map.take(answer, 0)
    #expect(map.topics["t"]?.partitions == [ClusterMap.Partition(leader: 1, epoch: 1), ClusterMap.Partition()])
  }

  @Test func `what a former leader says of the new one holds when it is newer`() {
    var map = ClusterMap(topics: ["t"])
    map.take(answer([(1, 5)]), 0)
    func hint(_ broker: Int32, _ epoch: Int32) -> Bool {
      var leader = ProducedLeader()
      (leader.broker, leader.epoch) = (broker, epoch)
      var place = MetadataBroker()
      (place.id, place.host, place.port) = (3, "b3", 9092)
      return map.take(leader, of: "t", 0, at: [place])
    }
    let hints = [hint(2, 5), hint(-1, 9), hint(9, 9), hint(3, 6)]
    #expect(hints == [false, false, false, true])
    #expect(map["t", 0]?.leader == 3 && map.brokers[3]?.host == "b3")
  }

  @Test func `it is asked for again while something is missing, ever less often`() {
    var map = ClusterMap(topics: ["t"])
    #expect(map.askNs == 0)
    map.asked(0, random: 0)
    #expect(map.askNs == 80_000_000)
    map.take(answer([], error: .leaderNotAvailable), 0)
    #expect(map.askNs == 80_000_000)
    map.asked(100_000_000, random: 0)
    #expect(map.askNs == 260_000_000)
    map.take(answer([(1, 1)]), 0)
    #expect(map.askNs == ClusterMap.freshNs)
    map.doubt()
    #expect(map.askNs == 260_000_000)
  }

  @Test func `waits double up to a second, and differ`() {
    var backoff = Backoff()
    let shortest = (0..<6).map { _ in backoff.fail(random: 0) / 1_000_000 }
    #expect(shortest == [80, 160, 320, 640, 800, 800])
    backoff.succeed()
    #expect(backoff.fail(random: 40_000_000) == 120_000_000)
  }
}
