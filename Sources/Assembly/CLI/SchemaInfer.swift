internal import Formats
internal import Glibc
internal import Host
internal import Schemas

/// `sluice schema infer`.
func inferSchema(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let path = arguments.operands[0]
  var options = SchemaInference.Options()
  options.hasBounds = arguments.isGiven("--bounds")
  var events = EventFile(name: path == "-" ? "standard input" : path, options)
  do throws(HostFailure) { try events.readAll(from: path) } catch { throw CommandFailure.environment(error).asNotRun }
  guard events.inference.eventCount > 0 else { throw .problem("\(events.name) has no events to go by") }
  let schema = events.inference.schemaText()
  if let target = arguments["--output"] {
    do throws(CommandFailure) {
      var output = try Output(creating: target)
      output.append(Array(schema.utf8))
      try output.finish()
    } catch { throw error.asNotRun }
  } else {
    StandardOutput.write(schema)
  }
  let left = events.faultCount == 0 ? "" : "; \(counted(events.faultCount, "line")) left out"
  StandardError.write("\(counted(events.inference.eventCount, "event")) looked at\(left)")
  return events.faultCount == 0 ? ExitStatus.good : ExitStatus.problems
}

/// A file with an event a line, which may be larger than memory.
private struct EventFile {
  let name: String
  private(set) var inference: SchemaInference
  /// How many lines were no JSON.
  private(set) var faultCount = 0
  private var lineNumber = 0
  private var carry: [UInt8] = []
  /// Whether the line at hand is too long, so that the rest of it is passed over.
  private var isPassingOver = false

  private static let lineBytesMax = 16 << 20
  private static let faultsShownMax = 10

  init(name: String, _ options: SchemaInference.Options) {
    self.name = name
    inference = SchemaInference(options: options)
  }

  /// Reads a file to its end; `-` is standard input.
  mutating func readAll(from path: String) throws(HostFailure) {
    let file = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw unreadable(path, errno) }
    defer { if path != "-" { _ = close(file) } }
    var piece = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = unsafe read(file, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(name, errno) }
      if count == 0 { break }
      take(piece[..<count])
    }
    if !carry.isEmpty || isPassingOver { endLine() }
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      gather(rest[..<end])
      endLine()
      rest = rest[(end + 1)...]
    }
    gather(rest)
  }
  private mutating func gather(_ bytes: ArraySlice<UInt8>) {
    guard !isPassingOver, carry.count + bytes.count <= EventFile.lineBytesMax else {
      carry = []
      isPassingOver = true
      return
    }
    carry += bytes
  }

  /// Looks at the line that was gathered.
  private mutating func endLine() {
    lineNumber += 1
    defer {
      carry.removeAll(keepingCapacity: true)
      isPassingOver = false
    }
    if isPassingOver { return note(1, "the line has more than \(EventFile.lineBytesMax >> 20) MiB") }
    guard carry.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
    do throws(JSONFault) {
      inference.add(try JSONValue(carry))
    } catch { note(TextPosition(of: error.offset, in: carry).column, error.reason.text) }
  }
  private mutating func note(_ column: Int, _ reason: String) {
    faultCount += 1
    if faultCount <= EventFile.faultsShownMax { StandardError.write("\(name):\(lineNumber):\(column): \(reason)") }
    if faultCount == EventFile.faultsShownMax + 1 { StandardError.write("more lines are left out") }
  }
}
