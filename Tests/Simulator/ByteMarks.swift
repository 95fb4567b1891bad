internal import Glibc

/// Texts that must not be found where they don't belong: personal values, on the disk.
public struct ByteMarks: Sendable {
  private let marks: [[UInt8]]
  /// These texts, none of them empty.
  public init(_ marks: [String] = []) { self.marks = marks.map { Array($0.utf8) } }

  /// The first of them that is found anywhere in some bytes.
  public func found(in bytes: RawSpan) -> String? {
    for mark in marks where contains(mark, bytes) { return String(decoding: mark, as: UTF8.self) }
    return nil
  }
  private func contains(_ mark: [UInt8], _ bytes: RawSpan) -> Bool {
    // SAFETY: every place that is looked at has as many bytes behind it as are compared.
    unsafe bytes.withUnsafeBytes { bytes in
      guard bytes.count >= mark.count, var place = bytes.baseAddress else { return false }
      let end = unsafe place + bytes.count - mark.count + 1
      while unsafe place < end, let next = unsafe memchr(place, CInt(mark[0]), end - place) {
        if unsafe memcmp(next, mark, mark.count) == 0 { return true }
        unsafe place = UnsafeRawPointer(next) + 1
      }
      return false
    }
  }
}
