internal import Bytes
internal import CKernels
internal import Events

extension RequestHead {
  /// Fields that may stand once at the most.
  private struct Seen: OptionSet {
    let rawValue: UInt16
    static var host: Seen { Seen(rawValue: 1) }
    static var length: Seen { Seen(rawValue: 2) }
    static var transfer: Seen { Seen(rawValue: 4) }
    static var type: Seen { Seen(rawValue: 8) }
    static var coding: Seen { Seen(rawValue: 16) }
    static var authorization: Seen { Seen(rawValue: 32) }
    static var key: Seen { Seen(rawValue: 64) }
    static var event: Seen { Seen(rawValue: 128) }
    static var expect: Seen { Seen(rawValue: 256) }
    static var trace: Seen { Seen(rawValue: 512) }
    static var schema: Seen { Seen(rawValue: 1024) }

    /// Notes a field.
    ///
    /// Throws: `malformed` when it stood before, the same value or not.
    @inline(__always) mutating func once(_ field: Seen) throws(Refusal) {
      guard isDisjoint(with: field) else { throw .malformed }
      formUnion(field)
    }
  }

  /// Reads the known fields, which the scan has put into the table.
  mutating func readFields(_ bytes: RawSpan, count: Int, table: borrowing FieldTable) throws(Refusal) {
    var seen: Seen = []
    for index in 0..<count {
      let field = table[index]
      let place = Place(start: Int(field.start), end: Int(field.end))
      let value = bytes.extracting(place.start..<place.end)
      switch field.name {
      case kernel_name_host:
        try seen.once(.host)
        guard field.is_plain || value.isHost else { throw .malformed }
      case kernel_name_content_length:
        try seen.once(.length)
        contentLength = try RequestHead.length(value)
        (framing, length) = (.length, place)
      case kernel_name_content_type:
        try seen.once(.type)
        media = RequestHead.media(value)
        type = place
      case kernel_name_authorization:
        try seen.once(.authorization)
        if value.isSame("bearer", prefix: true), value.byteCount > 7, value.byte(6) == 0x20 {
          credential = Place(start: place.start + 7, end: place.end)
        }
      case kernel_name_connection: readConnection(value)
      case kernel_name_transfer_encoding:
        try seen.once(.transfer)
        try readTransferEncoding(value)
      case kernel_name_content_encoding:
        try seen.once(.coding)
        coding = RequestHead.coding(value)
      case kernel_name_expect:
        try seen.once(.expect)
        guard value.isSame("100-continue") else { throw .expectationFailed }
        expects = isModern
      case kernel_name_prefer: readPrefer(value)
      case kernel_name_sluice_key:
        try seen.once(.key)
        (key, hasKey, hasOrigin) = (place, true, true)
      case kernel_name_sluice_event_id:
        try seen.once(.event)
        guard let id = UInt128(uuid: value) else { throw .malformed }
        (origin.eventID, hasOrigin) = (id, true)
      case kernel_name_traceparent:
        // Two of them are none. Source: W3C Trace Context §2.2.
        origin.trace = seen.contains(.trace) ? nil : TraceParent(text: value)
        seen.formUnion(.trace)
        hasOrigin = true
      case kernel_name_sluice_schema_version:
        try seen.once(.schema)
        guard RequestHead.isVersion(value) else { throw .malformed }
        (schema, hasOrigin) = (place, true)
      case kernel_name_cloudevent:
        let name = bytes.extracting(Int(field.name_start)..<place.start)
        if CloudEvent.isTelling(name) { hasAttributes = true }
      default: break
      }
    }
    try check(seen)
  }

  /// What fields must not say together.
  ///
  /// Source: RFC 9112 §3.2, §6.1, §6.3.
  private func check(_ seen: Seen) throws(Refusal) {
    guard seen.contains(.host) || !isModern else { throw .malformed }
    if seen.contains(.transfer) {
      guard !seen.contains(.length), isModern else { throw .malformed }
    }
  }

  /// Digits and nothing else: no sign, no blank, no list.
  ///
  /// Source: RFC 9110 §8.6.
  private static func length(_ text: RawSpan) throws(Refusal) -> Int {
    guard text.byteCount > 0 else { throw .malformed }
    var value = 0
    for offset in 0..<text.byteCount {
      let digit = text.byte(offset) &- 0x30
      guard digit < 10 else { throw .malformed }
      // Saturates far beyond every limit, however many digits come.
      value = min(value &* 10 &+ Int(digit), 1 << 50)
    }
    return value
  }

  /// A version's number as it is written: up to nine digits, the first of which is not 0.
  private static func isVersion(_ text: RawSpan) -> Bool {
    guard text.byteCount > 0, text.byteCount <= HTTPFront.schemaBytesMax, text.byte(0) != 0x30 else { return false }
    for offset in 0..<text.byteCount { guard text.byte(offset) &- 0x30 < 10 else { return false } }
    return true
  }

  private static func media(_ text: RawSpan) -> Media {
    var media = Media.other
    var end = 0
    if text.isSame("application/jsonl", prefix: true) {
      (media, end) = (.lines, 17)
    } else if text.isSame("application/json", prefix: true) {
      (media, end) = (.json, 16)
    } else if text.isSame("application/x-ndjson", prefix: true) {
      (media, end) = (.lines, 20)
    } else if text.isSame("application/cloudevents+json", prefix: true) {
      (media, end) = (.envelope, 28)
    } else if text.isSame("application/cloudevents-batch+json", prefix: true) {
      (media, end) = (.envelopes, 34)
    }
    guard end < text.byteCount else { return media }
    return areUTF8(text.extracting(end..<text.byteCount)) ? media : .other
  }

