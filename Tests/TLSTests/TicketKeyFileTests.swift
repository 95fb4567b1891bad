import TLS
import Testing

/// A generator whose numbers a test can repeat.
private struct Lehmer: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

private let noon: Int64 = 1_769_860_800  // 2026-01-31T12:00:00Z

private func read(_ text: String) throws(TicketKeyFileMistake) -> TicketKeyFile {
  try TicketKeyFile(Array(text.utf8), file: "f")
}
private func mistake(_ text: String) -> String? {
  do throws(TicketKeyFileMistake) {
    _ = try read(text)
    return nil
  } catch { return error.description }
}
private func rotatedTwice() -> TicketKeyFile {
  var random = Lehmer(state: 3)
  return TicketKeyFile.make(atSeconds: noon, using: &random).rotated(atSeconds: noon + 10, using: &random)
    .rotated(atSeconds: noon + 20, using: &random)
}

@Suite struct TicketKeyFileTests {
  @Test func `a file that is made has a key that seals and one to come`() throws {
    var random = Lehmer(state: 1)
    let file = TicketKeyFile.make(atSeconds: noon, using: &random)
    #expect(file.entries.map(\.state) == [.next, .current] && file.previous == nil)
    #expect(file.next?.name != file.current.name && file.current.name.count == 16)
    #expect(file.text.hasPrefix("sluice-ticket-keys 1\nrotated 2026-01-31T12:00:00Z\nnext     "))
    #expect(file.text.split(separator: "\n").count == 4)
    #expect(try read(file.text) == file)
  }

  @Test func `keys move on one step a rotation, and a key opens until two rotations after it sealed`() {
    var random = Lehmer(state: 1)
    let first = TicketKeyFile.make(atSeconds: noon, using: &random)
    let second = first.rotated(atSeconds: noon + 100, using: &random)
    #expect(second.current == first.next && second.previous == first.current && second.rotatedSeconds == noon + 100)
    #expect(second.next?.madeSeconds == noon + 100)
    let third = second.rotated(atSeconds: noon + 200, using: &random)
    #expect(third.current == second.next && third.previous == second.current)
    #expect(!third.entries.contains { $0.key == first.current })
    #expect(Set([first, second, third].flatMap { $0.entries.map(\.key.name) }).count == 4)
  }

  @Test func `a file without a next key moves on to a fresh one`() throws {
    var random = Lehmer(state: 1)
    let text = rotatedTwice().text.split(separator: "\n").filter { !$0.hasPrefix("next") }.joined(separator: "\n")
    let file = try read(text)
    let rotated = file.rotated(atSeconds: noon, using: &random)
    #expect(file.next == nil && rotated.previous == file.current && rotated.current != file.current)
    #expect(rotated.entries.count == 3)
  }

  @Test func `it is due when its time is over, and when its time makes no sense`() {
    var random = Lehmer(state: 1)
    let file = TicketKeyFile.make(atSeconds: noon, using: &random)
    let due = [0, 99, 100, 101, -99, -100, -101].map { file.isDue(everySeconds: 100, atSeconds: noon + $0) }
    #expect(due == [false, false, true, true, false, false, true])
  }

