import Glibc
import Host
import Testing

@Suite struct CapturedProgramTests {
  private struct Result {
    var end: CapturedProgram.End
    var printed: String
  }
  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
  /// Runs a script to its end.
  private func run(_ words: [String], room: Int = 1 << 20, timeoutNs: Int64 = 30_000_000_000) throws -> Result {
    let program = try CapturedProgram(words, untilNs: now() + timeoutNs)
    return end(of: program, room: room)
  }
  private func end(of program: CapturedProgram, room: Int = 1 << 20) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { memory.deallocate() }
    var count = 0
    while true {
      if let end = program.poll(atNs: now(), into: memory, count: &count) {
        return Result(end: end, printed: String(decoding: memory[..<count], as: UTF8.self))
      }
      usleep(1000)
    }
  }
  private func shell(_ script: String) -> [String] { ["/bin/sh", "-c", script] }

  @Test func `what a program prints is read, however much it is`() throws {
    let result = try run(shell("printf 'a b'; head -c 200000 /dev/zero | tr '\\0' x; printf end"))
    #expect(result.end == .exited(0) && result.printed.utf8.count == 200_006)
    #expect(result.printed.hasPrefix("a bxx") && result.printed.hasSuffix("xend"))
    let words = try run(["printf", "%s,", "one", "two words", "$HOME", ""])
    #expect(words.end == .exited(0) && words.printed == "one,two words,$HOME,,")
  }
  @Test func `how it ended is told`() throws {
    #expect(try run(shell("echo x; exit 3")).end == .exited(3))
    #expect(try run(shell("kill -TERM $$")).end == .killed(SIGTERM))
    for program in ["/nowhere/at/all", "no-program-of-this-name", "/etc/hostname", ""] {
      #expect(throws: HostFailure.self, "\(program)") { try CapturedProgram([program], untilNs: .max) }
    }
  }
  @Test func `one that takes too long is killed, with all that it has started`() throws {
    let result = try run(shell("sleep 1000 & echo $!; wait"), timeoutNs: 300_000_000)
    #expect(result.end == .stopped)
    let other = try #require(pid_t(result.printed.dropLast()))
    // Whoever inherits it may not have asked how it ended yet.
    while kill(other, 0) == 0, !contents(of: "/proc/\(other)/stat").contains(") Z ") { usleep(1000) }
  }
  @Test func `one that is told to stop ends, and one that prints too much, too`() throws {
    let program = try CapturedProgram(shell("exec sleep 1000"), untilNs: .max)
    program.stop()
    #expect(end(of: program).end == .stopped)
    #expect(try run(shell("yes"), room: 10_000).end == .overflowed)
    #expect(try run(shell("printf 123456789"), room: 10).end == .exited(0))
    #expect(try run(shell("printf 1234567890"), room: 10).end == .overflowed)
  }
  @Test func `it has nothing of ours: no descriptor, no signal that is blocked or ignored, no input`() throws {
    // Somebody who forgot to say that a descriptor ends with exec.
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    var (blocked, former) = (sigset_t(), sigset_t())
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &blocked, &former)
    defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
    let status = try run(shell("ls /proc/self/fd | wc -l; cat; grep -E 'SigBlk|SigIgn' /proc/self/status"))
    let lines = status.printed.split(separator: "\n")
    // Those of `ls` itself: input, output, errors, and the folder.
    #expect(lines.first == "4" && lines.count == 3)
    // The C library keeps two signals for itself.
    let own: UInt64 = 1 << 31 | 1 << 32
    let masks = lines.dropFirst().map { UInt64($0.split(separator: "\t")[1], radix: 16) }
    #expect(masks.allSatisfy { ($0 ?? .max) & ~own == 0 }, "\(lines)")
    #expect(try run(shell("echo said >&2")).printed.isEmpty)
  }
  @Test func `one that prints and goes on is not over, and one that leaves somebody behind is`() throws {
    let closing = try run(shell("echo x; exec >&-; exec sleep 0.1"))
    #expect(closing.end == .exited(0) && closing.printed == "x\n")
    let leaving = try run(shell("sleep 3 & echo y"))
    #expect(leaving.end == .exited(0) && leaving.printed == "y\n")
  }
  private func contents(of path: String) -> String {
    guard let file = fopen(path, "r") else { return ") Z " }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
