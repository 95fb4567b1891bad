/// What the command line asks for.
struct Order {
  var plan = LoadPlan()
  var wantsHelp = false
  var wantsJSON = false
  var isQuiet = false
  /// A file for the plot: an SVG if its name says so, else a page.
  var plot: String?

  /// Reads `--name value` and `--name=value`.
  init(_ arguments: [String]) throws(ArgumentMistake) {
    defer { if wantsTLS { plan.security = security } }
    var rest = arguments[...]
    var durationIsGiven = false
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-") else { throw ArgumentMistake("`\(argument)` is no option") }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      var value: String? = parts.count > 1 ? String(parts[1]) : nil
      if try takeSwitch(name, value) { continue }
      guard Self.names.contains(name) else { throw ArgumentMistake.unknown(name, among: Self.names + Self.switches) }
      value = value ?? rest.popFirst()
      guard let value else { throw ArgumentMistake("\(name) wants a value") }
      if name == "--duration" { durationIsGiven = true }
      try take(Option(name: name, text: value))
    }
    if let detailOfTLS, !wantsTLS { throw ArgumentMistake("\(detailOfTLS) is for --tls") }
    if plan.requests != nil, !durationIsGiven { plan.duration = nil }
    if plan.requests != nil, !warmupIsGiven { plan.warmup = 0 }
  }

  private var warmupIsGiven = false
  private var wantsTLS = false
  private var security = LoadSecurity()
  /// An option that says how to speak TLS.
  private var detailOfTLS: String?

  static let switches = [
    "--help", "-h", "--json", "--quiet", "--minimal", "--reconnect", "--tls", "--tls-insecure", "--tls-resume",
  ]
  static let names = [
    "--target", "--protocol", "--topic", "--path", "--key", "--bearer", "--header", "--connections", "--rate",
    "--depth", "--batch", "--bytes", "--inflight-bytes", "--seed", "--duration", "--requests", "--warmup", "--grace",
    "--cpu", "--wait", "--congestion", "--expect-status", "--acknowledged", "--plot",
    "--tls-name", "--tls-ca", "--tls-handshakes", "--requests-per-connection",
  ]

  private mutating func takeSwitch(_ name: String, _ value: String?) throws(ArgumentMistake) -> Bool {
    guard Self.switches.contains(name) else { return false }
    guard value == nil else { throw ArgumentMistake("\(name) takes no value") }
    if name.hasPrefix("--tls-") { detailOfTLS = name }
    switch name {
    case "--tls": wantsTLS = true
    case "--tls-insecure": security.verifiesServer = false
    case "--tls-resume": security.resumes = true
    case "--json": wantsJSON = true
    case "--quiet": isQuiet = true
    case "--minimal": plan.headers.append("Prefer: return=minimal")
    case "--reconnect": plan.reconnects = true
    default: wantsHelp = true
    }
    return true
  }

  private mutating func take(_ option: Option) throws(ArgumentMistake) {
    switch option.name {
    case "--target": try takeTarget(option.text)
    case "--protocol": plan.wire = try option.word()
    case "--topic": plan.topic = option.text
    case "--path": plan.path = option.text
    case "--key": plan.key = option.text
    case "--bearer": plan.bearer = option.text
    case "--header":
      guard option.text.contains(":") else { throw option.mistake("`Name: value`") }
      plan.headers.append(option.text)
    case "--connections": plan.connections = try option.count(from: 1, through: 1 << 20)
    case "--rate": plan.rate = try option.number(from: 0)
    case "--depth": plan.depth = try option.count(from: 1, through: 1 << 16)
    case "--batch": plan.batch = try option.count(from: 1, through: 1 << 16)
    case "--bytes": plan.bytes = try option.count(from: EventGenerator.bytesMin, through: 16 << 20)
    case "--inflight-bytes": plan.inflightBytes = try option.count(from: 1, through: 1 << 30)
    case "--seed": plan.seed = UInt64(try option.count(from: 0, through: .max))
    default: try takeRun(option)
    }
  }
  private mutating func takeRun(_ option: Option) throws(ArgumentMistake) {
    switch option.name {
    case "--duration": plan.duration = try option.number(from: 0.01)
    case "--requests": plan.requests = UInt64(try option.count(from: 1, through: .max))
    case "--warmup":
      plan.warmup = try option.number(from: 0)
      warmupIsGiven = true
    case "--grace": plan.grace = try option.number(from: 0)
    case "--cpu": plan.cpu = try option.count(from: 0, through: 4095)
    case "--wait": plan.wait = try option.word()
    case "--congestion": plan.congestion = option.text
    case "--expect-status":
      guard let set = StatusSet(option.text) else { throw option.mistake("statuses as `204`, `2xx` or `200-204,503`") }
      plan.expected = set
    case "--acknowledged": plan.acknowledged = option.text
    case "--requests-per-connection": plan.requestsPerConnection = try option.count(from: 1, through: .max)
    case "--tls-handshakes":
      detailOfTLS = option.name
      security.handshakesAtOnce = try option.count(from: 1, through: 1 << 20)
    case "--tls-name", "--tls-ca":
      detailOfTLS = option.name
      if option.name == "--tls-ca" { security.authorities = option.text } else { security.serverName = option.text }
    default: plot = option.text
    }
  }
  private mutating func takeTarget(_ text: String) throws(ArgumentMistake) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
      colon > text.startIndex
    else { throw ArgumentMistake("--target wants host:port, not `\(text)`") }
    plan.port = port
    plan.host = String(text[..<colon])
    if plan.host.hasPrefix("["), plan.host.hasSuffix("]") { plan.host = String(plan.host.dropFirst().dropLast()) }
  }
}

