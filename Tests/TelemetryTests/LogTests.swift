import Foundation
import Testing

@testable import Telemetry

/// What is written to a log while `body` runs.
private func written(_ form: LogForm, _ level: LogLevel = .debug, _ body: (Log) -> Void) throws -> [String] {
  let pipe = Pipe()
  body(Log(form: form, level: level, descriptor: pipe.fileHandleForWriting.fileDescriptor))
  try pipe.fileHandleForWriting.close()
  let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
  return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
}

@Suite struct LogTests {
  @Test func `a line of logfmt has time, level, message and fields`() throws {
    let lines = try written(.logfmt) {
      $0.info(
        "listening",
        ["address": "127.0.0.1:80", "count": 5, "share": 0.5, "ok": true, "why": "two words", "no": ""]
      )
    }
    let line = try #require(lines.first)
    let rest = try #require(line.split(separator: " ", maxSplits: 1).last)
    #expect(
      rest == #"level=info message=listening address=127.0.0.1:80 count=5 share=0.5 ok=true why="two words" no="""#
    )
    #expect(line.wholeMatch(of: /time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .*/) != nil)
  }

  @Test func `a line of JSON is an object`() throws {
    let lines = try written(.json) {
      $0.error("it broke", ["why": "a\"b\\c\n\u{1B}[2J\u{202E}ä", "n": -3, "x": .decimal(.nan)])
    }
    let line = try #require(lines.first)
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(object?["level"] as? String == "error" && object?["message"] as? String == "it broke")
    #expect(object?["why"] as? String == "a\"b\\c\n\u{1B}[2J\u{202E}ä" && object?["n"] as? Int == -3)
    #expect(object?["x"] as? String == "nan")
    #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
  }

  @Test(arguments: [LogForm.logfmt, .json])
  func `hostile text stays within its line`(form: LogForm) throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = String(decoding: bytes, as: UTF8.self) + "\nlevel=error\r\u{2028}\u{85}"
      let lines = try written(form) { $0.info("x", ["text": .text(text)]) }
      #expect(lines.count == 1)
      #expect(lines[0].unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x85 && $0.value != 0x2028 })
      if form == .json {
        let object = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
        #expect(object?["text"] as? String == text)
      }
    }
  }

  @Test func `levels below the one set are not written, and it may change`() throws {
    let lines = try written(.logfmt, .warning) { log in
      log.debug("a")
      log.info("b")
      log.warning("c")
      log.error("d")
      log.level = .debug
      log.debug("e")
    }
    #expect(lines.map { $0.suffix(9) } == ["message=c", "message=d", "message=e"])
  }

  @Test func `a flood of one message is counted and hides no other`() {
    let log = Log(form: .logfmt, level: .debug)
    let second: Int64 = 1_000_000_000
    for _ in 0..<Log.linesPerSecond { #expect(log.admit(.info, "flood", nowNs: second) == 0) }
    for _ in 0..<50 { #expect(log.admit(.info, "flood", nowNs: 2 * second - 1) == nil) }
    #expect(log.admit(.info, "other", nowNs: second) == 0)
    #expect(log.admit(.error, "flood", nowNs: second) == 0)
    #expect(log.admit(.info, "flood", nowNs: 2 * second) == 50)
    #expect(log.admit(.info, "flood", nowNs: 2 * second) == 0)
  }

  @Test func `long values and lines are cut`() throws {
    let long = String(repeating: "x", count: 5000)
    let lines = try written(.logfmt) {
      $0.info(
        "m",
        [
          "a": .text(long), "b": .text(long), "c": .text(long), "d": .text(long), "e": .text(long), "f": .text(long),
          "g": .text(long), "h": .text(long), "i": .text(long),
        ]
      )
    }
    #expect(lines.count == 1 && lines[0].utf8.count < LogLine.lineBytesMax && lines[0].contains("x…\""))
    #expect(!lines[0].contains(" i="))
  }

  @Test func `the secret of an API key is masked wherever it stands`() throws {
    let secret = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
    let key = "sk_abcdefgh2345_" + secret
    let lines = try written(.logfmt) {
      $0.info("m", ["a": .text("Bearer \(key), \(key)x and \(key)"), "b": .text(key)])
    }
    #expect(!lines[0].contains("0123") && lines[0].contains("b=sk_abcdefgh2345_***"))
    #expect(masked("sk_") == "sk_" && masked("sk_x sk__ sk_a_ task_list") == "sk_x sk__ sk_a_ task_list")
  }

  @Test func `a log that takes no line counts it`() {
    let log = Log(form: .logfmt, level: .info, descriptor: -1)
    log.info("lost")
    #expect(log.lostLines == 1)
  }

  @Test func `lines of many threads do not mix`() throws {
    let lines = try written(.json) { log in
      DispatchQueue.concurrentPerform(iterations: 16) { index in log.info("m", ["i": .count(index)]) }
    }
    #expect(lines.count == 16)
    for line in lines { #expect(line.hasPrefix("{\"time\":") && line.hasSuffix("}")) }
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
    (1_735_689_599_999_999_999, "2024-12-31T23:59:59.999Z"), (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (1_709_208_000_123_456_789, "2024-02-29T12:00:00.123Z"),
  ])
  func `times are written as in RFC 3339`(ns: Int64, text: String) { #expect(timestamp(utcNs: ns) == text) }
}
