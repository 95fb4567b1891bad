internal import Bytes

/// Which names the objects of a text have had, so that a second one of the same is found.
///
/// One table for all objects together. What earlier texts left in it counts as nothing: objects are numbered on from
/// text to text. A text uses only as much of the table as it could fill by half, so that a small one stays in cache.
public struct JSONNames: ~Copyable {
  struct Entry: BitwiseCopyable {
    /// Of which object.
    var object: UInt32
    var hash: UInt32
    var start: UInt32
    var end: UInt32
    var hasEscapes: Bool
  }
  private var entries: Slots<Entry>
  /// The places of this text are those up to it.
  private var mask = 0
  /// The object that began last, and the last one of earlier texts.
  private var object: UInt32 = 0
  private var former: UInt32 = 0

  /// For texts of so many bytes.
  public init(textBytesMax: Int) { entries = Slots(zeroed: Self.places(textBytesMax)) }

  /// Places for a text: a member has four bytes at the least, and half of the places stay free.
  private static func places(_ textBytes: Int) -> Int {
    var places = 64
    while places < textBytes / 2 { places *= 2 }
    return places
  }

  /// Begins a text.
  public mutating func begin(textBytes: Int) {
    mask = Self.places(textBytes) - 1
    require(mask < entries.count, "a text is no longer than was said")
    if object > UInt32.max / 2 {
      for place in 0..<entries.count { entries[place].object = 0 }
      object = 0
    }
    former = object
  }
  /// The number of an object that begins.
  public mutating func nextObject() -> UInt32 {
    object += 1
    return object
  }

  /// Notes a name; where it started when its object had it before, else `nil`.
  ///
  /// Names are the same when what they mean is, however it is written.
  public mutating func note(_ name: JSONString, of object: UInt32, in bytes: RawSpan) -> Int? {
    let hash = name.hash(in: bytes) ^ object &* 0x9E37_79B9
    var place = Int(hash) & mask
    while entries[place].object > former {
      if entries[place].object == object, entries[place].hash == hash {
        let range = Int(entries[place].start)..<Int(entries[place].end)
        let other = JSONString(range: range, hasEscapes: entries[place].hasEscapes)
        if other.isSame(as: name, in: bytes) {
          put(name, object, hash, at: place)
          return range.lowerBound
        }
      }
      place = (place + 1) & mask
    }
    put(name, object, hash, at: place)
    return nil
  }
  @inline(__always) private mutating func put(_ name: JSONString, _ object: UInt32, _ hash: UInt32, at place: Int) {
    entries[place] = Entry(
      object: object,
      hash: hash,
      start: UInt32(name.range.lowerBound),
      end: UInt32(name.range.upperBound),
      hasEscapes: name.hasEscapes
    )
  }
}