/// What is wrong with the command line.
struct ArgumentMistake: Error {
  let message: String
  init(_ message: String) { self.message = message }

  /// An option nobody knows, with the nearest one that is known.
  static func unknown(_ name: String, among known: [String]) -> ArgumentMistake {
    let nearest = known.min { distance($0, name) < distance($1, name) }!
    let hint = distance(nearest, name) <= 3 ? "; did you mean \(nearest)?" : ""
    return ArgumentMistake("\(name) is no option\(hint)")
  }
  /// How many letters have to be put in, left out or changed.
  ///
  /// Source: Wagner and Fischer, 1974.
  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var row = Array(0...right.count)
    for (place, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = place + 1
      for (column, other) in right.enumerated() {
        let changed = diagonal + (letter == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}

/// An option with its value as text.
private struct Option {
  let name: String
  let text: String

  func mistake(_ wanted: String) -> ArgumentMistake { ArgumentMistake("\(name) wants \(wanted), not `\(text)`") }
  func count(from low: Int, through high: Int) throws(ArgumentMistake) -> Int {
    let bound = high == .max ? "of \(low) or more" : "from \(low) to \(high)"
    guard let value = Int(text), (low...high).contains(value) else { throw mistake("a whole number \(bound)") }
    return value
  }
  func number(from low: Double) throws(ArgumentMistake) -> Double {
    guard let value = Double(text), value.isFinite, value >= low, value <= 1e9 else {
      throw mistake("a number of \(low) or more")
    }
    return value
  }
  func word<Word: RawRepresentable & CaseIterable>() throws(ArgumentMistake) -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: text) else {
      throw mistake(Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: " or "))
    }
    return word
  }
}

let helpText = """
  sluice load: sends events and measures how fast they are acknowledged

  usage: sluice load --target HOST:PORT [options]

  what
    --target HOST:PORT      where to; [::1]:8080 for IPv6 (127.0.0.1:8080)
    --protocol http|framed  (http)
    --topic NAME            the topic (events)
    --path PATH             another HTTP target than /v1/events/TOPIC
    --key KEY               the key of every record (framed)
    --bearer TOKEN          an API key
    --header 'NAME: VALUE'  a further HTTP field; may be given several times
    --minimal               asks for 204 instead of a receipt in JSON (Prefer: return=minimal)
    --batch N               events a request; NDJSON when more than one (1)
    --bytes N               the exact size of an event; without it realistic ones of 200 to 450 bytes
    --seed N                where contents and ids come from; the same seed sends the same ids (1)

  TLS (1.3)
    --tls                   every connection speaks it
    --tls-name NAME         what the server's certificate is for, where that is not the target's host
    --tls-ca FILE           the authorities that vouch for it, in PEM (the system's)
    --tls-insecure          whoever answers is taken for the server
    --tls-handshakes N      handshakes under way at once while the connections are opened (64)
    --tls-resume            every connection but the first goes on from the ticket that came last

  how fast
    --connections N         (64)
    --requests-per-connection N
                            a connection has N requests; then it is closed in order and opened again
    --rate N                open loop: N requests a second, whatever the answers do; latency counts from the time a
                            request was due. 0 only opens the connections. Without it closed loop, as fast as it goes.
    --depth N               requests without an answer a connection may have (1)
    --inflight-bytes N      framed: as many requests as fit into N bytes instead

  how long
    --duration SECONDS      measured time (10)
    --requests N            stop after N requests; then there is no warm-up and no time limit unless given
    --warmup SECONDS        before it, not measured (1)
    --grace SECONDS         after it, for the last answers (5)

  this machine
    --cpu N                 pin the generator
    --wait block|spin       while nothing is to do; spin needs a core of its own (block; open loop: spin)
    --congestion NAME       TCP congestion control of the generator's sockets, as cubic
    --reconnect             go on trying when the server refuses connections in the middle

  results
    --expect-status LIST    statuses that are no error: 204, 2xx, 200-204,503 (2xx)
    --acknowledged FILE     append the id of every acknowledged event as its acknowledgement arrives
    --json                  print the result as JSON
    --plot FILE.svg|.html   draw latencies by percentile and their distribution
    --quiet                 no progress

  exit status
    0  every request was answered as expected
    1  errors: unexpected statuses, lost connections, requests that could not be sent in time
    2  the arguments make no sense
    3  no connection
  """
