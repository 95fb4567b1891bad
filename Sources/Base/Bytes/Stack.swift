/// A bounded list of values that grows and shrinks at its end; all of its memory is allocated at start.
public struct Stack<Element>: ~Copyable {
  @usableFromInline var slots: Slots<Element?>
  /// How many elements it holds.
  public private(set) var count = 0

  /// An empty one with room for `capacity` elements.
  public init(capacity: Int) { slots = Slots(capacity) { _ in nil } }
  /// One that holds these, with room for no more.
  public init(_ elements: some Collection<Element>) {
    self.init(capacity: elements.count)
    for element in elements { append(element) }
  }

  /// Whether nothing is in it.
  public var isEmpty: Bool { count == 0 }

  /// The element `index` places from its start.
  public subscript(index: Int) -> Element {
    get {
      require(index >= 0 && index < count, "an element is in its stack")
      return slots[index]!
    }
    set {
      require(index >= 0 && index < count, "an element is in its stack")
      slots[index] = newValue
    }
  }

  /// Puts an element behind all others.
  public mutating func append(_ element: Element) {
    require(count < slots.count, "a stack has room for all it may hold")
    slots[count] = element
    count += 1
  }

  /// Takes the last element out.
  public mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    return slots[count]
  }

  /// Takes a part out; what is behind it moves up.
  public mutating func remove(_ part: Range<Int>) {
    require(part.lowerBound >= 0 && part.upperBound <= count, "what is removed is in its stack")
    for index in part.upperBound..<count { slots[part.lowerBound + index - part.upperBound] = slots[index] }
    count -= part.count
  }
}

extension Stack: Sendable where Element: Sendable {}
