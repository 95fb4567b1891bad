internal import Bytes

/// Values that are written once and read for as long as their schema lives.
///
/// A view: copying it counts nothing. Who makes it frees it.
@safe struct Table<Element: BitwiseCopyable>: BitwiseCopyable {
  // SAFETY: `count` initialised elements, never written again, freed by the schema that no view outlives.
  let base: UnsafePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    for (index, element) in elements.enumerated() { unsafe (memory + index).initialize(to: element) }
    unsafe base = UnsafePointer(memory)
    count = elements.count
  }
  func free() { unsafe base.deallocate() }

  @inline(__always) subscript(index: Int) -> Element {
    require(index >= 0 && index < count, "an element is in its table")
    return unsafe base[index]
  }
  @inline(__always) subscript(index: Int32) -> Element { self[Int(index)] }
  /// Where an element is, for one whose index was worked out when the tables were made.
  @inline(__always) func place(of index: Int32) -> UnsafePointer<Element> { unsafe base + Int(index) }
}
// SAFETY: nothing in it changes.
extension Table: @unchecked Sendable where Element: Sendable {}

/// A value that is written once and read in place for as long as its schema lives.
///
/// Who makes it frees it.
@safe struct Stored<Value: BitwiseCopyable>: BitwiseCopyable {
  // SAFETY: one initialised value, never written again, freed by the schema that no view outlives.
  private let base: UnsafePointer<Value>

  init(_ value: Value) {
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    unsafe memory.initialize(to: value)
    unsafe base = UnsafePointer(memory)
  }
  func free() { unsafe base.deallocate() }

  /// The value, which is not copied.
  @inline(__always) var value: Value { _read { yield unsafe base.pointee } }
}
// SAFETY: nothing in it changes.
extension Stored: @unchecked Sendable where Value: Sendable {}

/// Elements of a table that follow one another.
struct Run: BitwiseCopyable, Sendable {
  var start: Int32 = 0
  var count: Int32 = 0
  static let none = Run()
  var isEmpty: Bool { count == 0 }
  /// Their indices.
  @inline(__always) var indices: Range<Int> { Int(start)..<Int(start &+ count) }
}
