internal import Glibc

/// Reads the command line, measures, prints, and returns the exit code: 0, or 2 for a command line that makes no sense.
func benchmark(_ arguments: [String]) -> Int32 {
  var events = 1_000_000
  if arguments.count == 2, arguments[0] == "--events", let count = Int(arguments[1]), count > 0 {
    events = count
  } else if !arguments.isEmpty {
    print("usage: micro-benchmark [--events N]\n\nMeasures each stage of the line alone, with N events (1000000).")
    return arguments == ["--help"] || arguments == ["-h"] ? 0 : 2
  }
  for stage in measureStages(events: events) {
    let tenths = stage.ns * 10 / UInt64(max(stage.events, 1))
    print("\(stage.name) events=\(stage.events) function=\(stage.function) nsPerEvent=\(tenths / 10).\(tenths % 10)")
  }
  return 0
}

exit(benchmark(Array(CommandLine.arguments.dropFirst())))