  @Test func `what it writes it reads, comments aside`() throws {
    let file = rotatedTwice()
    #expect(try read(file.text) == file)
    let commented = "# keys\r\n\n" + file.text.replacing("\n", with: "\r\n  # x\n")
    #expect(try read(commented) == file)
    #expect(try read(String(file.text.dropLast())) == file)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (951_868_799, "2000-02-29T23:59:59Z"),
      (951_868_800, "2000-03-01T00:00:00Z"), (1_769_860_800, "2026-01-31T12:00:00Z"),
      (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
      (1_735_689_599, "2024-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)]
  )
  func `a time is written as a calendar has it`(seconds: Int64, text: String) throws {
    var random = Lehmer(state: 1)
    let file = TicketKeyFile.make(atSeconds: seconds, using: &random)
    #expect(file.text.contains("rotated \(text)\n"), "\(file.text.prefix(60))")
    #expect(try read(file.text).rotatedSeconds == seconds)
  }

  @Test func `every day of four centuries is written and read`() throws {
    var random = Lehmer(state: 1)
    let text = TicketKeyFile.make(atSeconds: 0, using: &random).text
    for day in stride(from: Int64(0), to: 146_097, by: 37) {
      let made = TicketKeyFile.make(atSeconds: day * 86_400 + 43_199, using: &random)
      #expect(try read(made.text).rotatedSeconds == day * 86_400 + 43_199)
    }
    #expect(mistake(text.replacing("rotated 1970-01-01", with: "rotated 2023-02-29"))?.contains("no time") == true)
  }

  @Test(arguments: [
    ("", "f:1: an empty file"), ("# nothing\n", "an empty file"), ("hello", "f:1: no file of ticket keys"),
    ("sluice-ticket-keys 2\n", "f:1: another version"), ("sluice-ticket-keys 1\n", "no time of the last rotation"),
    ("sluice-ticket-keys 1\nrotated 2026-01-31T12:00:00Z\n", "no 'current' key"),
    ("sluice-ticket-keys 1\nrotated 2026-13-31T12:00:00Z\n", "f:2: no time"),
    ("sluice-ticket-keys 1\nrotated 2026-01-31 12:00:00Z\n", "f:2: no time"),
    (
      "sluice-ticket-keys 1\nrotated 2026-01-31T12:00:00Z\nrotated 2026-01-31T12:00:00Z",
      "f:3: 'rotated' for the second"
    ),
    ("sluice-ticket-keys 1\nlast\n", "f:2: a line that is none"),
    ("sluice-ticket-keys 1\ncurrent 00\n", "f:2: no 'current' key"),
  ])
  func `a file that is none is told from one`(text: String, message: String) {
    #expect(mistake(text)?.contains(message) == true, "\(mistake(text) ?? "read")")
  }

  @Test func `a key that is wrong is named by its line and never quoted`() {
    let text = rotatedTwice().text
    let lines = text.split(separator: "\n").map(String.init)
    let current = lines[3]
    let secret = String(current.suffix(20))
    for wrong in [
      current + "0", String(current.dropLast()), current.replacing("aes:", with: "AES:"), current + " x",
      current.replacing("hmac:", with: "hmac:+"), String(current.dropLast(2)) + "zz",
    ] {
      let found = mistake(text.replacing(current, with: wrong)) ?? "read"
      #expect(found.hasPrefix("f:4: no 'current' key") && !found.contains(secret), "\(found)")
    }
    let twice = mistake(text + current.replacing("current", with: "previous")) ?? "read"
    #expect(twice.hasPrefix("f:6: a 'previous' key for the second time"), "\(twice)")
    let same = lines[0...3].joined(separator: "\n") + "\n" + current.replacing("current", with: "previous")
    #expect(mistake(same)?.hasPrefix("f:5: a 'previous' key with the name of another") == true)
  }

  @Test func `a file larger than its bound is not read`() {
    let text = rotatedTwice().text
    #expect(mistake(text + String(repeating: "#", count: 65_536 - text.utf8.count)) == nil)
    #expect(mistake(text + String(repeating: "#", count: 65_537 - text.utf8.count))?.contains("65537 bytes") == true)
  }

  @Test(arguments: UInt64(1)...4)
  func `no mutation crashes the reader, and what it reads it writes again`(seed: UInt64) throws {
    var random = Lehmer(state: seed)
    let whole = Array(rotatedTwice().text.utf8)
    for count in stride(from: 0, to: whole.count, by: 5) {
      _ = mistake(String(decoding: whole[..<count], as: UTF8.self))
    }
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        } else {
          bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &random)))
        }
      }
      do throws(TicketKeyFileMistake) {
        let file = try TicketKeyFile(bytes, file: "f")
        let again = mistake(file.text)
        #expect(again == nil, "\(again ?? "")")
      } catch { #expect(error.line >= 1 && error.description.utf8.count < 300) }
    }
  }
}
