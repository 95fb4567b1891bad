internal import Formats
internal import Host
internal import Schemas
internal import Settings

/// What can be said of a schema by itself.
struct SchemaExamination {
  let file: String
  /// Its text as a tree, unless it is no JSON.
  private(set) var schema: JSONValue?
  /// What is wrong with it.
  private(set) var mistakes: [Mistake] = []

  /// What is wrong with a schema, and where.
  struct Mistake: CustomStringConvertible {
    let file: String
    let position: TextPosition
    /// Which part of the schema; empty for the whole.
    let pointer: String
    let reason: String
    var description: String {
      "\(file):\(position.line):\(position.column): \(pointer.isEmpty ? "" : pointer + ": ")\(reason)"
    }
  }

  /// Schemas are made by people and programs that mean no harm, but some are large.
  private static var limits: JSONLimits {
    var limits = JSONLimits()
    (limits.depthMax, limits.membersMax) = (256, 1_000_000)
    return limits
  }

  /// Examines a file's text.
  init(_ bytes: [UInt8], file: String) {
    self.file = file
    do throws(JSONFault) {
      let schema = try JSONValue(bytes, limits: SchemaExamination.limits)
      self.schema = schema
      guard schema.object == nil, schema.bool == nil else { return }
      let reason = "a schema is an object, true or false, not \(schema.kind)"
      note(reason, at: schema.offset, in: bytes)
    } catch { note(error.reason.text, at: error.offset, in: bytes) }
  }
  private mutating func note(_ reason: String, at offset: Int, in bytes: [UInt8]) {
    let position = TextPosition(of: offset, in: bytes)
    mistakes.append(Mistake(file: file, position: position, pointer: "", reason: reason))
  }
}

/// `sluice schema check`.
func checkSchema(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let word = arguments["--mode"] ?? CompatibilityMode.backward.rawValue
  guard let mode = CompatibilityMode(rawValue: word) else {
    let modes = CompatibilityMode.allCases.map(\.rawValue)
    let hint = nearest(to: word, among: modes).map { "; did you mean '\($0)'?" } ?? ""
    throw .usage(arguments.command, "'--mode' wants one of \(modes.joined(separator: ", ")), not '\(word)'\(hint)")
  }
  var files: [SchemaExamination] = []
  for path in arguments.operands {
    do throws(HostFailure) {
      files.append(SchemaExamination(try contents(of: path), file: path))
    } catch { throw CommandFailure.environment(error).asNotRun }
  }
  var report = SchemaReport(file: files[0].file, mode: mode, versionCount: files.count - 1)
  report.mistakes = files.flatMap(\.mistakes)
  let schemas = files.compactMap(\.schema)
  if report.mistakes.isEmpty {
    let versions = zip(files, schemas).dropFirst().map { (name: $0.file, schema: $1) }
    do throws(CompatibilityCheck.GaveUp) {
      report.incompatibilities = try CompatibilityCheck.incompatibilities(of: schemas[0], with: versions, mode: mode)
    } catch {
      throw .notRun(
        "\(files[0].file) and \(error.version) have too many alternatives to match: given up after "
          + "\(error.comparisons) comparisons.\nPut alternatives that overlap into one, or compare them by hand."
      )
    }
  }
  StandardOutput.write(arguments.isGiven("--json") ? report.json : report.text)
  return report.isGood ? ExitStatus.good : ExitStatus.problems
}

/// What came of a check.
private struct SchemaReport {
  let file: String
  let mode: CompatibilityMode
  let versionCount: Int
  var mistakes: [SchemaExamination.Mistake] = []
  var incompatibilities: [Incompatibility] = []
  var isGood: Bool { mistakes.isEmpty && incompatibilities.isEmpty }

  /// A line for each thing that is wrong, and one that says how it ended.
  var text: String {
    var text = mistakes.map { "\($0)\n" }.joined()
    for found in incompatibilities {
      let reader = found.direction == .backward ? file : found.version ?? file
      text += "\(reader): \(found.path): \(found.kind.rawValue): \(found.detail) (\(found.direction))\n"
    }
    if !mistakes.isEmpty { return text + "\(counted(mistakes.count, "mistake"))\n" }
    guard incompatibilities.isEmpty else { return text + "\(file) is not \(mode.rawValue) compatible\n" }
    guard versionCount > 0, mode != .none else { return "\(file) is JSON and may be a schema\n" }
    let seen = mode.isTransitive && versionCount > 1 ? "all \(versionCount) versions" : "the last version"
    return "\(file) is \(mode.rawValue) compatible with \(seen) before it\n"
  }

  /// One object.
  var json: String {
    let mistakes = mistakes.map {
      "{\"file\":\(quotedForJSON($0.file)),\"line\":\($0.position.line),\"column\":\($0.position.column),"
        + "\"pointer\":\(quotedForJSON($0.pointer)),\"reason\":\(quotedForJSON($0.reason))}"
    }
    let found = incompatibilities.map {
      "{\"path\":\(quotedForJSON($0.path)),\"kind\":\"\($0.kind.rawValue)\",\"detail\":\(quotedForJSON($0.detail)),"
        + "\"version\":\(quotedForJSON($0.version ?? "")),\"direction\":\"\($0.direction.rawValue)\"}"
    }
    // Nothing is known of compatibility where there is no schema.
    let isCompatible = self.mistakes.isEmpty ? "\(incompatibilities.isEmpty)" : "null"
    return "{\"schema\":\(quotedForJSON(file)),\"mode\":\"\(mode.rawValue)\",\"compatible\":\(isCompatible),"
      + "\"mistakes\":[\(mistakes.joined(separator: ","))],\"incompatibilities\":[\(found.joined(separator: ","))]}\n"
  }
}
