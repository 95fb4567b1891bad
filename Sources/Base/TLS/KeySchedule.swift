internal import Bytes
internal import COpenSSL
internal import CTLS

/// Derives keys from traffic secrets.
///
/// Source: RFC 8446 §7.2, §7.3.
enum KeySchedule {
  /// Derives the key and the nonces of one direction from its secret, and starts counting records.
  static func derive(_ keys: UnsafeMutablePointer<TrafficKeys>, for suite: CipherSuite, number: UInt64) {
    // SAFETY: the fields of a value that the caller keeps in place during the call, each with room for what is derived.
    unsafe withUnsafeMutableBytes(of: &keys.pointee.key) { unsafe expand(keys, "key", suite, into: $0, suite.keyBytes) }
    unsafe withUnsafeMutableBytes(of: &keys.pointee.nonceBase) { unsafe expand(keys, "iv", suite, into: $0, 12) }
    unsafe keys.pointee.sequence = 0
    unsafe keys.pointee.number = number
  }

  /// Replaces the secret of one direction by the next, and its keys with it.
  static func update(_ keys: UnsafeMutablePointer<TrafficKeys>, for suite: CipherSuite, number: UInt64) {
    var next: InlineArray<48, UInt8> = InlineArray(repeating: 0)
    // SAFETY: a local array, with room for the longest secret.
    unsafe withUnsafeMutableBytes(of: &next) { unsafe expand(keys, "traffic upd", suite, into: $0, suite.hashBytes) }
    unsafe keys.pointee.secret = next
    unsafe withUnsafeMutableBytes(of: &next) { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    unsafe derive(keys, for: suite, number: number)
  }

  private static func expand(
    _ keys: UnsafeMutablePointer<TrafficKeys>,
    _ label: String,
    _ suite: CipherSuite,
    into target: UnsafeMutableRawBufferPointer,
    _ count: Int
  ) {
    require(count <= target.count, "what is derived fits")
    let isDone = unsafe withUnsafeBytes(of: &keys.pointee.secret) { secret in
      unsafe ctls_expand_label(
        suite.hashBytes,
        secret.baseAddress?.assumingMemoryBound(to: UInt8.self),
        label,
        target.baseAddress?.assumingMemoryBound(to: UInt8.self),
        count
      )
    }
    require(isDone == 1, "keys are derived")
  }
}
