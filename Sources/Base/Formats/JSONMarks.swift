internal import Bytes
internal import CKernels

/// Marks where the tokens of JSON texts begin, 64 bytes at a time, for a reader to go from mark to mark.
///
/// All memory is allocated at the start; one belongs to one thread. Source: RFC 8259.
@safe public struct JSONMarks: ~Copyable {
  /// Where tokens begin, in ascending order, and behind the last the text's length.
  private let marks: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  /// The longest text.
  public let bytesMax: Int
  /// What is taken, beyond the grammar.
  public let limits: JSONLimits

  /// One for texts of so many bytes.
  ///
  /// Allocates about four bytes for each.
  public init(bytesMax: Int, limits: JSONLimits = JSONLimits()) {
    require(bytesMax > 0 && bytesMax < Int(Int32.max), "a text has a length that a mark can hold")
    (self.bytesMax, self.limits) = (bytesMax, limits)
    // A mark for each byte at the most; the kernel wants room for a block.
    capacity = bytesMax + 64
    unsafe marks = .allocate(capacity: capacity + 1)
  }
  deinit { unsafe marks.deallocate() }

  /// Marks a text and goes to its first token; good until the next text is marked.
  ///
  /// Throws: what no text may contain, wherever it stands: control bytes in strings, strings without end, what is no
  /// UTF-8.
  @_lifetime(copy bytes)
  public mutating func reader(of bytes: RawSpan) throws(JSONFault) -> JSONReader {
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
    unsafe marks[Int(found.count)] = UInt32(bytes.byteCount)
    return unsafe JSONReader(bytes, marks, Int(found.count), hasEscapes: found.has_escapes, limits)
  }
}
