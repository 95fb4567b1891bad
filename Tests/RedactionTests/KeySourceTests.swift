import Testing

@testable import Redaction

@Suite struct KeySourceTests {
  private static let text = Array(
    """
    sluice-redaction-keys 1
    pseudonym.1 pseudonym active \(made) wrapped:0a1b
    encrypt.1 encrypt active \(made) hex:\(String(repeating: "00112233", count: 8))
    """.utf8
  )
  private func source() throws -> ServiceKeySource {
    let bytes = Self.text
    let file = try RedactionKeyFile(bytes.span.bytes, file: "f")
    return ServiceKeySource(file, bytes.span.bytes, refreshNs: 100, staleNs: 300, retryNs: 10)
  }
  private let id = KeyID("pseudonym.1")!
  private let secret = [UInt8](repeating: 7, count: 32)

  @Test func `a key is asked for once, told, and asked for again before it is too old`() throws {
    var source = try source()
    #expect(source.deadlineNs == .min)
    #expect(source.nextWish(atNs: 1000) == KeyWish(id: id, wrapped: [0x0A, 0x1B]))
    #expect(source.nextWish(atNs: 1000) == nil && source.deadlineNs == .max)
    #expect(source.keys().keys.map(\.hasSecret) == [false, true])
    source.take(secret.span.bytes, of: id, atNs: 1005)
    #expect(source.keys().keys.map(\.hasSecret) == [true, true] && source.deadlineNs == 1105)
    #expect(source.nextWish(atNs: 1104) == nil && source.nextWish(atNs: 1105)?.id == id)
  }
  @Test func `while the service is silent a key holds until its limit, and then refuses until it is told again`() throws
  {
    var source = try source()
    var bench = Bench(source.keys())
    #expect(bench.apply(.pseudonym(), "a").outcome == .keyUnavailable)
    #expect(bench.apply(.encrypt(), "a").outcome == .written)
    _ = source.nextWish(atNs: 0)
    source.take(secret.span.bytes, of: id, atNs: 0)
    bench.bench.take(source.keys())
    let before = bench.text(.pseudonym(), "a")
    bench.bench.advance(toNs: 299)
    #expect(bench.text(.pseudonym(), "a") == before)
    bench.bench.advance(toNs: 300)
    #expect(bench.apply(.pseudonym(), "a") == (.keyUnavailable, ""))
    #expect(bench.apply(.encrypt(), "a").outcome == .written)
    #expect(source.nextWish(atNs: 300) != nil)
    source.fail(id, atNs: 300)
    #expect(source.nextWish(atNs: 309) == nil && source.deadlineNs == 310 && source.nextWish(atNs: 310) != nil)
    source.take(secret.span.bytes, of: id, atNs: 311)
    bench.bench.take(source.keys())
    bench.bench.advance(toNs: 312)
    #expect(bench.text(.pseudonym(), "a") == before)
  }
  @Test func `a secret of another size counts as a failure, and one that nobody asked for as nothing`() throws {
    var source = try source()
    _ = source.nextWish(atNs: 0)
    let short = [UInt8](repeating: 7, count: 31)
    source.take(short.span.bytes, of: id, atNs: 0)
    #expect(source.keys().keys[0].hasSecret == false && source.deadlineNs == 10)
    source.take(secret.span.bytes, of: KeyID("other.1")!, atNs: 0)
    #expect(source.keys().keys.count == 2)
  }
  @Test func `keys of a file are there at once and do not age`() throws {
    let edit = keyFile()
    var source = FileKeySource(edit.file, edit.text.span.bytes)
    #expect(source.nextWish(atNs: 0) == nil && source.deadlineNs == .max)
    #expect(source.keys().keys.allSatisfy { $0.hasSecret && $0.staleAtNs == .max })
  }
}
