/// HTTP/1.1 requests, each with one event or with a batch of them as NDJSON.
struct HTTPDialect: Dialect {
  typealias Answers = HTTPAnswers
  let requestIDDistance: Int? = nil
  let greeting: [UInt8] = []

  private let batch: Int
  private let head: [UInt8]
  private var events: EventGenerator

  init(_ plan: LoadPlan) {
    batch = plan.batch
    events = EventGenerator(seed: plan.seed, bytes: plan.bytes)
    var head: [UInt8] = []
    head.append(contentsOf: "POST \(plan.path ?? "/v1/events/\(plan.topic)") HTTP/1.1\r\n".utf8)
    head.append(contentsOf: "Host: \(plan.host):\(plan.port)\r\n".utf8)
    head.append(contentsOf: "Content-Type: \(batch > 1 ? "application/x-ndjson" : "application/json")\r\n".utf8)
    if let bearer = plan.bearer { head.append(contentsOf: "Authorization: Bearer \(bearer)\r\n".utf8) }
    for field in plan.headers { head.append(contentsOf: "\(field)\r\n".utf8) }
    head.append("Content-Length: ")
    self.head = head
  }

  mutating func appendRequest(to image: inout RequestImage) {
    var body: [UInt8] = []
    var places: [Int] = []
    for _ in 0..<batch {
      places.append(events.append(sequence: 0, to: &body))
      if batch > 1 { body.append(UInt8(ascii: "\n")) }
    }
    image.bytes += head
    image.bytes.append(decimal: body.count)
    image.bytes.append("\r\n\r\n")
    for place in places { image.sequencePlaces.append(UInt32(image.bytes.count + place)) }
    image.bytes += body
    image.ends.append(image.bytes.count)
  }
}
