internal import Bytes

extension StringFormat {
  /// json-pointer of RFC 6901 section 3, in the part of a text from `offset` on: nothing, or names after slashes in
  /// which a tilde is `~0` and a slash `~1`.
  ///
  /// The form for URI fragments (section 6) is another one and starts with `#`.
  static func acceptsJSONPointer(_ text: RawSpan, from offset: Int) -> Bool {
    guard offset < text.byteCount else { return true }
    guard text.byte(offset) == 0x2F else { return false }
    var at = offset
    while let tilde = text.first(0x7E, from: at) {
      guard text.has(0x30, at: tilde &+ 1) || text.has(0x31, at: tilde &+ 1) else { return false }
      at = tilde &+ 2
    }
    return true
  }

  /// relative-json-pointer of draft-bhutton-relative-json-pointer-00 section 3: how many levels up, how many places
  /// along the array there, then a JSON Pointer or `#`.
  ///
  /// The draft's grammar forgets that `#` may follow a change of index, which its section 5.1 evaluates (`0-1#`): both
  /// are accepted here. It lets the change be zero.
  static func acceptsRelativeJSONPointer(_ text: RawSpan) -> Bool {
    guard var at = wholeNumberEnd(of: text, from: 0) else { return false }
    if text.has(0x2B, at: at) || text.has(0x2D, at: at) {
      guard let end = wholeNumberEnd(of: text, from: at &+ 1) else { return false }
      at = end
    }
    if text.has(0x23, at: at) { return at &+ 1 == text.byteCount }
    return acceptsJSONPointer(text, from: at)
  }

  /// Where a number without leading zeros ends; nil when there is none.
  private static func wholeNumberEnd(of text: RawSpan, from offset: Int) -> Int? {
    let end = text.digitsEnd(from: offset)
    guard end > offset, end == offset &+ 1 || text.byte(offset) != 0x30 else { return nil }
    return end
  }
}
