internal import Formats

/// What the quick way over the members of objects needs to know, close together in memory.
///
/// It only ever says that all is well. Whatever it can't say so of is left to the program that it was made of.
struct DirectProgram: BitwiseCopyable, Sendable {
  /// Those of the program's objects, then those of its constants.
  var names: Table<DirectNames>
  /// Places of names.
  var places: Table<DirectName>
  /// The least and the greatest mantissa by the number of digits behind the point, `scales` pairs for each state.
  var bounds: Table<Int64>

  /// Patterns that are told at once.
  var patterns: Table<JSONPattern>

  /// Numbers have fewer digits behind their point.
  static let scales = 8

  func free() {
    names.free()
    places.free()
    bounds.free()
    patterns.free()
  }
}

/// What values must be to be passed over at once.
struct DirectState: BitwiseCopyable, Sendable {
  enum Strings: UInt8, BitwiseCopyable {
    /// Their length alone counts.
    case long
    /// A pattern or format must hold.
    case rule
    /// They must be one of the names of a table.
    case constant
  }
  /// Which words it may be.
  struct Words: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    static let `true` = Words(rawValue: 1)
    static let `false` = Words(rawValue: 2)
    static let null = Words(rawValue: 4)
  }
  /// How many code points strings may have; no number fits when the quick way can't tell.
  var minLength: UInt32 = 1
  var maxLength: UInt32 = 0
  /// The names of its members, and what else is asked of them; -1 when the quick way can't tell.
  var object: Int32 = -1
  /// Which rule, or which names.
  var string: Int32 = 0
  /// The pattern of that rule, where it is one that is told at once; else -1.
  var pattern: Int32 = -1
  /// Where its bounds start.
  var bounds: Int32 = 0
  var strings = Strings.long
  var words = Words([])
}

/// Names of members or constants: a table that is spread by a multiplier.
@safe struct DirectNames: BitwiseCopyable, @unchecked Sendable {
  // SAFETY: nothing in the program's places and letters ever changes; they live as long as these do.
  /// Its places, one more than the mask says.
  var places: UnsafePointer<DirectName>
  /// Letters of names.
  var letters: UnsafePointer<UInt8>
  var seed: UInt64 = 1
  var shift: UInt64 = 63
  var mask: Int32 = 0
  /// Whether its members can be told without looking further.
  var isDirect = false
  /// Whether an object that has the required members is right.
  var isPlain = false
  /// A bit for each name that must be there.
  var required: UInt64 = 0

  /// Spreads the ends of a name; its highest bits tell the place.
  @inline(__always) static func hash(_ head: UInt64, _ tail: UInt64, _ seed: UInt64) -> UInt64 {
    (head ^ (tail &<< 29 | tail &>> 35)) &* seed
  }
}

/// A name in its place: with what is asked of its member it takes a line of cache.
struct DirectName: BitwiseCopyable, Sendable {
  /// Its first eight bytes and its last eight; all of them, moved up, when there are fewer.
  var head: UInt64 = 0
  var tail: UInt64 = 0
  /// Its bit among those of its object; 0 in a place that is free.
  var bit: UInt64 = 0
  /// How many bytes it has.
  var count: UInt32 = 0
  /// Where its letters start.
  var letters: UInt32 = 0
  /// What its member must be.
  var state = DirectState()
  /// Fills the line up.
  private var rest: UInt32 = 0

  /// A place that is free.
  init() {}
  /// That of a name of those letters.
  init(_ name: [UInt8], letters: UInt32, bit: UInt64) {
    let word = { (bytes: ArraySlice<UInt8>) in
      bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) } << UInt64(64 - 8 * bytes.count)
    }
    (head, tail) = (word(name.prefix(8)), word(name.suffix(8)))
    (count, self.letters, self.bit) = (UInt32(name.count), letters, bit)
  }
}
