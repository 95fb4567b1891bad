internal import Formats

/// What holds for one value while it is scanned: everything that several schemas say of it, taken together.
struct StreamState: BitwiseCopyable, Sendable {
  var kinds = Kinds.all
  /// Rules of all of them.
  var strings = Run.none
  var numbers = Run.none
  var constants = Run.none
  /// What is asked of members and elements; -1 for nothing.
  var object: Int32 = -1
  var array: Int32 = -1
  /// Branches that look at nothing within the value, for the tape's evaluator.
  var shallow = Run.none
  /// The nodes that it was made of.
  var nodes = Run.none
  /// Whether there are constants or branches.
  @inline(__always) var hasMore: Bool { constants.count | shallow.count != 0 }
}

/// Constants of which one must be met, all of them strings, numbers and words.
struct StreamConstants: BitwiseCopyable, Sendable {
  var assertion: Int32
  var words = Kinds([])
  /// Whether true is among them, and false.
  var hasTrue = false
  var hasFalse = false
  /// The strings.
  var strings = NameTable()
  /// Places of the numbers on the constants' tape.
  var numbers = Run.none
}

/// What holds for the members of an object.
struct StreamObject: BitwiseCopyable, Sendable {
  var names = NameTable()
  /// By the names' index: the state of the member, or -1 where nothing is asked.
  var members = Run.none
  /// A bit for each name that must be there.
  var required: UInt64 = 0
  var requirements = Run.none
  /// Names that ask for others.
  var dependencies = Run.none
  /// Patterns of other names, and for each set of them that match the state of the member.
  var patterns = Run.none
  var others = Run.none
  /// Nodes that names must fit.
  var nameNodes = Run.none
  var minCount: Int64 = 0
  var maxCount = Int64.max
  var minAssertion: Int32 = -1
  var maxAssertion: Int32 = -1
}

/// What holds for the elements of an array.
struct StreamArray: BitwiseCopyable, Sendable {
  /// States of the first ones.
  var prefix = Run.none
  /// Of the others.
  var items: Int32 = -1
  var minCount: Int64 = 0
  var maxCount = Int64.max
  var minAssertion: Int32 = -1
  var maxAssertion: Int32 = -1
}

/// A program for checking while scanning.
struct StreamProgram: BitwiseCopyable, Sendable {
  var states: Table<StreamState>
  var strings: Table<StringRule>
  var numbers: Table<NumberRule>
  var constants: Table<StreamConstants>
  var objects: Table<StreamObject>
  var arrays: Table<StreamArray>
  var requirements: Table<Requirement>
  var lists: Table<Int32>
  var names: Table<NameTable.Entry>
  var letters: Table<UInt8>
  /// The quick way over members.
  var direct: DirectProgram?
  /// The state of the whole event; -1 where nothing is asked.
  var root: Int32
  /// Whether an object must have so many members: then a name that occurs twice must not be counted twice.
  var countsMembers: Bool

  func free() {
    states.free()
    strings.free()
    numbers.free()
    constants.free()
    objects.free()
    arrays.free()
    requirements.free()
    lists.free()
    names.free()
    letters.free()
    direct?.free()
  }
}
