internal import Bytes
public import CKernels

/// Marks where the tokens of JSON texts begin, 64 bytes at a time, for a reader to go from mark to mark.
///
/// All memory is allocated at the start; one belongs to one thread. Source: RFC 8259.
@safe public struct JSONMarks: ~Copyable {
  /// Where tokens begin, in ascending order, and behind the last `beyond` times the text's length.
  @usableFromInline let marks: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  /// The longest text.
  public let bytesMax: Int
  /// What is taken, beyond the grammar.
  public let limits: JSONLimits
  /// What was found in the text that was marked last.
  @usableFromInline var last = kernel_json_marks()
  private var lastBytes = -1

  /// How far a reader may look ahead.
  static var beyond: Int { 8 }

  /// One for texts of so many bytes.
  ///
  /// Allocates about four bytes for each.
  public init(bytesMax: Int, limits: JSONLimits = JSONLimits()) {
    require(bytesMax > 0 && bytesMax < Int(Int32.max), "a text has a length that a mark can hold")
    (self.bytesMax, self.limits) = (bytesMax, limits)
    // A mark for each byte at the most; the kernel wants room for a block.
    capacity = bytesMax + 64
    unsafe marks = .allocate(capacity: capacity + Self.beyond)
  }
  deinit { unsafe marks.deallocate() }

  /// Marks a text and goes to its first token; good until the next text is marked.
  ///
  /// Throws: what no text may contain, wherever it stands: control bytes in strings, strings without end, what is no
  /// UTF-8.
  @inlinable @inline(__always) @_lifetime(copy bytes)
  public mutating func reader(of bytes: RawSpan) throws(JSONFault) -> JSONReader {
    let found = try mark(bytes)
    return unsafe JSONReader(bytes, marks, found, limits)
  }
  /// Goes to the first token of the text that was marked last, once more.
  @_lifetime(copy bytes)
  public func readerAgain(of bytes: RawSpan) -> JSONReader {
    require(bytes.byteCount == lastBytes, "a text is read again that was marked last")
    return unsafe JSONReader(bytes, marks, last, limits)
  }
  /// Marks a text; what was found.
  @usableFromInline mutating func mark(_ bytes: RawSpan) throws(JSONFault) -> kernel_json_marks {
    lastBytes = -1
    guard bytes.byteCount <= bytesMax else { throw JSONFault(.longText, at: bytesMax) }
    var found = kernel_json_marks()
    // SAFETY: both ranges lie within their owners, and the kernel keeps within them.
    unsafe bytes.withUnsafeBytes { text in
      let start = unsafe text.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe kernel_json_mark(start, text.count, marks, capacity, &found)
    }
    let offset = Int(found.fault_at)
    switch found.fault {
    case kernel_json_fault_control: throw JSONFault(.control, at: offset)
    case kernel_json_fault_unclosed: throw JSONFault(.unclosed, at: offset)
    case kernel_json_fault_encoding: throw JSONFault(.encoding, at: offset)
    default: require(found.fault == kernel_json_fault_none, "a text that is short enough has room for its marks")
    }
    for distance in 0..<Self.beyond { unsafe marks[Int(found.count) &+ distance] = UInt32(bytes.byteCount) }
    (last, lastBytes) = (found, bytes.byteCount)
    return found
  }
}
