internal import Bytes
internal import Glibc
internal import Synchronization

/// How much a line of the log matters.
public enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
  case debug
  case info
  case warning
  case error
  /// Its name in lines and settings.
  public var word: StaticString {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }
  /// By how much they matter.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// How lines are written.
public enum LogForm: Sendable {
  /// `time=… level=info message="listening" address=127.0.0.1:8080`
  case logfmt
  /// An object a line.
  case json
}

/// A value in a line of the log.
public enum LogValue: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
  /// Text, possibly hostile: it is escaped, cut after 1 KiB, and API keys in it are masked.
  case text(String)
  case number(Int64)
  case decimal(Double)
  case flag(Bool)
  /// Text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A whole number.
  public init(integerLiteral value: Int64) { self = .number(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .decimal(value) }
  /// Yes or no.
  public init(booleanLiteral value: Bool) { self = .flag(value) }
  /// Any whole number; what does not fit is cut to the nearest that does.
  public static func count(_ value: some BinaryInteger) -> LogValue { .number(Int64(clamping: value)) }
}

/// Structured lines on standard error, one `write` each, from any thread.
///
/// The message of a line is fixed in the source, and what varies is in its fields; so a flood of one message can be
/// told from others: beyond `linesPerSecond` of it, lines are counted instead of written, and the next that is written
/// says how many there were. Not for the event's way: it formats and may block.
public final class Log: Sendable {
  private struct Repeats {
    var secondNs: Int64
    var written = 0
    var suppressed = 0
  }
  /// Lines of one message and level that are written in one second.
  public static let linesPerSecond = 20
  /// Messages told apart; with more, counting starts again.
  static let messagesMax = 256

  private let form: LogForm
  private let descriptor: Int32
  private let lowest: Atomic<UInt8>
  private let repeats = Mutex<[UInt: Repeats]>([:])
  private let lost = Atomic<UInt64>(0)

  /// Writes lines from `level` on to an open descriptor, which stays the caller's.
  public init(form: LogForm, level: LogLevel, descriptor: Int32 = 2) {
    (self.form, self.descriptor) = (form, descriptor)
    lowest = Atomic(level.rawValue)
  }

  /// From which level on lines are written.
  ///
  /// May change at any time.
  public var level: LogLevel {
    get { LogLevel(rawValue: lowest.load(ordering: .relaxed)) ?? .error }
    set { lowest.store(newValue.rawValue, ordering: .relaxed) }
  }
  /// Lines that could not be written because the descriptor took them not at all or in part.
  public var lostLines: UInt64 { lost.load(ordering: .relaxed) }

  /// What helps whoever looks for a fault.
  public func debug(_ message: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    write(.debug, message, fields)
  }
  /// What an operator wants to know.
  public func info(_ message: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    write(.info, message, fields)
  }
  /// What an operator should look at.
  public func warning(_ message: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    write(.warning, message, fields)
  }
  /// What an operator must act on.
  public func error(_ message: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    write(.error, message, fields)
  }

  /// Writes a line unless its level is too low or there are too many like it.
  public func write(_ level: LogLevel, _ message: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    guard level >= self.level else { return }
    guard let suppressed = admit(level, message, nowNs: Self.nowNs(CLOCK_MONOTONIC)) else { return }
    var line = LogLine(form: form, timeNs: Self.nowNs(CLOCK_REALTIME), level: level, message: message)
    for (key, value) in fields { line.add(key, value) }
    if suppressed > 0 { line.add("suppressed", .count(suppressed)) }
    put(line.finished())
  }

  /// How many lines like it were left out before it, or `nil` when it is left out itself.
  func admit(_ level: LogLevel, _ message: StaticString, nowNs: Int64) -> Int? {
    require(message.hasPointerRepresentation, "a message is a text")
    // Messages are literals, so their address tells them apart; the level takes the place of bits no address has.
    let key = unsafe UInt(bitPattern: message.utf8Start) ^ UInt(level.rawValue) << 56
    return repeats.withLock { repeats in
      if repeats.count >= Self.messagesMax, repeats[key] == nil { repeats.removeAll() }
      var entry = repeats[key] ?? Repeats(secondNs: nowNs)
      defer { repeats[key] = entry }
      if nowNs - entry.secondNs >= 1_000_000_000 { (entry.secondNs, entry.written) = (nowNs, 0) }
      guard entry.written < Self.linesPerSecond else {
        entry.suppressed += 1
        return nil
      }
      entry.written += 1
      defer { entry.suppressed = 0 }
      return entry.suppressed
    }
  }

  private func put(_ bytes: [UInt8]) {
    var result: Int
    repeat {
      result = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    } while result < 0 && errno == EINTR
    if result != bytes.count { lost.wrappingAdd(1, ordering: .relaxed) }
  }

  private static func nowNs(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: clock_gettime fills in the time it is given.
    require(unsafe clock_gettime(clock, &time) == 0, "the system has its clocks")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