  /// Whether what follows a media type are parameters, none of which names another charset than UTF-8.
  private static func areUTF8(_ text: RawSpan) -> Bool {
    let start = text.skippingBlanks(from: 0)
    guard start < text.byteCount, text.byte(start) == 0x3B else { return false }
    var at = start
    while at < text.byteCount {
      let next = text.first(0x3B, from: at + 1) ?? text.byteCount
      let first = min(text.skippingBlanks(from: at + 1), next)
      let parameter = text.extracting(first..<next).withoutBlanksBehind
      if parameter.isSame("charset=", prefix: true), !parameter.isSame("charset=utf-8"),
        !parameter.equals(lowercase: "charset=\"utf-8\""), !parameter.isSame("charset=us-ascii")
      {
        return false
      }
      at = next
    }
    return true
  }

  private static func coding(_ text: RawSpan) -> Coding {
    if text.isSame("gzip") || text.isSame("x-gzip") { return .gzip }
    return text.isSame("identity") || text.byteCount == 0 ? .identity : .other
  }

  /// `chunked`, alone.
  ///
  /// Another coding before it can't be undone here; one behind it can't be. Source: RFC 9112 §6.1.
  private mutating func readTransferEncoding(_ text: RawSpan) throws(Refusal) {
    guard text.isSame("chunked") else {
      guard text.byteCount > 0, text.leading(kernel_set_token) > 0 else { throw .malformed }
      let first = text.extracting(0..<text.leading(kernel_set_token))
      throw first.isSame("chunked") ? .malformed : .notImplemented
    }
    framing = .chunked
  }

  /// Source: RFC 9112 §9.3.
  private mutating func readConnection(_ text: RawSpan) {
    var at = 0
    while at < text.byteCount {
      let next = text.first(0x2C, from: at) ?? text.byteCount
      let first = min(text.skippingBlanks(from: at), next)
      let option = text.extracting(first..<next).withoutBlanksBehind
      if option.isSame("close") { (keepsAlive, isClosing) = (false, true) }
      if option.isSame("keep-alive"), !isClosing { keepsAlive = true }
      at = next + 1
    }
  }

  /// `return=minimal` and `verdicts=all`, among whatever else is preferred.
  ///
  /// Source: RFC 7240 §2, §4.2.
  private mutating func readPrefer(_ text: RawSpan) {
    var at = 0
    while at < text.byteCount {
      let next = text.first(0x2C, from: at) ?? text.byteCount
      let first = min(text.skippingBlanks(from: at), next)
      let preference = text.extracting(first..<(text.extracting(0..<next).first(0x3B, from: first) ?? next))
      if preference.withoutBlanksBehind.isSame("return=minimal") { wantsMinimal = true }
      if preference.withoutBlanksBehind.isSame("verdicts=all") { wantsAllFailures = true }
      at = next + 1
    }
  }
}

extension RawSpan {
  /// Where the first byte that is no blank is, at or after `offset`.
  func skippingBlanks(from offset: Int) -> Int {
    var at = offset
    while at < byteCount, byte(at) == 0x20 || byte(at) == 0x09 { at += 1 }
    return at
  }
  /// Itself up to its last byte that is no blank.
  var withoutBlanksBehind: RawSpan {
    @_lifetime(copy self) get {
      var end = byteCount
      while end > 0, byte(end - 1) == 0x20 || byte(end - 1) == 0x09 { end -= 1 }
      return extracting(0..<end)
    }
  }
  /// The number that hexadecimal digits from `offset` on spell, or `nil` when one of them is none.
  func hexadecimal(from offset: Int, count: Int, lowercase: Bool = false) -> UInt64? {
    guard count <= 16, offset + count <= byteCount else { return nil }
    var value: UInt64 = 0
    for place in offset..<offset + count {
      let byte = byte(place)
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x61...0x66: digit = byte - 0x57
      case 0x41...0x46 where !lowercase: digit = byte - 0x37
      default: return nil
      }
      value = value << 4 | UInt64(digit)
    }
    return value
  }
}

extension UInt128 {
  /// A UUID as text: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
  ///
  /// Source: RFC 9562 §4.
  init?(uuid text: RawSpan) {
    guard text.byteCount == 36, text.byte(8) == 0x2D, text.byte(13) == 0x2D, text.byte(18) == 0x2D,
      text.byte(23) == 0x2D, let first = text.hexadecimal(from: 0, count: 8),
      let second = text.hexadecimal(from: 9, count: 4), let third = text.hexadecimal(from: 14, count: 4),
      let fourth = text.hexadecimal(from: 19, count: 4), let fifth = text.hexadecimal(from: 24, count: 12)
    else { return nil }
    let high = first << 32 | second << 16 | third
    self = UInt128(high) << 64 | UInt128(fourth << 48 | fifth)
  }
}

extension TraceParent {
  /// A `traceparent` as text, or `nil` when it is to be ignored.
  ///
  /// Source: W3C Trace Context §3.2.
  init?(text: RawSpan) {
    guard text.byteCount >= 55, text.byte(2) == 0x2D, text.byte(35) == 0x2D, text.byte(52) == 0x2D,
      let version = text.hexadecimal(from: 0, count: 2, lowercase: true), version != 0xFF,
      let high = text.hexadecimal(from: 3, count: 16, lowercase: true),
      let low = text.hexadecimal(from: 19, count: 16, lowercase: true), high | low != 0,
      let parent = text.hexadecimal(from: 36, count: 16, lowercase: true), parent != 0,
      let flags = text.hexadecimal(from: 53, count: 2, lowercase: true)
    else { return nil }
    // Later versions may say more, behind a dash.
    guard text.byteCount == 55 || (version > 0 && text.byte(55) == 0x2D) else { return nil }
    self.init(trace: UInt128(high) << 64 | UInt128(low), parent: parent, flags: UInt8(flags))
  }
}
