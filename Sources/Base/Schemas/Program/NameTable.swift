internal import Bytes
internal import Formats

/// Finds names: their first and last eight bytes and their length make a hash that is spread by a multiplier which was
/// sought until no two of them met.
struct NameTable: BitwiseCopyable, Sendable {
  struct Entry: BitwiseCopyable, Sendable {
    var head: UInt64 = 0
    var tail: UInt64 = 0
    /// Where its letters start.
    var start: UInt32 = 0
    var count: UInt32 = 0
    /// Its index; -1 where the place is free.
    var index: Int32 = -1
  }
  /// How many names there are.
  var count: Int32 = 0
  /// Where its places start among the program's.
  private var start: Int32 = 0
  private var mask: Int32 = 0
  private var shift: UInt8 = 63
  private var seed: UInt64 = 1

  /// A table of no names.
  init() {}
  /// Puts names into the program's places and letters.
  init(_ names: [[UInt8]], places: inout [Entry], letters: inout [UInt8]) {
    guard !names.isEmpty else { return }
    count = Int32(names.count)
    let keys = names.map { name in
      // SAFETY: a UInt8 has no padding that its bytes could show.
      unsafe Self.key(name.span.bytes, 0, name.count)
    }
    var bits = 1
    while 1 << bits < names.count * 2 { bits += 1 }
    (seed, shift) = Self.seed(keys, &bits)
    mask = Int32(1 << bits) - 1
    start = Int32(places.count)
    var mine = [Entry](repeating: Entry(), count: 1 << bits)
    for (index, name) in names.enumerated() {
      var place = Int((keys[index].hash &* seed) >> UInt64(shift))
      while mine[place].index >= 0 { place = (place + 1) & Int(mask) }
      mine[place] = Entry(
        head: keys[index].head,
        tail: keys[index].tail,
        start: UInt32(letters.count),
        count: UInt32(name.count),
        index: Int32(index)
      )
      letters += name
    }
    places += mine
  }

  /// A multiplier with which all keys have places of their own, in up to four times as many places; the last one tried
  /// when there is none, as for names that differ in their middle alone.
  private static func seed(_ keys: [Key], _ bits: inout Int) -> (UInt64, UInt8) {
    var seed: UInt64 = 0x9E37_79B9_7F4A_7C15
    for extra in 0..<3 {
      let shift = UInt64(64 - bits - extra)
      var taken = [Bool](repeating: false, count: 1 << (bits + extra))
      for _ in 0..<64 {
        seed = (seed &* 0xD134_2543_DE82_EF95 &+ 1) | 1
        for place in taken.indices { taken[place] = false }
        let isFree = keys.allSatisfy { key in
          let place = Int((key.hash &* seed) >> shift)
          defer { taken[place] = true }
          return !taken[place]
        }
        if isFree {
          bits += extra
          return (seed, UInt8(shift))
        }
      }
    }
    bits += 2
    return (seed, UInt8(64 - bits))
  }

  struct Key {
    let head: UInt64
    let tail: UInt64
    let hash: UInt64
  }
  /// What a name is told by.
  @inline(__always) static func key(_ bytes: RawSpan, _ start: Int, _ count: Int) -> Key {
    var (head, tail) = (UInt64(0), UInt64(0))
    if start &+ 8 <= bytes.byteCount {
      // Eight bytes from its start and eight up to its end, the same ones when it is shorter: what is behind it is
      // shifted out. No branch asks which, for names of all lengths come in any order.
      let unused = UInt64(64 &- min(count, 8) &* 8)
      head = bytes.integer(UInt64.self, at: start) >> unused
      tail = bytes.integer(UInt64.self, at: start &+ max(count, 8) &- 8) >> unused
    } else {
      for place in start..<start &+ count { head = head << 8 | UInt64(bytes.byte(place)) }
      tail = head
    }
    let spread = tail << 29 | tail >> 35
    return Key(head: head, tail: tail, hash: (head ^ spread) &+ UInt64(count) &* 0xA24B_AED4_963E_E407)
  }

  /// Every name, in no order.
  func entries(in places: Table<Entry>) -> [Entry] {
    guard count > 0 else { return [] }
    return (Int(start)...Int(start) + Int(mask)).map { places[$0] }.filter { $0.index >= 0 }
  }

  /// The index of a name; -1 when it is none of these.
  @inline(__always)
  func index(of bytes: RawSpan, _ start: Int, _ count: Int, places: Table<Entry>, letters: Table<UInt8>) -> Int {
    guard self.count > 0 else { return -1 }
    let key = Self.key(bytes, start, count)
    var place = Int((key.hash &* seed) >> UInt64(shift))
    while true {
      let entry = places[Int(self.start) &+ place]
      guard entry.index >= 0 else { return -1 }
      if entry.head == key.head, entry.tail == key.tail, Int(entry.count) == count,
        count <= 16 || Self.isSame(bytes, start, count, Int(entry.start), letters)
      {
        return Int(entry.index)
      }
      place = (place &+ 1) & Int(mask)
    }
  }
  @inline(never)
  private static func isSame(_ bytes: RawSpan, _ start: Int, _ count: Int, _ other: Int, _ letters: Table<UInt8>)
    -> Bool
  {
    for distance in 0..<count where bytes.byte(start + distance) != letters[other + distance] { return false }
    return true
  }
}
