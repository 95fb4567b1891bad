internal import Bytes
internal import COpenSSL
internal import CTLS

/// OpenSSL's inner state, one for every context: what two threads share there costs each of them a tenth of its time.
///
/// Its key schedule of TLS 1.3 is our own (`CTLS`), which is where the secrets of connections are taken.
@safe final class Library {
  let pointer: OpaquePointer
  /// Where the secrets of the handshake under way go.
  let taken: UnsafeMutablePointer<ctls_taken>
  private let algorithms: OpaquePointer
  private let schedule: UnsafeMutableRawPointer

  init() {
    let library = unsafe OSSL_LIB_CTX_new()
    unsafe require(library != nil, "the library has memory")
    unsafe pointer = unsafe library!
    let algorithms = unsafe OSSL_PROVIDER_load(library, "default")
    unsafe require(algorithms != nil, "the library has its default algorithms")
    unsafe self.algorithms = unsafe algorithms!
    unsafe taken = .allocate(capacity: 1)
    unsafe taken.initialize(to: ctls_taken())
    let schedule = unsafe ctls_add_provider(UnsafeMutableRawPointer(library), taken)
    unsafe require(schedule != nil, "the library takes our key schedule")
    unsafe self.schedule = unsafe schedule!
  }
  // SAFETY: whatever was made from it keeps this object alive.
  deinit {
    unsafe OSSL_PROVIDER_unload(OpaquePointer(schedule))
    unsafe OSSL_PROVIDER_unload(algorithms)
    unsafe OSSL_LIB_CTX_free(pointer)
    unsafe taken.deallocate()
  }

  /// Gives up what the library keeps for this thread; it is made again where it is needed.
  func leaveThread() {
    unsafe OPENSSL_thread_stop_ex(pointer)
  }

  /// A cipher, which the caller frees.
  func cipher(_ name: StaticString) -> OpaquePointer {
    let start = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    let cipher = unsafe EVP_CIPHER_fetch(pointer, start, nil)
    unsafe require(cipher != nil, "the library knows the ciphers of TLS")
    return unsafe cipher!
  }
}
