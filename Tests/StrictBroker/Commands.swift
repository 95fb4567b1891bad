import Kafka
import Simulator

/// What can be commanded while it runs.
extension BrokerServer {
  /// Does what a line says; returns what to answer.
  mutating func answer(_ words: [String]) -> String {
    do throws(Mistake) {
      var rest = Words(words.dropFirst())
      let lines = try obey(words[0], &rest)
      guard rest.isEmpty else { throw Mistake("too many words") }
      return (lines + ["ok"]).joined(separator: "\n")
    } catch { return "no: \(error.reason)" }
  }

  private mutating func obey(_ command: String, _ words: inout Words) throws(Mistake) -> [String] {
    switch command {
    case "quit": isDone = true
    case "calm": cluster.calm()
    case "remarks": return cluster.remarks.map(describe)
    case "down": takeDown(try broker(&words))
    case "up": try bringUp(try broker(&words))
    case "drop": cluster.dropConnections(to: try broker(&words))
    case "advertise":
      let id = try broker(&words)
      cluster.advertise(id, host: try words.next(), port: Int32(try words.number(in: 0...65535)))
    case "deny": cluster.deniedTopics.insert(try words.next())
    case "allow": cluster.deniedTopics.remove(try words.next())
    case "err":
      let (kind, code) = (try words.number(in: 0...100), try words.number(in: -1...1000))
      guard let api = KafkaAPI(rawValue: Int16(kind)) else { throw Mistake("there is no kind \(kind)") }
      try disturb(.fail(KafkaError(rawValue: Int16(code))), &words, of: api)
    case "throttle": try disturb(.throttle(ms: Int32(try words.number(in: 0...1 << 30))), &words)
    case "delay": try disturb(.late(ms: Int64(try words.number(in: 0...1 << 30))), &words)
    case "lose": try disturb(.dropAfter, &words)
    case "refrain": try disturb(.dropBefore, &words)
    case "truncate": try disturb(.truncate(keeping: try words.number(in: 0...1 << 20)), &words)
    case "garbage": try disturb(.garbage(count: try words.number(in: 0...1 << 20)), &words)
    case "confuse": try disturb(.wrongCorrelation, &words)
    default: return try obeyPartition(command, &words)
    }
    return []
  }
  private mutating func disturb(_ what: KafkaDisturbance, _ words: inout Words, of api: KafkaAPI = .produce)
    throws(Mistake)
  {
    let times = try words.number(in: 1...1 << 40)
    cluster.disturb(what, times: times, of: api, at: words.isEmpty ? nil : try broker(&words))
  }

  private mutating func obeyPartition(_ command: String, _ words: inout Words) throws(Mistake) -> [String] {
    guard ["leader", "refuse", "reject", "forget", "dump", "end"].contains(command) else {
      throw Mistake("there is no command '\(command)'")
    }
    let topic = try words.next()
    guard let count = cluster.topicNames.first(where: { $0.name == topic })?.partitions else {
      throw Mistake("there is no topic '\(topic)'")
    }
    let partition = Int32(try words.number(in: 0...count - 1))
    switch command {
    case "leader": cluster.lead(topic, partition, by: try broker(&words))
    case "refuse":
      let error = KafkaError(rawValue: Int16(try words.number(in: -1...1000)))
      cluster.refuse(topic, partition, with: error, times: try words.number(in: 1...1 << 40))
    case "reject":
      let record = Int32(try words.number(in: 0...1 << 30))
      let times = try words.number(in: 1...1 << 40)
      cluster.reject(topic, partition, record: record, because: "as was asked for", times: times)
    case "forget": cluster.forgetProducer(nil, topic, partition)
    case "end": return ["\(cluster.endOffset(of: topic, partition))"]
    default: return cluster.records(of: topic, partition).map(describe)
    }
    return []
  }
  private func broker(_ words: inout Words) throws(Mistake) -> Int32 {
    Int32(try words.number(in: 1...cluster.brokers.count))
  }

  private func describe(_ remark: KafkaRemark) -> String {
    let place = remark.topic.map { "\($0) \(remark.partition ?? -1): " } ?? ""
    return "\(place)\(remark.error.map { "\($0): " } ?? "")\(remark.reason)"
  }
  private func describe(_ record: StoredRecord) -> String {
    let headers = record.headers.map { "[\(json($0.key)),\(json($0.value))]" }.joined(separator: ",")
    return #"{"offset":\#(record.offset),"timestamp":\#(record.timestampMs),"key":\#(json(record.key)),"#
      + #""value":\#(json(record.value)),"headers":[\#(headers)]}"#
  }
  /// A text as JSON has it; bytes that are none become what stands for them.
  private func json(_ bytes: [UInt8]?) -> String {
    guard let bytes else { return "null" }
    var text = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

/// The words of a command that are still to be read.
private struct Words {
  private var rest: ArraySlice<String>
  init(_ words: ArraySlice<String>) { rest = words }
  var isEmpty: Bool { rest.isEmpty }

  /// Throws: that there is none.
  mutating func next() throws(Mistake) -> String {
    guard let word = rest.popFirst() else { throw Mistake("a word is missing") }
    return word
  }
  /// Throws: that there is none, or that it is no number of this range.
  mutating func number(in range: ClosedRange<Int>) throws(Mistake) -> Int {
    try parse("a command", try next(), in: range)
  }
}
