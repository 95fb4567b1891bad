public import CKernels

/// A pattern that strings have from their start on: runs of bytes of up to four classes of ASCII.
///
/// A bit for each byte of a string says whether it belongs to a class, and counting them tells how long a run is: no
/// branch depends on that.
@frozen public struct JSONPattern: BitwiseCopyable, Sendable {
  @usableFromInline var kernel = kernel_json_pattern()
  /// Longer strings have more bytes than bits.
  public static let stringBytesMax = 63

  /// A run of bytes of one class.
  public struct Run: Sendable {
    /// Which class.
    public let kind: Int
    /// How many bytes it has at the least.
    public let minimum: Int
    /// How many it has at the most.
    public let maximum: Int
    /// A run of that class.
    public init(kind: Int, minimum: Int, maximum: Int) {
      (self.kind, self.minimum, self.maximum) = (kind, minimum, maximum)
    }
  }

  /// One of these classes, which are the bytes in them, and of runs of them that take all they can.
  ///
  /// `nil` where there are more than four classes or 16 runs, bytes beyond ASCII, or runs longer than a string may be.
  public init?(classes: [[UInt8]], runs: [Run], endsAtEnd: Bool) {
    guard classes.count <= 4, runs.count <= 16, classes.allSatisfy({ $0.allSatisfy { $0 < 0x80 } }),
      runs.allSatisfy({ classes.indices.contains($0.kind) && $0.minimum <= Self.stringBytesMax })
    else { return nil }
    // SAFETY: the lines above keep all indices within the kernel's arrays of bytes, which have no padding.
    unsafe withUnsafeMutableBytes(of: &kernel.classes) { table in
      for (kind, bytes) in classes.enumerated() {
        for byte in bytes { unsafe table[kind * 16 + Int(byte & 15)] |= 1 << (byte >> 4) }
      }
    }
    unsafe withUnsafeMutableBytes(of: &kernel.runs) { table in
      for (place, run) in runs.enumerated() {
        unsafe table[place * 3] = UInt8(run.kind)
        unsafe table[place * 3 + 1] = UInt8(run.minimum)
        unsafe table[place * 3 + 2] = UInt8(min(max(run.maximum - run.minimum, 0), Self.stringBytesMax))
      }
    }
    fix(runs)
    (kernel.class_count, kernel.run_count, kernel.ends) = (UInt8(classes.count), UInt8(runs.count), endsAtEnd)
  }

  /// Writes down which places want which class, where all runs have one length.
  private mutating func fix(_ runs: [Run]) {
    let count = runs.reduce(0) { $0 + $1.minimum }
    guard count <= Self.stringBytesMax, runs.allSatisfy({ $0.minimum == $0.maximum }) else { return }
    (kernel.is_fixed, kernel.fixed_count) = (true, UInt8(count))
    var place = 0
    // SAFETY: classes were checked to be among the four; 64-bit words have no padding.
    unsafe withUnsafeMutableBytes(of: &kernel.places) { words in
      let places = unsafe words.assumingMemoryBound(to: UInt64.self)
      for run in runs {
        unsafe places[run.kind] |= (1 << UInt64(run.minimum) - 1) << UInt64(place)
        place += run.minimum
      }
    }
  }
}
