import Bytes
import Kafka
import KafkaCaptures
import Testing

/// What librdkafka and Apache Kafka said to one another is read, and written again to the byte.
@Suite struct CaptureTests {
  @Test(arguments: [CapturedFrame.plain, CapturedFrame.sasl])
  func `requests and answers are read and written as they were`(frames: [CapturedFrame]) throws {
    var asked: [String: RequestHeader] = [:]
    var count = 0
    for frame in frames {
      let bytes = frame.bytes.span.bytes
      if frame.isRequest {
        // What clients with transactions ask for is not spoken here.
        guard KafkaAPI(rawValue: bytes.integer(Int16.self, at: 0)) != nil else { continue }
        let (header, start) = try RequestHeader.read(bytes)
        asked["\(frame.connection) \(header.correlation)"] = header
        #expect(try again(request: frame.bytes, header, start) == frame.bytes)
        count += 1
      } else if let header = asked["\(frame.connection) \(bytes.integer(Int32.self, at: 0))"] {
        try checkAnswer(frame.bytes, header)
        count += 1
      }
    }
    #expect(count >= frames.count * 9 / 10)
  }

  @Test(arguments: files(endingIn: ".hex").filter { $0.contains(".produce-v") })
  func `a produce request brings its batch`(file: String) throws {
    let frame = unhex(text(of: file))
    let (header, start) = try RequestHeader.read(frame.span.bytes)
    let request = try ProduceRequest.read(frame.span.bytes, from: start, version: header.version)
    let batch = unhex(text(of: file.prefix(while: { $0 != "." }) + ".batch.hex"))
    #expect(request.acks == -1)
    #expect(request.topics.count == 1 && request.topics[0].partitions.count == 1)
    #expect(Array(frame[request.topics[0].partitions[0].records.range]) == batch)
    #expect(try again(request: frame, header, start) == frame)
  }

  /// Reads a request and writes it again.
  private func again(request frame: [UInt8], _ header: RequestHeader, _ start: Int) throws -> [UInt8] {
    func copy<Message: KafkaMessage>(_: Message.Type) throws -> [UInt8] {
      let message = try Message.read(frame.span.bytes, from: start, version: header.version)
      return Array(KafkaFrame(message, header).bytes.dropFirst(4))
    }
    switch header.api {
    case .produce:
      let request = try ProduceRequest.read(frame.span.bytes, from: start, version: header.version)
      let records = request.topics.flatMap { $0.partitions.map { Array(frame[$0.records.range]) } }
      return Array(KafkaFrame(request, header).bytes(with: records).dropFirst(4))
    case .metadata: return try copy(MetadataRequest.self)
    case .apiVersions: return try copy(ApiVersionsRequest.self)
    case .initProducerID: return try copy(InitProducerIDRequest.self)
    case .findCoordinator: return try copy(FindCoordinatorRequest.self)
    case .saslHandshake: return try copy(SASLHandshakeRequest.self)
    case .saslAuthenticate: return try copy(SASLAuthenticateRequest.self)
    default: return frame
    }
  }
  /// Reads an answer and writes it again.
  private func checkAnswer(_ frame: [UInt8], _ header: RequestHeader) throws {
    func check<Message: KafkaMessage>(_: Message.Type) throws {
      let (correlation, message) = try Message.readAnswer(frame.span.bytes, version: header.version)
      #expect(correlation == header.correlation)
      #expect(Array(KafkaFrame(answering: header, message).bytes.dropFirst(4)) == frame)
    }
    switch header.api {
    case .produce: try check(ProduceResponse.self)
    case .metadata: try check(MetadataResponse.self)
    case .initProducerID: try check(InitProducerIDResponse.self)
    case .findCoordinator: try check(FindCoordinatorResponse.self)
    case .saslHandshake: try check(SASLHandshakeResponse.self)
    case .saslAuthenticate: try check(SASLAuthenticateResponse.self)
    case .apiVersions:
      // The broker's features stand in tagged fields that nobody here asks for.
      let answer = try ApiVersionsResponse.readAnswer(frame.span.bytes, version: header.version).message
      #expect(answer.error == .none)
      #expect(answer.apis.contains { $0.api == KafkaAPI.produce.rawValue && $0.last >= 10 })
    default: break
    }
  }
}
