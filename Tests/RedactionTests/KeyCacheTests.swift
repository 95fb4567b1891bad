import Testing

@testable import Redaction

/// A cache that expectations can ask.
private final class Asked {
  private var cache: KeyCache
  init(_ cache: KeyCache) { self.cache = cache }

  var keys: RedactionKeys { cache.keys }
  var staleAtNs: Int64? { cache.staleAtNs }
  func asks(atNs nowNs: Int64) -> Bool { cache.asks(atNs: nowNs) }
  func answer(_ edit: RedactionKeyEdit = keyFile()) { cache.take(edit.file, edit.text.span.bytes) }
  func fail(atNs nowNs: Int64) { cache.fail(atNs: nowNs) }
  func press() { cache.press() }
}

@Suite struct KeyCacheTests {
  private let times = KeyCache.Times(refreshNs: 20_000_000_000, staleNs: 60_000_000_000)
  private let second: Int64 = 1_000_000_000

  @Test func `keys are asked for once, and again before they are too old`() {
    let cache = Asked(KeyCache(times, atNs: 5 * second))
    #expect(cache.keys.keys.isEmpty && cache.staleAtNs == nil)
    #expect(cache.asks(atNs: 5 * second) && !cache.asks(atNs: 6 * second))
    cache.answer()
    // The answer is as old as the question, however long it took.
    #expect(cache.keys.keys.count == 3 && cache.staleAtNs == 65 * second)
    #expect(cache.keys.keys.allSatisfy { $0.hasSecret && $0.staleAtNs == 65 * second })
    #expect(!cache.asks(atNs: 25 * second - 1) && cache.asks(atNs: 25 * second))
  }
  @Test func `while the service is silent keys hold until their limit, and then nothing is made with them`() {
    let cache = Asked(KeyCache(times, atNs: 0))
    var bench = Bench(cache.keys)
    #expect(bench.apply(.pseudonym(), "a").outcome == .keyUnavailable)
    #expect(cache.asks(atNs: 0))
    cache.answer()
    bench.bench.take(cache.keys)
    let before = bench.text(.pseudonym(), "a")
    var now: Int64 = 20 * second
    while now < 60 * second {
      #expect(cache.asks(atNs: now))
      cache.fail(atNs: now)
      // A failure is not asked about again at once.
      #expect(!cache.asks(atNs: now + 2 * second - 1))
      bench.bench.advance(toNs: now)
      #expect(bench.text(.pseudonym(), "a") == before)
      now += 2 * second
    }
    bench.bench.advance(toNs: 60 * second - 1)
    #expect(bench.text(.pseudonym(), "a") == before)
    bench.bench.advance(toNs: 60 * second)
    for operation in [Operation.pseudonym(), .hash(), .tokenize(), .encrypt()] {
      #expect(bench.apply(operation, "123456789") == (.keyUnavailable, ""))
    }
    #expect(cache.asks(atNs: now))
    cache.answer()
    bench.bench.take(cache.keys)
    #expect(bench.text(.pseudonym(), "a") == before)
  }
  @Test func `who presses is answered by what is asked from then on`() {
    let cache = Asked(KeyCache(times, atNs: 0))
    #expect(cache.asks(atNs: 0))
    cache.answer()
    cache.press()
    #expect(cache.asks(atNs: 1))
    cache.press()
    #expect(!cache.asks(atNs: 2), "one question at a time")
    cache.answer()
    #expect(cache.asks(atNs: 3))
    cache.press()
    cache.fail(atNs: 4)
    #expect(cache.asks(atNs: 4))
    cache.answer()
    #expect(!cache.asks(atNs: 5))
  }
  @Test func `what a service destroys is gone with its next answer`() throws {
    let cache = Asked(KeyCache(times, atNs: 0))
    var edit = keyFile()
    #expect(cache.asks(atNs: 0))
    cache.answer(edit)
    var bench = Bench(cache.keys)
    #expect(bench.apply(.encrypt(), "a").outcome == .written)
    _ = try edit.destroy(KeyID("encrypt.1")!)
    cache.press()
    #expect(cache.asks(atNs: 1))
    cache.answer(edit)
    bench.bench.take(cache.keys)
    #expect(bench.apply(.encrypt(), "a").outcome == .keyUnavailable)
    #expect(bench.apply(.pseudonym(), "a").outcome == .written)
  }
  @Test func `keys of a file do not age, unless a service takes their place`() {
    let former = keyFile().keys
    #expect(former.keys.allSatisfy { $0.staleAtNs == .max })
    var bench = Bench(former)
    let before = bench.text(.pseudonym(), "a")
    let cache = KeyCache(times, former: former, atNs: 7 * second)
    #expect(cache.staleAtNs == 67 * second && cache.keys.keys.map(\.id) == former.keys.map(\.id))
    bench.bench.take(cache.keys)
    bench.bench.advance(toNs: 67 * second - 1)
    #expect(bench.text(.pseudonym(), "a") == before)
    bench.bench.advance(toNs: 67 * second)
    #expect(bench.apply(.pseudonym(), "a").outcome == .keyUnavailable)
  }
}
