internal import Bytes
internal import COpenSSL

/// Ciphers that are set up for the keys of connections that are busy.
///
/// An idle connection owns keys alone. Whose cipher is not ready takes the place of another: one place for each key, by
/// the key's number, so that the keys of as many connections as there are places never meet.
@safe final class CipherCache {
  @safe private struct Place {
    var number: UInt64 = 0
    var suite: CipherSuite?
    var cipher: OpaquePointer?
  }
  private let library: Library
  private let places: UnsafeMutablePointer<Place>
  private let mask: Int
  private let algorithms: [OpaquePointer]
  /// Records whose cipher had to be set up.
  private(set) var misses: UInt64 = 0

  /// A table for so many connections, a power of two.
  init(_ library: Library, connections: Int) {
    require(connections > 0 && connections & (connections - 1) == 0, "ready ciphers are a power of two")
    self.library = library
    unsafe places = .allocate(capacity: connections * 2)
    unsafe places.initialize(repeating: Place(), count: connections * 2)
    mask = connections * 2 - 1
    unsafe algorithms = unsafe [
      library.cipher("AES-128-GCM"), library.cipher("AES-256-GCM"), library.cipher("ChaCha20-Poly1305"),
    ]
  }
  // SAFETY: made by this object, and nobody else has them.
  deinit {
    for index in 0...mask { unsafe EVP_CIPHER_CTX_free(places[index].cipher) }
    unsafe places.deallocate()
    for index in 0..<3 { unsafe EVP_CIPHER_free(algorithms[index]) }
  }

  /// The cipher of some keys, set up to open or to seal.
  func cipher(
    _ keys: UnsafeMutablePointer<TrafficKeys>,
    _ suite: CipherSuite,
    isSealing: Bool
  ) -> OpaquePointer {
    let place = unsafe places + (Int(truncatingIfNeeded: keys.pointee.number) & mask)
    if unsafe place.pointee.number == keys.pointee.number { return unsafe place.pointee.cipher! }
    return unsafe setUp(place, keys, suite, isSealing: isSealing)
  }
  private func setUp(
    _ place: UnsafeMutablePointer<Place>,
    _ keys: UnsafeMutablePointer<TrafficKeys>,
    _ suite: CipherSuite,
    isSealing: Bool
  ) -> OpaquePointer {
    misses &+= 1
    let cipher = unsafe place.pointee.cipher ?? EVP_CIPHER_CTX_new()
    unsafe require(cipher != nil, "the library has memory")
    let isSame = unsafe place.pointee.suite == suite
    let algorithm = unsafe isSame ? nil : algorithms[Int(suite.rawValue & 0xFF) - 1]
    // SAFETY: the library reads as many bytes of the key as the suite's cipher has, at most the 32 there are.
    let isReady = unsafe withUnsafeBytes(of: &keys.pointee.key) {
      unsafe EVP_CipherInit_ex(
        cipher,
        algorithm,
        nil,
        $0.baseAddress?.assumingMemoryBound(to: UInt8.self),
        nil,
        isSealing ? 1 : 0
      )
    }
    require(isReady == 1, "the library takes a key")
    unsafe place.pointee = unsafe Place(number: keys.pointee.number, suite: suite, cipher: cipher)
    return unsafe cipher!
  }

  /// Wipes the cipher of some keys, if it is ready.
  func forget(_ keys: UnsafeMutablePointer<TrafficKeys>) {
    let place = unsafe places + (Int(truncatingIfNeeded: keys.pointee.number) & mask)
    guard unsafe place.pointee.number == keys.pointee.number, unsafe keys.pointee.number != 0 else { return }
    unsafe EVP_CIPHER_CTX_reset(place.pointee.cipher)
    unsafe place.pointee = unsafe Place(number: 0, suite: nil, cipher: place.pointee.cipher)
  }
}
