internal import Formats
internal import Glibc
public import Schemas

/// What it takes to check events of a file against a schema.
public struct ValidationFigures: Sendable {
  /// How many events the file has.
  public let events: Int
  /// Their mean size.
  public let bytesPerEvent: Int
  /// How many of them fit.
  public let valid: Int
  /// Whether they are checked while they are scanned.
  public let isStreamed: Bool
  /// Nanoseconds an event in the quickest round: whatever else the machine does only makes rounds slower.
  public let minNs: Double
  /// Nanoseconds an event in the median round.
  public let medianNs: Double
}

/// Measures checks of a file's events, one a line, for about so long, in rounds of 2000 events.
///
/// Returns `nil` when a file can't be read or has no events.
///
/// Throws: what is wrong with the schema.
public func measureValidation(_ schemaFile: String, events eventsFile: String, ms: Int) throws(SchemaMistake)
  -> ValidationFigures?
{
  guard let schemaText = contents(of: schemaFile), let text = contents(of: eventsFile) else { return nil }
  let lines = text.split(separator: UInt8(ascii: "\n")).map { Array($0) }
  guard !lines.isEmpty else { return nil }
  var library = SchemaLibrary()
  let uri = "registry:///measured/1.json"
  try library.add(schemaText, uri: uri, file: schemaFile)
  let schema = try Schema(uri, in: library)
  var validator = Validator(bytesMax: max(256 << 10, lines.map(\.count).max()!), seed: 1)
  let valid = measuredChecks(&validator, schema, lines[...])
  let part = min(lines.count, 2000)
  var (rounds, first) = ([Double](), 0)
  let start = clockNs()
  repeat {
    let before = clockNs()
    _ = measuredChecks(&validator, schema, lines[first..<first + part])
    rounds.append(Double(clockNs() - before) / Double(part))
    first = (first + part) % (lines.count / part * part)
  } while clockNs() - start < UInt64(ms) * 1_000_000
  rounds.sort()
  return ValidationFigures(
    events: lines.count,
    bytesPerEvent: lines.reduce(0) { $0 + $1.count } / lines.count,
    valid: valid,
    isStreamed: schema.tapeReason == nil,
    minNs: rounds[0],
    medianNs: rounds[rounds.count / 2]
  )
}

/// How many events fit.
@inline(never)
private func measuredChecks(_ validator: inout Validator, _ schema: Schema, _ texts: ArraySlice<[UInt8]>) -> Int {
  var valid = 0
  for text in texts {
    // SAFETY: a view of an array that lives until the end of this scope.
    if case .valid = unsafe validator.check(text.span.bytes, against: schema) { valid += 1 }
  }
  return valid
}

func contents(of path: String) -> [UInt8]? {
  guard let file = unsafe fopen(path, "r") else { return nil }
  defer { unsafe fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  // SAFETY: no more bytes are read than the block has.
  while case let count = unsafe fread(&block, 1, block.count, file), count > 0 { bytes += block.prefix(count) }
  return bytes
}
