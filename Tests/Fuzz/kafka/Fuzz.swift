import Bytes
import Kafka
import Store

/// Whatever the bytes, each message of Kafka's protocol reads them or says where they are wrong; what it read it
/// writes, and reads again.
///
///     which message | version | body
///     255           | sizes of pieces… | what a broker sends
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard input.count >= 2 else { return 0 }
  let (version, body) = (Int16(input[1]), Array(input[2...]))
  switch input[0] {
  case 0: check(ApiVersionsRequest.self, version, body)
  case 1: check(ApiVersionsResponse.self, version, body)
  case 2: check(MetadataRequest.self, version, body)
  case 3: check(MetadataResponse.self, version, body)
  case 4: check(InitProducerIDRequest.self, version, body)
  case 5: check(InitProducerIDResponse.self, version, body)
  case 6: check(ProduceRequest.self, version, body)
  case 7: check(ProduceResponse.self, version, body)
  case 8: check(FetchRequest.self, version, body)
  case 9: check(FetchResponse.self, version, body)
  case 10: check(ListOffsetsRequest.self, version, body)
  case 11: check(ListOffsetsResponse.self, version, body)
  case 12: check(FindCoordinatorRequest.self, version, body)
  case 13: check(FindCoordinatorResponse.self, version, body)
  case 14: check(OffsetCommitRequest.self, version, body)
  case 15: check(OffsetCommitResponse.self, version, body)
  case 16: check(OffsetFetchRequest.self, version, body)
  case 17: check(OffsetFetchResponse.self, version, body)
  case 18: check(JoinGroupResponse.self, version, body)
  case 19: check(SASLHandshakeResponse.self, version, body)
  case 20: check(SASLAuthenticateResponse.self, version, body)
  case 21: checkHeader(body)
  default: converse(pieceBytes: Int(input[1]) + 1, body)
  }
  return 0
}

func check<Message: KafkaMessage & Equatable>(_: Message.Type, _ version: Int16, _ body: [UInt8]) {
  do throws(KafkaFault) {
    let message = try Message.read(body.span.bytes, from: 0, version: version)
    let header = RequestHeader(Message.api, version: version, correlation: 1, clientID: nil)
    let pieces = KafkaFrame(message, header).pieces
    guard pieces.count == 1 else { return }
    let frame = Array(pieces[0].dropFirst(4))
    let (_, start) = try RequestHeader.read(frame.span.bytes)
    let again = try Message.read(frame.span.bytes, from: start, version: version)
    precondition(again == message, "it reads what it wrote")
  } catch { precondition((0...body.count) ~= error.offset, "a fault is somewhere in the message") }
}

func checkHeader(_ body: [UInt8]) {
  do throws(KafkaFault) {
    let (_, start) = try RequestHeader.read(body.span.bytes)
    precondition(start <= body.count, "a body begins within its frame")
  } catch { precondition((0...body.count) ~= error.offset, "a fault is somewhere in the header") }
}

/// A connection takes whatever a broker sends, in pieces of any size, or ends with a reason.
func converse(pieceBytes: Int, _ bytes: [UInt8]) {
  let credentials = SASLCredentials.scram(.sha256, user: "u", password: [1])
  let settings = BrokerSession.Settings(clientID: "c", credentials: credentials, answerBytesMax: 1 << 16)
  var session = BrokerSession(settings, nonce: "n")
  _ = session.begin(0)
  do throws(BrokerFault) {
    var place = 0
    while place < bytes.count {
      let piece = Array(bytes[place..<min(bytes.count, place + pieceBytes)])
      _ = try session.take(piece.span.bytes, 0) { _, _ in }
      place += pieceBytes
    }
  } catch { precondition(!error.description.isEmpty, "what ends a connection has a reason") }
}
