internal import Bytes

/// Writes another character for each one but the first and the last few: `4111 1111 1111 1111` becomes
/// `**** **** **** 1111`.
///
/// Characters are code points. A value that has no more of them than are kept is masked whole.
enum Mask: Operator {
  static var word: StaticString { "mask" }
  static var purpose: KeyPurpose? { nil }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { false }
  // What is kept may be anything.
  static var isPlain: Bool { false }
  static var options: [StaticString] { ["first", "last", "character", "separators"] }
  /// Characters that are kept at either end at the most.
  static let keptMax = 64

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation {
    for (name, count) in [("first", options.first), ("last", options.last)] {
      guard (0...keptMax).contains(count ?? 0) else { throw OperatorMistake(name, expected: "0 to \(keptMax)") }
    }
    let operation = Operation.mask(
      first: options.first ?? 0,
      last: options.last ?? 0,
      character: options.character ?? "*",
      keepsSeparators: options.separators ?? true
    )
    guard let operation else { throw OperatorMistake("character", expected: "one character") }
    return operation
  }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int { 4 * valueBytes }

  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    let text = subject.text
    let masked = maskedPart(of: text, first: Int(operation.first), last: Int(operation.second >> 1))
    let keepsSeparators = operation.second & 1 != 0
    let character = operation.text
    let isOneByte = character.count == 1
    let single = character.bytes.byte(0)
    out.write(atMost: 4 * text.byteCount) { writer in
      writer.append(text.extracting(0..<masked.lowerBound))
      var place = masked.lowerBound
      while place < masked.upperBound {
        let byte = text.byte(place)
        place &+= 1
        if isContinuation(byte) { continue }
        if keepsSeparators && isSeparator(byte) {
          writer.append(byte)
        } else if isOneByte {
          writer.append(single)
        } else {
          writer.append(character.bytes)
        }
      }
      writer.append(text.extracting(masked.upperBound..<text.byteCount))
    }
    return .written
  }

  /// What is masked: all but so many code points at either end, or all when there are no more than those.
  private static func maskedPart(of text: RawSpan, first: Int, last: Int) -> Range<Int> {
    var (start, end) = (0, text.byteCount)
    for _ in 0..<first {
      guard start < end else { return 0..<text.byteCount }
      start &+= 1
      while start < end, isContinuation(text.byte(start)) { start &+= 1 }
    }
    for _ in 0..<last {
      guard start < end else { return 0..<text.byteCount }
      end &-= 1
      while start < end, isContinuation(text.byte(end)) { end &-= 1 }
    }
    return start < end ? start..<end : 0..<text.byteCount
  }
  @inline(__always) private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
  /// ASCII that is neither letter nor digit; all else may belong to a word.
  @inline(__always) private static func isSeparator(_ byte: UInt8) -> Bool { byte < 0x80 && !byte.isAlphanumeric }
}

extension Operation {
  /// Writes another character for each one but the first and the last few.
  ///
  /// - Parameters:
  ///   - first: how many are kept at the start, 0 to 64.
  ///   - last: how many are kept at the end, 0 to 64.
  ///   - character: one code point.
  ///   - keepsSeparators: whether ASCII that is neither letter nor digit stays.
  /// - Returns: `nil` when `character` is not one code point.
  public static func mask(first: Int = 0, last: Int = 0, character: String = "*", keepsSeparators: Bool = true)
    -> Operation?
  {
    guard character.unicodeScalars.count == 1, let text = ShortText(character) else { return nil }
    guard (0...Mask.keptMax).contains(first), (0...Mask.keptMax).contains(last) else { return nil }
    var operation = Operation(Mask.self)
    operation.first = Int32(first)
    operation.second = Int32(last) << 1 | (keepsSeparators ? 1 : 0)
    operation.text = text
    return operation
  }
}
