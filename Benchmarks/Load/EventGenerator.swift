/// Makes telemetry events as devices and apps send them: JSON objects of 200 to 450 bytes, the same for the same seed.
///
///     {"event_id":"00000001-0000-4000-8000-0000000003e7","ts":"2026-…","device_id":"dev-…","type":"metric",…}
///                  ╰ run ─╯               ╰ sequence ╯
///
/// The sequence has a fixed width and a known place, so that a prepared event becomes the next one by twelve digits.
public struct EventGenerator: Sendable {
  /// Digits of a sequence: 48 bits.
  public static let sequenceDigits = 12
  /// The smallest size that `bytes` may ask for.
  public static let bytesMin = 51

  /// The first eight digits of every event id: the low 32 bits of the seed.
  public let run: UInt32
  private let bytes: Int?
  private var random: SplitMix
  private var message: [UInt8] = []

  /// Makes events from a seed, each exactly `bytes` long when that is given (51 at least).
  public init(seed: UInt64, bytes: Int? = nil) {
    precondition(bytes ?? Self.bytesMin >= Self.bytesMin, "an event has room for its id")
    run = UInt32(truncatingIfNeeded: seed)
    self.bytes = bytes
    random = SplitMix(state: seed)
  }

  /// Appends an event and says at which index of `output` the digits of its sequence begin.
  @discardableResult
  public mutating func append(sequence: UInt64, to output: inout [UInt8]) -> Int {
    guard let bytes else { return full(sequence, into: &output) }
    return exact(bytes, sequence, into: &output)
  }

  /// The id of one event of a run, 36 characters.
  public static func id(run: UInt32, sequence: UInt64) -> String {
    var text: [UInt8] = []
    appendID(run: run, sequence: sequence, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the id of one event of a run; the sequence is the last twelve digits.
  static func appendID(run: UInt32, sequence: UInt64, to output: inout [UInt8]) {
    output.append(hex: UInt64(run), digits: 8)
    output.append("-0000-4000-8000-")
    output.append(hex: sequence, digits: sequenceDigits)
  }

  private func begin(_ sequence: UInt64, into output: inout [UInt8]) -> Int {
    output.append("{\"event_id\":\"")
    Self.appendID(run: run, sequence: sequence, to: &output)
    output.append("\"")
    return output.count - 1 - Self.sequenceDigits
  }

  /// An event with every field that the draw brings.
  private mutating func full(_ sequence: UInt64, into output: inout [UInt8]) -> Int {
    let place = begin(sequence, into: &output)
    appendFields(to: &output)
    if random.below(10) < 6 {
      output.append(",\"msg\":\"")
      draw(words: 2 + random.below(7))
      output += message
      output.append("\"")
    }
    appendMetrics(to: &output)
    output.append("}")
    return place
  }

  /// An event of exactly `bytes`: a message fills it up, and what doesn't fit is left out.
  private mutating func exact(_ bytes: Int, _ sequence: UInt64, into output: inout [UInt8]) -> Int {
    let start = output.count
    let place = begin(sequence, into: &output)
    var tail: [UInt8] = []
    appendFields(to: &tail)
    appendMetrics(to: &tail)
    if output.count - start + tail.count + 1 <= bytes { output += tail }
    let frame = ",\"msg\":\"\"".utf8.count
    let room = bytes - (output.count - start) - 1
    if room >= frame {
      output.append(",\"msg\":\"")
      // The schema allows 512 characters; what a larger event lacks beyond them is white space.
      let length = min(room - frame, 512)
      draw(words: length / 4 + 1)
      while message.count < length { message.append(UInt8(ascii: ".")) }
      output += message[..<length]
      output.append("\"")
    }
    output += [UInt8](repeating: UInt8(ascii: " "), count: bytes - (output.count - start) - 1)
    output.append("}")
    return place
  }

  private mutating func appendFields(to output: inout [UInt8]) {
    output.append(",\"ts\":\"2026-01-")
    output.append(decimal: 1 + random.below(28), digits: 2)
    output.append("T")
    output.append(decimal: random.below(24), digits: 2)
    output.append(":")
    output.append(decimal: random.below(60), digits: 2)
    output.append(":")
    output.append(decimal: random.below(60), digits: 2)
    output.append(".")
    output.append(decimal: random.below(1000), digits: 3)
    output.append("Z\",\"device_id\":\"dev-")
    output.append(hex: random.next(), digits: 12)
    output.append("\",\"type\":\"")
    output.append(Self.types[random.below(Self.types.count)])
    output.append("\",\"seq\":")
    output.append(decimal: random.below(100_000_000))
    output.append(",\"app\":\"")
    output.append(decimal: random.below(12))
    output.append(".")
    output.append(decimal: random.below(30))
    output.append(".")
    output.append(decimal: random.below(200))
    output.append("\",\"os\":\"")
    output.append(Self.systems[random.below(Self.systems.count)])
    output.append("\",\"battery\":0.")
    output.append(decimal: random.below(100), digits: 2)
    if random.below(10) < 8 {
      output.append(",\"rssi\":-")
      output.append(decimal: 30 + random.below(80))
    }
    if random.below(10) < 8 { output.append(random.below(10) < 9 ? ",\"online\":true" : ",\"online\":false") }
  }

  private mutating func appendMetrics(to output: inout [UInt8]) {
    output.append(",\"metrics\":{\"temp_c\":")
    appendNumber(within: 60, places: 2, to: &output)
    if random.below(10) < 8 {
      output.append(",\"hum\":")
      output.append(decimal: random.below(100))
      output.append(".")
      output.append(decimal: random.below(10))
    }
    if random.below(10) < 6 {
      output.append(",\"lat\":")
      appendNumber(within: 90, places: 6, to: &output)
      output.append(",\"lon\":")
      appendNumber(within: 180, places: 6, to: &output)
    }
    output.append("}")
  }

  private mutating func appendNumber(within bound: Int, places: Int, to output: inout [UInt8]) {
    if random.below(2) == 0 { output.append("-") }
    output.append(decimal: random.below(bound))
    output.append(".")
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    output.append(decimal: random.below(scale), digits: places)
  }

  private mutating func draw(words: Int) {
    message.removeAll(keepingCapacity: true)
    for index in 0..<words {
      if index > 0 { message.append(UInt8(ascii: " ")) }
      message.append(Self.words[random.below(Self.words.count)])
    }
  }

  private static let types: [StaticString] = ["heartbeat", "metric", "screen_view", "crash", "purchase", "location"]
  private static let systems: [StaticString] = ["ios", "android", "linux", "rtos"]
  private static let words: [StaticString] = [
    "battery", "below", "cart", "closed", "door", "engine", "firmware", "gateway", "link", "motor", "opened", "pump",
    "queued", "reading", "restarted", "retry", "sensor", "stalled", "steady", "sync", "upload", "valve", "warm",
  ]
}

/// A small, fast source of numbers that are the same for the same seed; not for secrets.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
struct SplitMix: Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
  /// A number from 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
