import Bytes
import KafkaCaptures
import Testing

@testable import Kafka

/// Every message in every version, with something in each field.
@Suite struct MessageTests {
  @Test func `what is written is read again`() throws {
    try checkAll(ApiVersionsRequest.self)
    try checkAll(ApiVersionsResponse.self)
    try checkAll(MetadataRequest.self)
    try checkAll(MetadataResponse.self)
    try checkAll(InitProducerIDRequest.self)
    try checkAll(InitProducerIDResponse.self)
    try checkAll(ProduceResponse.self)
    try checkAll(FetchRequest.self)
    try checkAll(ListOffsetsRequest.self)
    try checkAll(ListOffsetsResponse.self)
    try checkAll(FindCoordinatorRequest.self)
    try checkAll(FindCoordinatorResponse.self)
    try checkAll(OffsetCommitRequest.self)
    try checkAll(OffsetCommitResponse.self)
    try checkAll(OffsetFetchRequest.self)
    try checkAll(OffsetFetchResponse.self)
    try checkAll(JoinGroupResponse.self)
    try checkAll(SASLHandshakeRequest.self)
    try checkAll(SASLHandshakeResponse.self)
    try checkAll(SASLAuthenticateRequest.self)
    try checkAll(SASLAuthenticateResponse.self)
  }

  /// Made of drawn fields, a message is the same after it was written and read; cut anywhere, it is refused.
  private func checkAll<Message: KafkaMessage & Equatable>(_: Message.Type) throws {
    for version in Message.api.versions {
      for seed in 0..<3 as Range<UInt64> {
        var draws = FieldDraws(seed: seed, version, isFlexible: Message.api.isFlexible(version))
        var message = Message()
        message.visit(&draws)
        let header = RequestHeader(Message.api, version: version, correlation: 7, clientID: "client")
        let frame = Array(KafkaFrame(message, header).bytes.dropFirst(4))
        let (readHeader, start) = try RequestHeader.read(frame.span.bytes)
        #expect(readHeader == header)
        let again = try Message.read(frame.span.bytes, from: start, version: version)
        #expect(again == message, "\(Message.self) \(version)")
        for end in stride(from: start, to: frame.count, by: max(1, frame.count / 20)) {
          let cut = Array(frame[..<end])
          #expect(throws: KafkaFault.self) { try Message.read(cut.span.bytes, from: start, version: version) }
        }
        let longer = frame + [0]
        #expect(throws: KafkaFault(reason: .trailing, offset: frame.count)) {
          try Message.read(longer.span.bytes, from: start, version: version)
        }
      }
    }
  }

  @Test func `no number of elements is believed that the message has no bytes for`() {
    // A topic list of two billion names, and one of as many in a varint.
    for (version, body) in [(8 as Int16, [0x7F, 0xFF, 0xFF, 0xFF]), (9, [0xFF, 0xFF, 0xFF, 0xFF, 0x07])]
      as [(Int16, [UInt8])]
    {
      #expect(throws: KafkaFault(reason: .length, offset: body.count)) {
        try MetadataRequest.read(body.span.bytes, from: 0, version: version)
      }
    }
  }

  @Test func `a version that is not spoken is refused, and its header read`() throws {
    let frame = unhex("0003 0063 00000005 0001 61 00")
    let (header, start) = try RequestHeader.read(frame.span.bytes)
    #expect(header.version == 99 && header.clientID == "a" && start == frame.count)
    #expect(throws: KafkaFault(reason: .version, offset: 0)) {
      try MetadataRequest.read(frame.span.bytes, from: start, version: header.version)
    }
    let other = unhex("03E7 0000 00000005 FFFF")
    #expect(throws: KafkaFault(reason: .api, offset: 0)) { try RequestHeader.read(other.span.bytes) }
  }

  @Test func `tagged fields that nobody knows are passed over`() throws {
    // Two of them at the end of InitProducerId v4: numbers 3 and 9, of one byte and none.
    let body = unhex("00000000 0000 0000000000000007 0002 02 03 01 AA 09 00")
    let message = try InitProducerIDResponse.read(body.span.bytes, from: 0, version: 4)
    #expect(message.producerID == 7 && message.epoch == 2)
  }

  @Test func `an error says what it is and what to do`() {
    #expect("\(KafkaError.notLeaderOrFollower)" == "NOT_LEADER_OR_FOLLOWER (6)")
    #expect("\(KafkaError(rawValue: 999))" == "UNKNOWN (999)")
    #expect(KafkaError(rawValue: 7).isRetriable && !KafkaError.messageTooLarge.isRetriable)
    #expect(!KafkaError(rawValue: 999).isRetriable)
    for code in [3, 5, 6, 13, 56, 74, 100] as [Int16] {
      guard case .againElsewhere = KafkaError(rawValue: code).remedy else {
        Issue.record("\(code) asks for new metadata")
        continue
      }
    }
  }
}

/// Fills the fields of a message with what a seed says.
struct FieldDraws: FieldVisitor {
  let version: Int16
  let isFlexible: Bool
  private var state: UInt64
  init(seed: UInt64, _ version: Int16, isFlexible: Bool) {
    (state, self.version, self.isFlexible) = (seed &* 0x9E37_79B9_7F4A_7C15 | 1, version, isFlexible)
  }
  private mutating func draw() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func field<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_ value: inout T) {
    value = T.bitWidth == 8 ? T(draw() % 2) : T(truncatingIfNeeded: draw())
  }
  mutating func field(_ value: inout String?) {
    // A field that is never null reads as what was drawn, for it is never `nil` before.
    value = String(repeating: "aé漢", count: Int(draw() % (draw() % 8 == 0 ? 80 : 4)))
  }
  mutating func field(_ value: inout [UInt8]?) {
    value = (0..<draw() % 40).map { _ in UInt8(truncatingIfNeeded: draw()) }
  }
  mutating func field(_ value: inout KafkaRecords) {}
  mutating func field<Element: KafkaValue>(_ value: inout [Element]?) {
    value = (0..<draw() % 4).map { _ in
      var element = Element()
      element.visit(&self)
      return element
    }
  }
  mutating func end<Value: KafkaValue>(_ tag: UInt32, _ value: inout Value?) {
    guard isFlexible, tag != .max, draw() % 2 == 0 else { return }
    var known = Value()
    known.visit(&self)
    value = known
  }
}
