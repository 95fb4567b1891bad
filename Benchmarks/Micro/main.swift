internal import Glibc
internal import Schemas

/// Reads the command line, measures, prints, and returns the exit code: 0, or 2 for a command line that makes no sense.
func benchmark(_ arguments: [String]) -> Int32 {
  switch arguments.count {
  case 0: printStages(events: 1_000_000)
  case 1 where arguments == ["tls"]: printTLS(ms: 500)
  case 1 where arguments == ["patterns"]: printPatterns()
  case 1 where arguments == ["schemas"]: printSchemas()
  case 2 where arguments[0] == "--events":
    guard let events = Int(arguments[1]), events > 0 else { return help(2) }
    printStages(events: events)
  case 2 where arguments[0] == "texts":
    guard let count = Int(arguments[1]), count > 0 else { return help(2) }
    for text in sampleTexts(count, seed: 7) { print(text) }
  case 4 where arguments[0] == "scan" && arguments[2] == "--ms":
    guard let ms = Int(arguments[3]), ms > 0 else { return help(2) }
    return printRedaction(measureTextScans(arguments[1], ms: ms))
  case 6 where arguments[0] == "redaction" && arguments[4] == "--ms":
    guard let ms = Int(arguments[5]), ms > 0 else { return help(2) }
    return printRedaction(arguments[1], schema: arguments[2], field: arguments[3], ms: ms)
  case 3 where arguments[0] == "operators" && arguments[1] == "--ms":
    guard let ms = Int(arguments[2]), ms > 0 else { return help(2) }
    for figures in measureOperators(ms: ms) where printRedaction(figures) != 0 { return 1 }
  case 3 where arguments[0] == "schema": return printSchema(arguments[1], arguments[2], ms: 1000)
  case 5 where arguments[0] == "schema" && arguments[3] == "--ms":
    guard let ms = Int(arguments[4]), ms > 0 else { return help(2) }
    return printSchema(arguments[1], arguments[2], ms: ms)
  case 3 where arguments[0] == "tls" && arguments[1] == "--ms":
    guard let ms = Int(arguments[2]), ms > 0 else { return help(2) }
    printTLS(ms: ms)
  default: return help(arguments == ["--help"] || arguments == ["-h"] ? 0 : 2)
  }
  return 0
}

private func help(_ code: Int32) -> Int32 {
  print(
    """
    usage: micro-benchmark [--events N]
           micro-benchmark tls [--ms N]
           micro-benchmark patterns
           micro-benchmark schemas
           micro-benchmark schema FILE EVENTS [--ms N]
           micro-benchmark texts N
           micro-benchmark scan TEXTS --ms N
           micro-benchmark redaction EVENTS SCHEMA FIELD --ms N
           micro-benchmark operators --ms N

    Measures each stage of the line alone, with N events (1000000).
    tls measures handshakes and records of the TLS engine, the server's part alone, for N ms each (500).
    patterns measures searches for patterns of schemas.
    schemas compiles 100 schemas of 50 fields.
    schema measures checks of the events in EVENTS, one a line, against the schema in FILE, for N ms (1000).
    texts prints N texts of 84 bytes, as logs have them; scan looks for personal data in such.
    redaction measures events on their way through schema, detectors and a field that is exchanged into a batch; '-' for
    SCHEMA or FIELD leaves that out, 'off' for FIELD the detectors, too.
    operators measures those that have keys, a value each.
    """
  )
  return code
}
private func printStages(events: Int) {
  for stage in measureStages(events: events) {
    let tenths = stage.ns * 10 / UInt64(max(stage.events, 1))
    print("\(stage.name) events=\(stage.events) function=\(stage.function) nsPerEvent=\(tenths / 10).\(tenths % 10)")
  }
}
private func printPatterns() {
  for figure in measurePatterns(rounds: 1_000_000) {
    let tenths = figure.ns * 10 / UInt64(max(figure.count, 1))
    print("\(figure.name): \(figure.outcome) ns=\(tenths / 10).\(tenths % 10)")
  }
}
private func printSchemas() {
  let figure = measureSchemas(100, fields: 50)
  let us = figure.ns / 1000
  print("\(figure.name) schemas=\(figure.events) fields=50 ms=\(us / 1000).\(us / 100 % 10)")
}
private func printSchema(_ schema: String, _ events: String, ms: Int) -> Int32 {
  do throws(SchemaMistake) {
    guard let figures = try measureValidation(schema, events: events, ms: ms) else {
      print("\(schema) or \(events) can't be read, or has no events")
      return 1
    }
    let tenths = { (ns: Double) in "\((ns * 10).rounded() / 10)" }
    print(
      "{\"events\": \(figures.events), \"valid\": \(figures.valid), \"bytes_per_event\": \(figures.bytesPerEvent), "
        + "\"streamed\": \(figures.isStreamed), \"min_ns\": \(tenths(figures.minNs)), "
        + "\"median_ns\": \(tenths(figures.medianNs))}"
    )
    return 0
  } catch {
    print("\(error)")
    return 1
  }
}
private func printRedaction(_ figures: RedactionFigures?) -> Int32 {
  guard let figures else {
    print("the file can't be read, or has no lines")
    return 1
  }
  let tenths = { (ns: Double) in "\((ns * 10).rounded() / 10)" }
  print(
    "{\"name\": \"\(figures.name)\", \"count\": \(figures.count), \"bytes_each\": \(figures.bytesEach), "
      + "\"found\": \(figures.found), \"min_ns\": \(tenths(figures.minNs)), \"median_ns\": \(tenths(figures.medianNs))}"
  )
  return 0
}
private func printRedaction(_ events: String, schema: String, field: String, ms: Int) -> Int32 {
  do throws(SchemaMistake) {
    return printRedaction(
      try measureRedaction(
        events,
        schema: schema == "-" ? nil : schema,
        plan: field == "off" ? .none : .detectors(field: field == "-" ? nil : field),
        ms: ms
      )
    )
  } catch {
    print("\(error)")
    return 1
  }
}
private func printTLS(ms: Int) {
  for figure in measureTLS(ms: ms) + [1, 2].map({ measureTLSThreads($0, ms: ms) }) {
    let tenths = figure.ns * 10 / UInt64(max(figure.count, 1))
    print("\(figure.name) count=\(figure.count) ns=\(tenths / 10).\(tenths % 10) perSecond=\(Int(figure.perSecond))")
  }
}

exit(benchmark(Array(CommandLine.arguments.dropFirst())))
