import Foundation
import Testing
import line_benchmark
import micro_benchmark

/// The benchmarks at a tiny size: what they send arrives, so what they measure is the real thing.
@Suite struct BenchmarkTests {
  @Test(arguments: LinePlan.Traffic.allCases, [1, 3])
  func `everything a line benchmark sends is stored and answered`(traffic: LinePlan.Traffic, window: Int) throws {
    var plan = LinePlan(traffic, events: traffic == .ndjson ? 800 : 120)
    (plan.window, plan.connections, plan.segmentBytes) = (window, 4, 4 << 20)
    var run = try LineRun(plan)
    run.warmUp()
    let events = run.measure()
    #expect(events >= plan.events)
    let isWhole = run.isWhole()
    #expect(isWhole)
  }

  @Test func `every stage is measured under a name and a function of its own`() {
    let stages = measureStages(events: 64)
    #expect(stages.allSatisfy { $0.events >= 60 })
    #expect(Set(stages.map(\.name)).count == stages.count && Set(stages.map(\.function)).count == stages.count)
  }

  @Test func `every search for a pattern is measured`() {
    let figures = measurePatterns(rounds: 1)
    #expect(figures.count == 16 && figures.allSatisfy { $0.count > 0 && $0.ns > 0 }, "\(figures)")
  }

  @Test func `checks of a schema are measured, and how many events fit is told`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("schema-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (schema, events) = (folder.appendingPathComponent("s.json"), folder.appendingPathComponent("e.ndjson"))
    try Data(#"{"properties":{"number":{"type":"integer"}}}"#.utf8).write(to: schema)
    try Data("{\"number\":1}\n{\"number\":\"1\"}\n\n{}\n".utf8).write(to: events)
    let figures = try #require(try measureValidation(schema.path, events: events.path, ms: 1))
    #expect(figures.events == 3 && figures.valid == 2 && figures.isStreamed)
    #expect(figures.minNs > 0 && figures.minNs <= figures.medianNs)
    #expect(try measureValidation(schema.path, events: folder.path, ms: 1) == nil)
  }

  @Test func `every part of the TLS engine is measured`() {
    let figures = measureTLS(ms: 1) + [measureTLSThreads(2, ms: 1)]
    #expect(figures.allSatisfy { $0.count > 0 && $0.ns > 0 })
    #expect(Set(figures.map(\.name)).count == figures.count)
  }

  @Test func `schemas of any size are compiled`() {
    for fields in [0, 1, 50] { #expect(measureSchemas(2, fields: fields).events == 2) }
  }

  @Test func `a command line that makes no sense is refused`() {
    for arguments in [[], ["smoke"], ["http", "--events"], ["http", "--events", "0"], ["framed", "--shards", "3"]] {
      #expect(benchmark(arguments) == 2, "\(arguments)")
    }
    #expect(benchmark(["--help"]) == 0)
  }
}
