internal import Bytes

/// The header of a request.
///
///     i32 size | i16 kind | i16 version | i32 correlation | STRING client id | tagged fields, where flexible | body
///
/// The client id keeps its length of 16 bits in every version. Source: Kafka protocol guide, "Headers"; KIP-482.
public struct RequestHeader: Hashable, Sendable {
  /// The kind of request.
  public var api: KafkaAPI
  /// The version of its body.
  public var version: Int16
  /// What the answer repeats.
  public var correlation: Int32
  /// Who asks, for the broker's logs and quotas.
  public var clientID: String?
  /// One for a request.
  public init(_ api: KafkaAPI, version: Int16, correlation: Int32, clientID: String?) {
    (self.api, self.version, self.correlation, self.clientID) = (api, version, correlation, clientID)
  }

  /// Reads the header of a request, without the size before it; `bodyStart` says where its body begins.
  ///
  /// A version that is not spoken here is read, too: its sender is to be told which ones are.
  /// Throws: that it is cut, or of a kind that is not known.
  public static func read(_ frame: RawSpan) throws(KafkaFault) -> (header: RequestHeader, bodyStart: Int) {
    var fields = FieldReader(frame, isFlexible: false)
    var (kind, version, correlation) = (Int16(0), Int16(0), Int32(0))
    fields.field(&kind)
    fields.field(&version)
    fields.field(&correlation)
    var clientID: String?
    fields.field(&clientID)
    try fields.finish(allowsMore: true)
    guard let api = KafkaAPI(rawValue: kind) else { throw KafkaFault(reason: .api, offset: 0) }
    let header = RequestHeader(api, version: version, correlation: correlation, clientID: clientID)
    guard api.isFlexible(version) else { return (header, fields.position) }
    let start = fields.position
    var tags = FieldReader(frame.extracting(start..<frame.byteCount), isFlexible: true)
    tags.end()
    try tags.finish(allowsMore: true)
    return (header, start + tags.position)
  }

  /// The header as it stands in a frame, without the size before it.
  var encoded: [UInt8] {
    var fields = FieldWriter(isFlexible: false)
    var (kind, version, correlation, clientID) = (api.rawValue, version, correlation, clientID)
    fields.field(&kind)
    fields.field(&version)
    fields.field(&correlation)
    fields.field(&clientID)
    return fields.bytes + (api.isFlexible(version) ? [0] : [])
  }
}

/// A request or an answer as it goes over a connection, in pieces: records go between them.
public struct KafkaFrame: Sendable {
  /// The bytes before the first records, between two, and behind the last; the size of the whole comes first.
  public private(set) var pieces: [[UInt8]]

  /// A request.
  public init<Message: KafkaMessage>(_ message: Message, _ header: RequestHeader) {
    precondition(Message.api == header.api, "a request has the header of its kind")
    self.init(header.encoded, message, header.api, header.version)
  }
  /// An answer to a request.
  public init<Message: KafkaMessage>(answering header: RequestHeader, _ message: Message, version: Int16? = nil) {
    precondition(Message.api == header.api, "an answer is of its request's kind")
    let version = version ?? header.version
    var fields = FieldWriter(isFlexible: false)
    var correlation = header.correlation
    fields.field(&correlation)
    let tags: [UInt8] = header.api.hasFlexibleAnswerHeader(version) ? [0] : []
    self.init(fields.bytes + tags, message, header.api, version)
  }
  private init<Message: KafkaMessage>(_ head: [UInt8], _ message: Message, _ api: KafkaAPI, _ version: Int16) {
    var message = message
    var fields = FieldWriter(api, version)
    message.visit(&fields)
    let size = head.count + fields.bytes.count + fields.records.reduce(0) { $0 + $1.count }
    var sizeField = FieldWriter(isFlexible: false)
    var length = Int32(size)
    sizeField.field(&length)
    var rest = sizeField.bytes + head
    pieces = []
    var place = 0
    for records in fields.records {
      pieces.append(rest + fields.bytes[place..<records.place])
      (rest, place) = ([], records.place)
    }
    pieces.append(rest + fields.bytes[place...])
  }

  /// All of it, where it holds no records.
  public var bytes: [UInt8] {
    precondition(pieces.count == 1, "a frame of one piece has no records")
    return pieces[0]
  }
  /// All of it, with its records, each of the length that was said.
  public func bytes(with records: [[UInt8]]) -> [UInt8] {
    precondition(records.count == pieces.count - 1, "records go between the pieces of a frame")
    return zip(pieces, records).reduce(into: []) { $0 += $1.0 + $1.1 } + pieces[pieces.count - 1]
  }
}

extension KafkaMessage {
  /// Reads a body.
  ///
  /// - Parameters:
  ///   - frame: a request or an answer, without the size before it.
  ///   - start: where the body begins.
  ///   - version: of the body.
  /// - Returns: the message.
  /// - Throws: why it is none.
  public static func read(_ frame: RawSpan, from start: Int, version: Int16) throws(KafkaFault) -> Self {
    guard api.versions.contains(version) else { throw KafkaFault(reason: .version, offset: 0) }
    var fields = FieldReader(frame, from: start, of: api, version)
    var message = Self()
    message.visit(&fields)
    try fields.finish()
    return message
  }
  /// Reads the answer to a request: the correlation that it names, and its body.
  ///
  /// Throws: why it is none.
  public static func readAnswer(_ frame: RawSpan, version: Int16) throws(KafkaFault)
    -> (correlation: Int32, message: Self)
  {
    let (correlation, start) = try KafkaFrame.readAnswerHeader(frame, api, version)
    return (correlation, try read(frame, from: start, version: version))
  }
}

extension KafkaFrame {
  /// Reads the header of an answer: which request it is to, and where its body begins.
  ///
  /// Throws: that it is cut.
  public static func readAnswerHeader(_ frame: RawSpan, _ api: KafkaAPI, _ version: Int16) throws(KafkaFault)
    -> (correlation: Int32, bodyStart: Int)
  {
    guard frame.byteCount >= 4 else { throw KafkaFault(reason: .cut, offset: frame.byteCount) }
    let correlation = frame.integer(Int32.self, at: 0)
    guard api.hasFlexibleAnswerHeader(version) else { return (correlation, 4) }
    var tags = FieldReader(frame.extracting(4..<frame.byteCount), isFlexible: true)
    tags.end()
    try tags.finish(allowsMore: true)
    return (correlation, 4 + tags.position)
  }
}
