import Bytes
import COpenSSL
import Glibc
import TLS

let now = Int64(time(nil))
/// The one thread of libFuzzer makes it and has it.
nonisolated(unsafe) private let context: TLSContext = {
  var settings = TLSSettings()
  settings.identities = [makeIdentity()]
  settings.readyCiphers = 2
  settings.recordsPerKey = 20
  do throws(TLSMistake) { return try TLSContext(server: settings) } catch { fatalError("\(error)") }
}()

/// Takes an input for what a peer sends: to a handshake, or to an established connection, of which it knows the keys.
///
/// The first byte says which, and how much arrives at a time. For an established connection the rest is a list: how
/// many bytes, and whether they come as they are or sealed. Traps when the engine reads on after a failure, asks for
/// what is there, never comes to an end, or hands out what lies outside of its record.
@c(LLVMFuzzerTestOneInput) public func fuzz(_ input: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 1, let input else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: input, count: count))
  let piece = Int(bytes[0] & 0x7F) * 8 + 1
  if bytes[0] & 0x80 != 0 { shakeHands(Array(bytes[1...]), piece) } else { open(script(bytes[1...]), piece) }
  return 0
}

/// What the list of an input says is sent.
private func script(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  var sealer = Sealer()
  defer { sealer.free() }
  var sent: [UInt8] = []
  var rest = bytes
  while let head = rest.popFirst() {
    let part = Array(rest.prefix(Int(head & 0x3F)))
    rest = rest.dropFirst(part.count)
    switch head >> 6 {
    case 0: sent += part
    case 1: sent += sealer.seal(part)
    case 2: sent += sealer.seal(part + [22])
    default: sent += sealer.seal(part + [23] + [UInt8](repeating: 0, count: part.count))
    }
  }
  return sent
}

private func open(_ sent: [UInt8], _ piece: Int) {
  let own = [UInt8](repeating: 7, count: 32)
  var session = TLSSession(established: context, suite: .aes128GCM, reading: Sealer.secret, writing: own)
  var region = Region(id: RegionID(rawValue: 0), byteCount: 1 << 10)
  var (pending, arrived): ([UInt8], Int) = ([], 0)
  while arrived < sent.count {
    pending += sent[arrived..<min(arrived + piece, sent.count)]
    arrived = min(arrived + piece, sent.count)
    var position = 0
    var rounds = 0
    loop: while true {
      rounds += 1
      precondition(rounds < 10_000, "opening comes to an end")
      let start = position
      let opened: TLSSession.Opened
      do {
        var lent = pending.mutableSpan
        var raw = lent.mutableBytes
        opened = session.open(&raw, at: &position, in: context)
      }
      precondition(position >= start && position <= pending.count, "records lie within their bytes")
      switch opened {
      case .data(let range):
        precondition(range.lowerBound >= start + 5 && range.upperBound <= position - 16 && !range.isEmpty, "plaintext")
        session.begin(&region, in: context)
        region.append(pending[range].prefix(region.room).count > 0 ? "pong" : "")
        session.seal(&region, in: context)
        region.count = 0
      case .hungry(let needed):
        precondition(needed > pending.count - position && needed <= TLSSession.recordBytesMax, "it asks for more")
        pending.removeFirst(position)
        break loop
      case .closed, .failed:
        let isFailed = if case .failed = opened { true } else { false }
        session.close(into: &region, in: context)
        precondition(region.count == 0 || region.count == 24 || region.count == 5 + 2 + 17, "an alert, or nothing")
        precondition(session.isEstablished != isFailed && !session.isOwing, "the last word has been said")
        session.forget(in: context)
        return
      }
    }
  }
  session.forget(in: context)
}

private func shakeHands(_ sent: [UInt8], _ piece: Int) {
  var session = TLSSession(accepting: context)
  var region = Region(id: RegionID(rawValue: 0), byteCount: 4 << 10)
  var start = 0
  while start < sent.count {
    let part = Array(sent[start..<min(start + piece, sent.count)])
    let step = session.handshake(part.span.bytes, into: &region, utcSeconds: now)
    precondition(step.consumed <= part.count, "no more is consumed than there is")
    region.count = 0
    start += step.consumed
    switch step.outcome {
    case .hungry: precondition(step.consumed == part.count, "a handshake takes what it gets")
    case .full: precondition(step.consumed > 0 || piece > 0, "a full region is emptied")
    case .established: preconditionFailure("nobody knows the key that its hello must answer with")
    case .failed: return
    }
  }
}
