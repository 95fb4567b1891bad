internal import Formats
internal import Host
internal import Schemas
internal import Settings

/// `sluice schema check`.
func checkSchema(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let word = arguments["--mode"] ?? CompatibilityMode.backward.rawValue
  guard let mode = CompatibilityMode(rawValue: word) else {
    let modes = CompatibilityMode.allCases.map(\.rawValue)
    let hint = nearest(to: word, among: modes).map { "; did you mean '\($0)'?" } ?? ""
    throw .usage(arguments.command, "'--mode' wants one of \(modes.joined(separator: ", ")), not '\(word)'\(hint)")
  }
  var files: [SchemaFile] = []
  for path in arguments.operands {
    do throws(HostFailure) {
      files.append(SchemaFile(try contents(of: path), path: path, isToBeUsed: files.isEmpty))
    } catch { throw CommandFailure.environment(error).asNotRun }
  }
  var report = SchemaReport(file: files[0].path, mode: mode, versionCount: files.count - 1)
  report.mistakes = files.flatMap(\.mistakes)
  let schemas = files.compactMap(\.schema)
  if report.mistakes.isEmpty {
    let versions = zip(files, schemas).dropFirst().map { (name: $0.path, schema: $1) }
    do throws(CompatibilityCheck.GaveUp) {
      report.incompatibilities = try CompatibilityCheck.incompatibilities(of: schemas[0], with: versions, mode: mode)
    } catch {
      throw .notRun(
        "\(files[0].path) and \(error.version) have too many alternatives to match: given up after "
          + "\(error.comparisons) comparisons.\nPut alternatives that overlap into one, or compare them by hand."
      )
    }
  }
  (report.tier, report.warnings) = (files[0].tier, files[0].warnings)
  for warning in report.warnings where !arguments.isGiven("--json") { StandardError.write("warning: \(warning)") }
  StandardOutput.write(arguments.isGiven("--json") ? report.json : report.text)
  return report.isGood ? ExitStatus.good : ExitStatus.problems
}

/// What came of a check.
private struct SchemaReport {
  let file: String
  let mode: CompatibilityMode
  let versionCount: Int
  var mistakes: [SchemaMistake] = []
  var incompatibilities: [Incompatibility] = []
  var warnings: [String] = []
  var tier: SchemaFile.Tier?
  var isGood: Bool { mistakes.isEmpty && incompatibilities.isEmpty }

  /// A line for each thing that is wrong, and one that says how it ended.
  var text: String {
    var text = mistakes.map { "\($0)\n" }.joined()
    for found in incompatibilities {
      let reader = found.direction == .backward ? file : found.version ?? file
      text += "\(reader): \(found.path): \(found.kind.rawValue): \(found.detail) (\(found.direction))\n"
    }
    if !mistakes.isEmpty { return text + "\(counted(mistakes.count, "mistake"))\n" }
    if let tier { text += "\(file) is checked \(tier.text)\n" }
    guard incompatibilities.isEmpty else { return text + "\(file) is not \(mode.rawValue) compatible\n" }
    guard versionCount > 0, mode != .none else { return text }
    let seen = mode.isTransitive && versionCount > 1 ? "all \(versionCount) versions" : "the last version"
    return text + "\(file) is \(mode.rawValue) compatible with \(seen) before it\n"
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
    let warnings = warnings.map(quotedForJSON).joined(separator: ",")
    let tier = tier.map { quotedForJSON($0.name) } ?? "null"
    return
      "{\"schema\":\(quotedForJSON(file)),\"tier\":\(tier),\"warnings\":[\(warnings)],"
      + "\"mode\":\"\(mode.rawValue)\",\"compatible\":\(isCompatible),"
      + "\"mistakes\":[\(mistakes.joined(separator: ","))],\"incompatibilities\":[\(found.joined(separator: ","))]}\n"
  }
}
