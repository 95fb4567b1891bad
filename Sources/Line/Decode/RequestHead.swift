internal import Bytes
internal import CKernels
internal import Events

/// What a request says before its body; places in it are counted from its first byte.
///
/// Source: RFC 9112 §3, §5, §6.
struct RequestHead {
  /// Methods that are known.
  ///
  /// Source: RFC 9110 §9.
  enum Method: UInt8 { case get, head, post, options, other }
  /// What a target names.
  enum Resource: UInt8 { case events, topics, pressure, server, unknown }
  /// How long the body is.
  enum Framing: UInt8 { case none, length, chunked }
  /// What the body is.
  enum Media: UInt8 { case none, json, lines, envelope, envelopes, other }
  /// How it is coded.
  enum Coding: UInt8 { case identity, gzip, other }
  /// A part of the head.
  struct Place {
    private var first: UInt32 = 0
    private var behind: UInt32 = 0
    init() {}
    init(start: Int, end: Int) {
      (first, behind) = (UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: end))
    }
    var start: Int {
      get { Int(first) }
      set { first = UInt32(truncatingIfNeeded: newValue) }
    }
    var end: Int { Int(behind) }
    var isEmpty: Bool { first == behind }
  }

  /// How many bytes it has, the empty line included.
  var byteCount = 0
  var method = Method.other
  var resource = Resource.unknown
  var framing = Framing.none
  var media = Media.none
  var coding = Coding.identity
  /// Whether it is HTTP/1.1 or later.
  var isModern = true
  var keepsAlive = true
  /// Whether the peer said that it closes.
  var isClosing = false
  var expects = false
  var wantsMinimal = false
  /// The sender wants to know all that is wrong with an event.
  var wantsAllFailures = false
  var hasKey = false
  /// Whether anything but its bytes is said of the event.
  var hasOrigin = false
  /// Whether it has attributes of a CloudEvent as fields.
  var hasAttributes = false
  /// How many fields of the table are its own, until the next head is read.
  var fieldCount = 0
  var contentLength = 0
  /// Where the digits of the length are; empty without one.
  var length = Place()
  /// The topic's name, or a query.
  var name = Place()
  var credential = Place()
  var key = Place()
  /// What the body is, as it is said.
  var type = Place()
  /// Which version of the topic's schema the events follow.
  var schema = Place()
  var origin = Origin()

  /// What its body is; `nil` when nobody can read that.
  @inline(__always) var content: HTTPFront.Content? {
    switch media {
    case .envelope: .envelope
    case .envelopes: .envelopes
    case .json: hasAttributes ? .data : .json
    case .lines: hasAttributes ? .data : .lines
    case .none, .other: hasAttributes ? .data : nil
    }
  }

  /// How far the reading of a head came.
  enum Outcome { case whole, cut }

  /// Reads a head at the start of `bytes`; `cut` when its end is not there.
  mutating func read(_ bytes: RawSpan, limits: FrontLimits, table: borrowing FieldTable) throws(Refusal)
    -> Outcome
  {
    let count = min(bytes.byteCount, limits.headBytesMax)
    var scan = kernel_head()
    let fault = unsafe bytes.withUnsafeBytes { memory in
      // SAFETY: the kernel reads `count` bytes at most and fills at most the table's places.
      unsafe kernel_head_scan(
        memory.baseAddress!.assumingMemoryBound(to: UInt8.self),
        count,
        true,
        limits.fieldsMax,
        table.memory,
        FieldTable.count,
        &scan
      )
    }
    // A wrong request line says more than what is wrong behind it, and old versions have no fields at all.
    if scan.line_end > 0 { try readLine(bytes, scan, limits.targetBytesMax) }
    guard fault == kernel_fault_none else { throw fault == kernel_fault_crowded ? .headTooLarge : .malformed }
    guard scan.bytes > 0 else {
      if scan.line_end == 0, bytes.byteCount > limits.targetBytesMax + RequestHead.lineOverhead {
        throw .targetTooLong
      }
      guard bytes.byteCount < limits.headBytesMax else { throw .headTooLarge }
      return .cut
    }
    byteCount = Int(scan.bytes)
    fieldCount = Int(scan.known)
    try readFields(bytes, count: fieldCount, table: table)
    return .whole
  }

  /// What a request line has besides its target at the most: a method, two blanks, a version.
  private static var lineOverhead: Int { 32 }

  /// `POST /v1/events/a HTTP/1.1`, with exactly one blank between its parts.
  ///
  /// Source: RFC 9112 §3.
  @inline(__always)
  private mutating func readLine(_ bytes: RawSpan, _ scan: kernel_head, _ targetBytesMax: Int) throws(Refusal) {
    let lineEnd = Int(scan.line_end)
    let methodEnd = Int(scan.method_end)
    let target = Place(start: methodEnd + 1, end: Int(scan.target_end))
    guard methodEnd > 0, methodEnd <= 20, methodEnd < lineEnd, bytes.byte(methodEnd) == 0x20 else { throw .malformed }
    let targetCount = target.end - target.start
    guard targetCount > 0, lineEnd == target.end + 9, bytes.byte(target.end) == 0x20 else {
      throw targetCount > targetBytesMax ? .targetTooLong : .malformed
    }
    let version = bytes.integer(UInt64.self, at: target.end + 1)
    if version != RequestHead.version11 { try readVersion(version) }
    guard targetCount <= targetBytesMax else { throw .targetTooLong }
    // Nearly all requests are this one.
    if bytes.integer(UInt32.self, at: 0) == 0x504F_5354, methodEnd == 4, targetCount > 11,
      bytes.extracting(5..<target.end).isExactly("/v1/events/", prefix: true)
    {
      method = .post
      return readTopic(bytes, target)
    }
    try readOther(bytes.extracting(0..<lineEnd), target)
  }

  /// The topic behind `/v1/events/`, and maybe a query, which means nothing.
  @inline(__always) private mutating func readTopic(_ line: RawSpan, _ path: Place) {
    let start = path.start + 11
    let count = line.extracting(start..<path.end).leading(kernel_set_segment)
    guard count > 0, start + count == path.end || line.byte(start + count) == 0x3F else { return }
    resource = .events
    name = Place(start: start, end: start + count)
  }

  @inline(never) private mutating func readOther(_ line: RawSpan, _ target: Place) throws(Refusal) {
    let text = line.extracting(0..<target.start - 1)
    method = RequestHead.method(text)
    // CONNECT and unknown methods ask for what is not here, whatever their target looks like.
    guard method != .other || RequestHead.isKnown(text) else { throw .notImplemented }
    try readTarget(line, target)
  }

  private static var version11: UInt64 { 0x4854_5450_2F31_2E31 }

  /// `HTTP/1.1` as a number.
  ///
  /// A later minor version is read as 1.1. Source: RFC 9110 §2.5.
  @inline(never) private mutating func readVersion(_ text: UInt64) throws(Refusal) {
    let modern = RequestHead.version11
    let minor = UInt8(truncatingIfNeeded: text)
    let major = UInt8(truncatingIfNeeded: text &>> 16)
    guard text & 0xFFFF_FFFF_FF00_FF00 == modern & 0xFFFF_FFFF_FF00_FF00, (0x30...0x39).contains(minor),
      (0x30...0x39).contains(major)
    else { throw .malformed }
    guard major == 0x31 else { throw .versionNotSupported }
    isModern = minor != 0x30
    keepsAlive = isModern
  }

  @inline(__always) private static func method(_ text: RawSpan) -> Method {
    switch text.byteCount {
    case 3: text.integer(UInt16.self, at: 0) == 0x4745 && text.byte(2) == 0x54 ? .get : .other
    case 4:
      switch text.integer(UInt32.self, at: 0) {
      case 0x504F_5354: .post
      case 0x4845_4144: .head
      default: .other
      }
    case 7: text.isExactly("OPTIONS") ? .options : .other
    default: .other
    }
  }

  /// Whether a method that no resource here takes is one all the same.
  ///
  /// Source: RFC 9110 §9, RFC 5789.
  private static func isKnown(_ text: RawSpan) -> Bool {
    text.isExactly("PUT") || text.isExactly("DELETE") || text.isExactly("PATCH") || text.isExactly("TRACE")
      || text.isExactly("CONNECT")
  }

  /// Origin form, absolute form (whose authority stands in for Host), or `*`.
  ///
  /// Source: RFC 9112 §3.2.
  private mutating func readTarget(_ line: RawSpan, _ target: Place) throws(Refusal) {
    var path = target
    if line.byte(path.start) != 0x2F {
      let text = line.extracting(path.start..<path.end)
      if text.byteCount == 1, text.byte(0) == 0x2A {
        guard method == .options else { throw .malformed }
        resource = .server
        return
      }
      // CONNECT's target is an authority; the resource stays unknown.
      if line.extracting(0..<target.start - 1).isExactly("CONNECT") { throw .notImplemented }
      let scheme = text.starts(withLowercase: "http://") ? 7 : text.starts(withLowercase: "https://") ? 8 : 0
      guard scheme > 0 else { throw .malformed }
      let authority = text.extracting(scheme..<text.byteCount)
      var count = authority.first(0x2F) ?? authority.byteCount
      if let query = authority.extracting(0..<count).first(0x3F) { count = query }
      guard count > 0, authority.extracting(0..<count).isHost else { throw .malformed }
      path.start += scheme + count
    }
    readPath(line, path)
  }

  private mutating func readPath(_ line: RawSpan, _ path: Place) {
    let text = line.extracting(path.start..<path.end)
    if text.byteCount > 11, text.isExactly("/v1/events/", prefix: true) { return readTopic(line, path) }
    let query = text.first(0x3F)
    let bare = text.extracting(0..<(query ?? text.byteCount))
    if let query { name = Place(start: path.start + query + 1, end: path.end) }
    if bare.isExactly("/v1/topics") { resource = .topics } else if bare.isExactly("/pressure") { resource = .pressure }
  }
}

