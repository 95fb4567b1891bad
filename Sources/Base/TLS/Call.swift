internal import Bytes
internal import COpenSSL

/// What OpenSSL's callbacks see during one call into it: the bytes it may read, the room it may fill, whose they are.
///
/// A context has one, since one thread uses it and a call ends before the next begins.
@safe struct Call {
  var input: UnsafeRawPointer?
  var inputCount = 0
  var inputPosition = 0
  var output: UnsafeMutableRawPointer?
  var outputRoom = 0
  var outputCount = 0
  var secrets: UnsafeMutablePointer<Secrets>?
  var utcSeconds: Int64 = 0
  /// The alerts that crossed the wire during the call.
  var alertSent: UInt8?
  var alertReceived: UInt8?
  /// What became of the ticket the client sent.
  var ticket = TicketVerdict.none
  var isTicketKeyKnown = false
  /// A session that the server let us resume, as OpenSSL writes it down.
  var freshSession: [UInt8]?
  /// Whose call it is; valid during the call.
  var context: Unmanaged<TLSContext>?
}

/// The stream through which OpenSSL reads what was received, where it lies, and writes where it will be sent from.
///
/// It owns no bytes: it goes on at the position of the call under way.
@safe final class WireMethod {
  let pointer: OpaquePointer

  init() {
    let method = unsafe BIO_meth_new(tls_wire_type, "wire")
    unsafe require(method != nil, "the library has memory")
    unsafe pointer = unsafe method!
    unsafe BIO_meth_set_create(pointer) { bio in
      unsafe BIO_set_init(bio, 1)
      return 1
    }
    unsafe BIO_meth_set_read(pointer) { bio, target, count in unsafe WireMethod.read(bio, target, count) }
    unsafe BIO_meth_set_write(pointer) { bio, source, count in unsafe WireMethod.write(bio, source, count) }
    // Source: BIO_ctrl(3): a stream without buffers of its own is always flushed, and knows nothing else.
    unsafe BIO_meth_set_ctrl(pointer) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
  }
  // SAFETY: every stream made from it is freed first: a session keeps its context, which keeps this.
  deinit { unsafe BIO_meth_free(pointer) }

  private static func read(_ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ count: Int32) -> Int32 {
    guard let bio = unsafe bio, let target = unsafe target,
      let call = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: Call.self)
    else { return -1 }
    let available = unsafe min(call.pointee.inputCount - call.pointee.inputPosition, Int(count))
    guard available > 0, let input = unsafe call.pointee.input else {
      unsafe tls_wire_wants_input(bio)
      return -1
    }
    // SAFETY: the caller of the engine lends the input for the call, and `available` is what is left of it.
    unsafe UnsafeMutableRawPointer(target).copyMemory(from: input + call.pointee.inputPosition, byteCount: available)
    unsafe call.pointee.inputPosition += available
    unsafe tls_wire_clear(bio)
    return Int32(available)
  }
  private static func write(_ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
    guard let bio = unsafe bio, let source = unsafe source,
      let call = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: Call.self)
    else { return -1 }
    let room = unsafe min(call.pointee.outputRoom - call.pointee.outputCount, Int(count))
    guard room > 0, let output = unsafe call.pointee.output else {
      unsafe tls_wire_wants_room(bio)
      return -1
    }
    // SAFETY: the caller of the engine lends the room for the call, and `room` is what is left of it.
    unsafe (output + call.pointee.outputCount).copyMemory(from: source, byteCount: room)
    unsafe call.pointee.outputCount += room
    unsafe tls_wire_clear(bio)
    return Int32(room)
  }
}
