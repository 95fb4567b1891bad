import Bytes
import COpenSSL
import Testing

@testable import TLS

/// The record layer of TLS 1.3, against its RFC's examples and against whoever does not keep to it.
@Suite struct RecordTests {
  let context: TLSContext
  init() throws {
    let settings = try serverSettings(Authority())
    context = try TLSContext(server: settings)
  }

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8.filter { $0 != 0x20 && $0 != 0x0A })
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)!
    }
  }

  @Test func `secrets lead to the keys of the RFC's examples`() {
    // Source: RFC 8448 §3: traffic secrets of the handshake and of the application, with their keys and nonces.
    let examples = [
      (
        "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
        "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"
      ),
      (
        "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
        "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"
      ),
      (
        "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
        "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"
      ),
      (
        "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
        "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"
      ),
    ]
    let keys = UnsafeMutablePointer<TrafficKeys>.allocate(capacity: 1)
    defer { keys.deallocate() }
    for (secret, key, nonce) in examples {
      keys.initialize(to: TrafficKeys())
      for (index, byte) in bytes(secret).enumerated() { keys.pointee.secret[index] = byte }
      KeySchedule.derive(&keys.pointee, for: .aes128GCM, number: 2)
      #expect((0..<16).map { keys.pointee.key[$0] } == bytes(key))
      #expect((0..<12).map { keys.pointee.nonceBase[$0] } == bytes(nonce))
    }
  }

  @Test func `the records of the RFC's example open and are sealed alike`() {
    // Source: RFC 8448 §3: both application traffic secrets, 50 bytes each way and both farewells. The server has sent
    // its ticket before.
    let client = bytes("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
    let server = bytes("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
    var session = TLSSession(established: context, suite: .aes128GCM, reading: client, writing: server)
    var received = bytes(
      """
      1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a297
      7014bd1e3deae63aeebb21694915e4
      1703030013c9872760655666b74d7ff1153efd6db6d0b0e3
      """
    )
    var position = 0
    var opened: [TLSSession.Opened] = []
    do {
      var lent = received.mutableSpan
      var raw = lent.mutableBytes
      opened.append(session.open(&raw, at: &position, in: context))
      opened.append(session.open(&raw, at: &position, in: context))
    }
    guard case .data(let range) = opened[0] else {
      Issue.record("\(opened[0])")
      return
    }
    #expect(Array(received[range]) == Array(0..<50) && opened[1].isClosed && position == received.count)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    for content in [[1], Array(UInt8(0)..<50)] {
      region.count = 0
      session.begin(&region, in: context)
      region.append(content.span.bytes)
      session.seal(&region, in: context)
    }
    session.close(into: &region, in: context)
    let sent = (0..<region.count).map { region.bytes.byte($0) }
    #expect(
      sent
        == bytes(
          """
          17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0
          a21c0047c2abf332540dd032e167c2955d
          1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9
          """
        )
    )
  }

  @Test(arguments: CipherSuite.allCases)
  func `a record cut anywhere is opened once it is whole`(suite: CipherSuite) {
    let records = Records(suite, context)
    let sealed = records.seal(Array("cut".utf8), kind: 23) + records.seal(Array("anywhere".utf8), kind: 23, padding: 9)
    for cut in 0..<sealed.count {
      let (plaintext, end, rest) = Records(suite, context).open(Array(sealed[..<cut]))
      let whole = cut >= sealed.count ? 2 : cut >= 5 + 3 + 17 ? 1 : 0
      #expect(plaintext == (whole == 1 ? Array("cut".utf8) : []))
      let left = cut - (whole == 1 ? 25 : 0)
      guard case .hungry(let count) = end else {
        Issue.record("\(cut): \(end)")
        continue
      }
      #expect(rest == left && count == (left < 5 ? 5 : whole == 1 ? 5 + 8 + 17 + 9 : 25))
    }
    let (plaintext, end, rest) = records.open(sealed)
    #expect(plaintext == Array("cutanywhere".utf8) && end.isHungry && rest == 0)
  }

  @Test func `the largest record is opened and a larger one is refused`() {
    let limit = TLSSession.plaintextBytesMax
    let full = [UInt8](repeating: 0x61, count: limit)
    #expect(
      isSame(Records(.aes128GCM, context).open(Records(.aes128GCM, context).seal(full, kind: 23)).plaintext, full)
    )
    #expect(
      isSame(
        Records(.aes128GCM, context).open(Records(.aes128GCM, context).seal([1], kind: 23, padding: limit - 1))
          .plaintext,
        [1]
      )
    )
    let fat = Records(.aes128GCM, context)
    #expect(fat.open(fat.seal(full + [0x61], kind: 23)).end.alert == .recordOverflow)
    #expect(fat.farewell().alert == .recordOverflow)
    // Told by its header alone.
    let long = Records(.aes128GCM, context)
    #expect(long.open([23, 3, 3, 0x41, 0x01]).end.alert == .recordOverflow)
    #expect(Records(.aes128GCM, context).open([23, 3, 3, 0x41, 0x00]).end.isHungry)
  }

  /// What a client may send, and the alert it is told.
  static let hostile: [(String, TLSAlert, @Sendable (Records) -> [UInt8])] = [
    ("a tag that is wrong", .badRecordMAC, { $0.seal([1, 2, 3], kind: 23).dropLast() + [0] }),
    ("a record that is too short", .badRecordMAC, { _ in [23, 3, 3, 0, 16] + [UInt8](repeating: 0, count: 16) }),
    ("an empty record", .badRecordMAC, { _ in [23, 3, 3, 0, 0] }),
    (
      "a record out of order", .badRecordMAC,
      { records in
        _ = records.seal([1], kind: 23)
        return records.seal([2], kind: 23)
      }
    ),
    (
      "a record twice", .badRecordMAC,
      { records in
        let record = records.seal([1], kind: 23)
        return record + record
      }
    ),
    ("an alert in the clear", .unexpectedMessage, { _ in [21, 3, 3, 0, 2, 1, 0] }),
    ("a handshake message in the clear", .unexpectedMessage, { _ in [22, 3, 3, 0, 4, 1, 0, 0, 0] }),
    ("a change of cipher after the handshake", .unexpectedMessage, { _ in [20, 3, 3, 0, 1, 1] }),
    ("garbage", .unexpectedMessage, { _ in Array("GET / HTTP/1.1\r\n".utf8) }),
    ("a record without a kind", .unexpectedMessage, { $0.seal([0, 0, 0], kind: nil) }),
    ("a sealed change of cipher", .unexpectedMessage, { $0.seal([1], kind: 20) }),
    ("a kind that does not exist", .unexpectedMessage, { $0.seal([1], kind: 99) }),
    ("a hello after the handshake", .unexpectedMessage, { $0.seal([1, 0, 0, 1, 0], kind: 22) }),
    ("a ticket for the server", .unexpectedMessage, { $0.seal([4, 0, 0, 1, 0], kind: 22) }),
    ("a certificate nobody asked for", .unexpectedMessage, { $0.seal([11, 0, 0, 4, 0, 0, 0, 0], kind: 22) }),
    ("an empty handshake message", .unexpectedMessage, { $0.seal([], kind: 22) }),
    ("an update of keys of another length", .unexpectedMessage, { $0.seal([24, 0, 0, 2, 0, 0], kind: 22) }),
    ("an update of keys of a kind there is not", .illegalParameter, { $0.seal([24, 0, 0, 1, 2], kind: 22) }),
    ("something behind an update of keys", .unexpectedMessage, { $0.seal([24, 0, 0, 1, 0, 24], kind: 22) }),
    ("data within a message", .unexpectedMessage, { $0.seal([24, 0], kind: 22) + $0.seal([1], kind: 23) }),
    ("half an alert", .decodeError, { $0.seal([1], kind: 21) }),
    ("two alerts in one", .decodeError, { $0.seal([1, 90, 1, 90], kind: 21) }),
    (
      "records that bring nothing", .unexpectedMessage,
      { records in
        (0..<33).flatMap { _ in records.seal([], kind: 23) }
      }
    ),
    (
      "padding and nothing else", .unexpectedMessage,
      { records in
        (0..<33).flatMap { _ in records.seal([], kind: 23, padding: 200) }
      }
    ),
    (
      "warnings without end", .unexpectedMessage,
      { records in
        (0..<33).flatMap { _ in records.seal([1, 90], kind: 21) }
      }
    ),
    (
      "updates of keys without end", .unexpectedMessage,
      { records in
        (0..<33).flatMap { _ in
          defer { records.updateKeys() }
          return records.seal([24, 0, 0, 1, 1], kind: 22)
        }
      }
    ),
  ]

  @Test(arguments: hostile.indices)
  func `what breaks the rules is answered with the right alert`(index: Int) {
    let (name, alert, make) = Self.hostile[index]
    let records = Records(.aes128GCM, context)
    let end = records.open(make(records)).end
    #expect(end.alert == alert, "\(name): \(end)")
    if case .failed(let failure) = end { #expect(failure.origin == .us && !failure.reason.isEmpty) }
    // Nothing is read from there on, and the client learns why.
    #expect(records.open(records.seal([1], kind: 23)).plaintext.isEmpty)
    #expect(records.isOwing)
    #expect(records.farewell().alert == alert, "\(name)")
    #expect(!records.isOwing && !records.isEstablished)
    records.server.close(into: &records.region, in: context)
    #expect(records.sent == 0)
  }

  @Test func `one connection's fault does not touch another`() {
    let (bad, good) = (Records(.aes128GCM, context), Records(.aes128GCM, context))
    #expect(bad.open([20, 3, 3, 0, 1, 1]).end.alert == .unexpectedMessage)
    #expect(good.open(good.seal([7], kind: 23)).plaintext == [7])
  }

  @Test func `the version of a record is read by nobody`() {
    let records = Records(.aes128GCM, context)
    #expect(records.open(records.seal([5], kind: 23, version: 1)).plaintext == [5])
  }

  @Test func `some records that bring nothing are let pass, between others any number`() {
    let records = Records(.aes128GCM, context)
    for round in 0..<10 {
      let idle = (0..<32).flatMap { _ in records.seal([], kind: 23) }
      #expect(records.open(idle + records.seal([UInt8(round)], kind: 23)).plaintext == [UInt8(round)])
    }
  }

  @Test func `a farewell ends reading and not writing`() {
    let records = Records(.aes128GCM, context)
    let end = records.open(records.seal([1], kind: 23) + records.seal([1, 0], kind: 21) + [1, 2, 3]).end
    #expect(end.isClosed)
    records.serverSends(Array("still here".utf8))
    #expect(records.clientOpens().plaintext == Array("still here".utf8))
    #expect(records.farewell().isClosed)
  }

  @Test func `what the peer complains of is told, and not answered`() {
    let records = Records(.aes128GCM, context)
    let end = records.open(records.seal([2, 80], kind: 21)).end
    guard case .failed(let failure) = end else {
      Issue.record("\(end)")
      return
    }
    #expect(failure.origin == .peer && failure.alert == .internalError)
    records.server.close(into: &records.region, in: context)
    #expect(records.sent == 0)
  }

  @Test func `an update of keys may come in pieces`() {
    let records = Records(.aes128GCM, context)
    let pieces = [[24], [0, 0], [1], [0]].flatMap { records.seal($0, kind: 22) }
    records.updateKeys()
    #expect(records.open(pieces + records.seal([9], kind: 23)).plaintext == [9])
  }

  @Test func `a wish for our next key is granted once, before the next data`() {
    let records = Records(.aes128GCM, context)
    var sealed: [UInt8] = []
    for _ in 0..<3 {
      sealed += records.seal([24, 0, 0, 1, 1], kind: 22)
      records.updateKeys()
    }
    #expect(records.open(sealed).end.isHungry)
    records.serverSends([1, 2, 3])
    // One update, 27 bytes, then the data.
    #expect(records.sent == 27 + 5 + 3 + 17)
    #expect(records.clientOpens().plaintext == [1, 2, 3])
    records.serverSends([4])
    #expect(records.sent == 5 + 1 + 17)
    #expect(records.clientOpens().plaintext == [4])
  }

  @Test func `a key that was used enough is replaced, in both directions`() throws {
    var settings = try serverSettings(Authority())
    settings.recordsPerKey = 10
    let context = try TLSContext(server: settings)
    let records = Records(.aes128GCM, context)
    for round in 0..<100 {
      records.serverSends([UInt8(round)])
      #expect(records.clientOpens().plaintext == [UInt8(round)])
    }
    #expect(context.counters.keyUpdates >= 18)
    // The peer sends much: it is asked for another key once, and again only after it has taken one.
    let busy = Records(.aes128GCM, context)
    for _ in 0..<30 { #expect(busy.open(busy.seal([1], kind: 23)).plaintext == [1]) }
    busy.serverSends([2])
    #expect(busy.sent == 27 + 5 + 1 + 17)
    #expect(busy.clientOpens().plaintext == [2])
    busy.serverSends([3])
    #expect(busy.sent == 5 + 1 + 17)
  }

  @Test func `ciphers that lost their place are set up again`() throws {
    var settings = try serverSettings(Authority())
    settings.readyCiphers = 2
    let context = try TLSContext(server: settings)
    let many = (0..<9).map { _ in Records(.aes128GCM, context) }
    for round in 0..<5 {
      for records in many {
        #expect(records.open(records.seal([UInt8(round)], kind: 23)).plaintext == [UInt8(round)])
        records.serverSends([UInt8(round)])
        #expect(records.clientOpens().plaintext == [UInt8(round)])
      }
    }
    #expect(context.ciphersSetUp > 100)
  }

  @Test func `what fits a region and no more is sealed, in as many records as it takes`() {
    for count in [128, 300, 4096, 16 << 10, (16 << 10) + 22, 40_000, 64 << 10] {
      let records = Records(.aes128GCM, context)
      records.region.limitRoom(to: 0)
      records.region.releaseRoom()
      var region = Region(id: RegionID(rawValue: 1), byteCount: count)
      records.server.begin(&region, in: context)
      let text = (0..<region.room).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      region.append(text.span.bytes)
      records.server.seal(&region, in: context)
      #expect(
        region.count <= count && region.count >= count - 22 && text.count > count - 22 * (count / 16_384 + 1) - 22
      )
      records.region.append(region.bytes)
      #expect(isSame(records.clientOpens().plaintext, text), "\(count)")
    }
  }

  @Test func `nothing said is nothing sent`() {
    let records = Records(.aes128GCM, context)
    records.server.begin(&records.region, in: context)
    records.server.seal(&records.region, in: context)
    #expect(records.sent == 0)
  }
}