extension RawSpan {
  /// How many of the first bytes are in a set.
  @inline(__always) func leading(_ set: kernel_set) -> Int {
    guard byteCount > 0 else { return 0 }
    // SAFETY: the kernel reads the given number of bytes at most.
    return unsafe withUnsafeBytes {
      unsafe kernel_leading($0.baseAddress!.assumingMemoryBound(to: UInt8.self), $0.count, set)
    }
  }

  /// Whether it is `text`, or starts with it, every letter as given.
  @inline(__always) func isExactly(_ text: StaticString, prefix: Bool = false) -> Bool {
    let count = text.utf8CodeUnitCount
    guard prefix ? byteCount >= count : byteCount == count else { return false }
    // SAFETY: the line above keeps the comparison within both.
    return unsafe withUnsafeBytes {
      unsafe kernel_exact(
        $0.baseAddress!.assumingMemoryBound(to: UInt8.self),
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self),
        count
      )
    }
  }

  /// Whether it is `text` (letters in lower case, digits, `-`, `+`, `/`, `=`) in any case; it holds no control bytes.
  @inline(__always) func isSame(_ text: StaticString, prefix: Bool = false) -> Bool {
    let count = text.utf8CodeUnitCount
    guard prefix ? byteCount >= count : byteCount == count else { return false }
    // SAFETY: the line above keeps the comparison within both.
    return unsafe withUnsafeBytes {
      unsafe kernel_same(
        $0.baseAddress!.assumingMemoryBound(to: UInt8.self),
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self),
        count
      )
    }
  }

  /// Whether it can be a request's authority: a host and maybe a port, nobody's name before it.
  ///
  /// Source: RFC 9110 §7.2.
  var isHost: Bool {
    var end = leading(kernel_set_host)
    if end == 0, byteCount > 0, byte(0) == 0x5B {
      guard let bracket = first(0x5D), bracket > 2 else { return false }
      for offset in 1..<bracket {
        switch byte(offset) {
        case 0x30...0x3A, 0x41...0x46, 0x61...0x66, 0x2E: break
        default: return false
        }
      }
      end = bracket + 1
    }
    guard end < byteCount else { return true }
    guard byte(end) == 0x3A, byteCount - end <= 6 else { return false }
    for offset in end + 1..<byteCount { guard (0x30...0x39).contains(byte(offset)) else { return false } }
    return true
  }
}
