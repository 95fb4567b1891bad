/// A bounded first-in-first-out queue of values; all of its memory is allocated at start.
public struct Queue<Element>: ~Copyable {
  @usableFromInline var slots: Slots<Element?>
  @usableFromInline var head = 0
  /// How many elements it holds.
  public private(set) var count = 0

  /// An empty queue with room for `capacity` elements.
  public init(capacity: Int) {
    require(capacity > 0, "a queue holds something")
    slots = Slots(capacity) { _ in nil }
  }

  /// How many elements it can hold.
  public var capacity: Int { slots.count }
  /// Whether nothing is in it.
  public var isEmpty: Bool { count == 0 }
  /// Whether nothing more fits.
  public var isFull: Bool { count == slots.count }
  /// The oldest element, left where it is.
  public var first: Element? { count > 0 ? slots[head] : nil }

  /// The element `distance` places behind the oldest.
  public subscript(distance: Int) -> Element {
    get {
      require(distance >= 0 && distance < count, "an element is in its queue")
      return slots[wrap(head + distance)]!
    }
    set {
      require(distance >= 0 && distance < count, "an element is in its queue")
      slots[wrap(head + distance)] = newValue
    }
  }

  /// Puts an element behind all others.
  public mutating func append(_ element: Element) {
    require(!isFull, "a queue is asked for room before it is filled")
    slots[wrap(head + count)] = element
    count += 1
  }

  /// Takes the oldest element out.
  public mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head]
    head = wrap(head + 1)
    count -= 1
    return element
  }

  private func wrap(_ index: Int) -> Int { index >= slots.count ? index - slots.count : index }
}

extension Queue: Sendable where Element: Sendable {}
