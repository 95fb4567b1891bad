import Kafka
import Simulator

/// What the program was started with.
struct Options {
  var brokers = 1
  var port: UInt16 = 0
  var topics: [(name: String, partitions: Int)] = []
  var settings = KafkaCluster.Settings()
  var wantsHelp = false

  static let help = """
    strict-broker: a Kafka cluster for tests that answers as Apache Kafka 3.8 does, on 127.0.0.1 and in memory

    usage: strict-broker [options]

      --brokers N               how many brokers (1)
      --port P                  the first broker's port, the others' follow it; 0 for any (0)
      --topic NAME[:N]          a topic of N partitions (1); may be given several times
      --auto-create N           make topics of N partitions when somebody asks for them
      --max-batch-bytes N       the largest batch (1048588)
      --last-version API:V      speak no version of a kind of request above V; may be given several times
      --sasl USER:PASSWORD      let nobody in without PLAIN or SCRAM; may be given several times
      --token TOKEN:USER        let somebody in with a token of OAUTHBEARER; may be given several times
      --session-ms N            have them prove themselves again after so long
      --help                    this text

    It prints BOOTSTRAP=127.0.0.1:PORT,… first, and ends when its standard input does, if that is a pipe. Commands come
    there, a line each, and are answered with "ok", or "no" and why:

      down B | up B             broker B dies, or comes back
      drop B                    its connections end
      advertise B HOST PORT     it gives this address to clients
      leader TOPIC P B          broker B leads a partition
      err API CODE N [B]        the next N requests of a kind fail, done by nobody; kinds are numbers
      refuse TOPIC P CODE N     the next N batches for a partition are refused
      reject TOPIC P RECORD N   the next N batches for a partition are rejected because of a record
      throttle MS N [B]         the next N produce requests are answered with a wish for quiet
      delay MS N [B]            the next N produce requests are answered late
      lose N [B]                the next N produce requests are done, and the connection ends
      refrain N [B]             the next N produce requests are not done, and the connection ends
      truncate BYTES N [B]      the next N answers to produce requests are cut
      garbage BYTES N [B]       the next N answers to produce requests are nonsense
      confuse N [B]             the next N answers to produce requests name another request
      calm                      nothing more goes wrong
      deny TOPIC | allow TOPIC  nobody may use a topic, or everybody
      forget TOPIC P            a partition forgets its producers
      dump TOPIC P              the records of a partition, as lines of JSON
      end TOPIC P               the offset that the next record gets
      remarks                   what was refused and why
      quit
    """

  /// Throws: what is wrong with them.
  init(_ words: [String]) throws(Mistake) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--help" || word == "-h" {
        wantsHelp = true
        continue
      }
      guard let value = rest.popFirst() else { throw Mistake("\(word) wants a value, or is not known") }
      switch word {
      case "--brokers": brokers = try parse(word, value, in: 1...64)
      case "--port": port = UInt16(try parse(word, value, in: 0...65535))
      case "--topic":
        let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first, !topics.contains(where: { $0.name == name }) else {
          throw Mistake("\(word) \(value)")
        }
        topics.append((name, parts.count < 2 ? 1 : try parse(word, parts[1], in: 1...1024)))
      case "--auto-create":
        (settings.createsTopics, settings.partitionCount) = (true, try parse(word, value, in: 1...1024))
      case "--max-batch-bytes": settings.batchBytesMax = try parse(word, value, in: 1...1 << 30)
      case "--last-version":
        let (kind, version) = try pair(word, value)
        guard let api = KafkaAPI(rawValue: Int16(try parse(word, kind, in: 0...100))) else {
          throw Mistake("\(word) \(value)")
        }
        settings.lastVersions[api] = Int16(try parse(word, version, in: 0...100))
      case "--sasl":
        let (user, password) = try pair(word, value)
        var passwords = settings.security?.passwords ?? [:]
        passwords[user] = password
        secure(passwords: passwords, tokens: settings.security?.tokens ?? [:])
      case "--token":
        let (token, user) = try pair(word, value)
        var tokens = settings.security?.tokens ?? [:]
        tokens[token] = user
        secure(passwords: settings.security?.passwords ?? [:], tokens: tokens)
      case "--session-ms":
        if settings.security == nil { settings.security = KafkaSecurity() }
        settings.security?.sessionMs = Int64(try parse(word, value, in: 0...1 << 40))
      default: throw Mistake("there is no option \(word)")
      }
    }
  }
  private mutating func secure(passwords: [String: String], tokens: [String: String]) {
    let sessionMs = settings.security?.sessionMs ?? 0
    settings.security = KafkaSecurity(passwords: passwords, tokens: tokens)
    settings.security?.sessionMs = sessionMs
  }
}

/// What its user got wrong.
struct Mistake: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Throws: that a word is no number of a range.
func parse(_ what: String, _ word: String, in range: ClosedRange<Int>) throws(Mistake) -> Int {
  guard let value = Int(word), range.contains(value) else {
    throw Mistake("\(what) wants a number of \(range.lowerBound) to \(range.upperBound), not '\(word)'")
  }
  return value
}
private func pair(_ what: String, _ word: String) throws(Mistake) -> (String, String) {
  guard let colon = word.firstIndex(of: ":") else {
    throw Mistake("\(what) wants two words with a colon, not '\(word)'")
  }
  return (String(word[..<colon]), String(word[word.index(after: colon)...]))
}
