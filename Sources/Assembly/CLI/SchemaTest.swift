internal import Host
internal import Schemas

extension Command {
  /// `sluice schema test`.
  static let schemaTest = Command(
    name: "schema test",
    summary: "run test cases in the form of the official JSON Schema suite",
    details: """
      FILE is a list of groups, each with a 'schema' and 'tests', each with 'data' and whether it is 'valid'. Every case
      is judged twice, while it is scanned and on the tape. Failing cases are printed, and what passed and failed last.
      Ends with 0 when all passed, 1 when one failed, and 2 when a file can't be read or has another form.
      """,
    operands: Command.Operands(name: "FILE...", count: 1...100_000),
    options: [
      CommandOption(
        "--remotes",
        "DIR",
        "a folder of what schemas may refer to below http://localhost:1234/",
        short: "-r"
      ),
      CommandOption("--assert-formats", nil, "check formats, instead of only noting them"),
    ],
    examples: [
      "sluice schema test tests/orders.json",
      "sluice schema test suite/*.json --remotes suite/remotes",
    ],
    perform: { arguments in testSchemas(arguments) }
  )
}

/// Runs the files; the exit status.
private func testSchemas(_ arguments: Arguments) -> Int32 {
  var suite = SchemaSuite()
  suite.options.assertsFormats = arguments.isGiven("--assert-formats")
  var run = SchemaTestRun()
  do throws(HostFailure) {
    if let folder = arguments["--remotes"] { try offerRemotes(in: folder, to: &suite.library) }
    for path in arguments.operands { try run.add(path, suite) }
  } catch { run.note("\(error.cause)\n\(error.remedy)") }
  StandardOutput.write(run.report)
  return run.status
}

/// Lets schemas refer to the files of a folder, as the suite's own server would have it.
private func offerRemotes(in folder: String, to library: inout SchemaLibrary) throws(HostFailure) {
  for path in try FolderWalk.files(in: folder) where path.hasSuffix(".json") {
    let file = "\(folder)/\(path)"
    library.offer(try contents(of: file), uri: "http://localhost:1234/\(path)", file: file)
  }
}

/// What came of the cases so far.
private struct SchemaTestRun {
  private var failures = ""
  private var passed = 0
  private var failed = 0
  private var couldRun = true

  /// Runs the cases of a file.
  mutating func add(_ path: String, _ suite: SchemaSuite) throws(HostFailure) {
    let text = try contents(of: path)
    do throws(SchemaMistake) {
      for found in try suite.run(text, file: path) {
        guard let failure = found.failure else {
          passed += 1
          continue
        }
        failed += 1
        failures += "\(path): \(found.name): \(failure)\n"
      }
    } catch { note("\(error)") }
  }
  /// Notes that something could not be run.
  mutating func note(_ reason: String) {
    couldRun = false
    StandardError.write("sluice: \(reason)")
  }

  var report: String { "\(failures)\(passed) passed, \(failed) failed\n" }
  var status: Int32 { couldRun ? failed == 0 ? ExitStatus.good : ExitStatus.problems : ExitStatus.usage }
}
