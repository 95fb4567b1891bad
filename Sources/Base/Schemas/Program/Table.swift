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
}
// SAFETY: nothing in it changes.
extension Table: @unchecked Sendable where Element: Sendable {}

/// Elements of a table that follow one another.
struct Run: BitwiseCopyable, Sendable {
  var start: Int32 = 0
  var count: Int32 = 0
  static let none = Run()
  var isEmpty: Bool { count == 0 }
  /// Their indices.
  @inline(__always) var indices: Range<Int> { Int(start)..<Int(start &+ count) }
}
