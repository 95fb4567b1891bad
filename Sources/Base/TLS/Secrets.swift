internal import COpenSSL
internal import Synchronization

/// What one direction of an established TLS 1.3 connection needs.
struct TrafficKeys {
  /// From which the next secret comes when keys are updated.
  var secret: InlineArray<48, UInt8> = InlineArray(repeating: 0)
  var key: InlineArray<32, UInt8> = InlineArray(repeating: 0)
  var nonceBase: InlineArray<12, UInt8> = InlineArray(repeating: 0)
  /// Records under this key.
  var sequence: UInt64 = 0
  /// Which key it is, of all that this process has had: finds its cipher among the ready ones.
  var number: UInt64 = 0
}

/// The secrets of one connection, in memory that is not moved, so that nothing stays behind when it is wiped.
struct Secrets {
  var reading = TrafficKeys()
  var writing = TrafficKeys()
  var hasReading = false
  var hasWriting = false
  /// Records that OpenSSL wrote under the key of `writing`.
  var recordsWritten: UInt64 = 0

  static func make() -> UnsafeMutablePointer<Secrets> {
    let memory = unsafe tls_allocate(MemoryLayout<Secrets>.size).assumingMemoryBound(to: Secrets.self)
    unsafe memory.initialize(to: Secrets())
    return unsafe memory
  }
  /// Wipes and frees.
  static func destroy(_ secrets: UnsafeMutablePointer<Secrets>) {
    unsafe tls_free_secret(secrets, MemoryLayout<Secrets>.size)
  }

  /// The numbers of a connection's next two keys: an even one for reading and the odd one behind it.
  static func nextNumbers() -> UInt64 { numbers.wrappingAdd(2, ordering: .relaxed).newValue }
  private static let numbers = Atomic<UInt64>(0)
}
