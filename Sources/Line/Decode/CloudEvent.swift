internal import Bytes
internal import Events
internal import Formats

/// What a CloudEvent says of itself, in an envelope or in a request's fields.
///
/// Plain data; what goes on with the event is written into a region as its details:
///
///     head of the details | headers of its record | dataschema
///
/// Who sends what can't be a CloudEvent learns that by `badEnvelope`. Source: CloudEvents 1.0.2, its JSON Event Format
/// and its HTTP Protocol Binding.
struct CloudEvent {
  /// Attributes that mean something here; all others are kept and not looked at.
  ///
  /// Source: CloudEvents 1.0.2, "Context Attributes".
  enum Attribute: UInt8 { case id, source, type, specversion, time, dataschema, subject, datacontenttype }

  /// Made of `source` and `id`, which name it together.
  private(set) var eventID: UInt128 = 0
  /// What stands before its headers.
  var details = EventDetails()
  private var id = 0..<0
  private var source = 0..<0
  /// Attributes that it has, a bit each.
  private var present: UInt8 = 0

  /// The bytes of its attributes at the most, as headers or as they are read.
  static var bytesMax: Int { 3 << 10 }
  /// The bytes of its details at the most.
  static var detailsBytesMax: Int { EventDetails.headBytes + 2 * bytesMax }

  /// Whether a request has attributes of a CloudEvent because it has the field that begins here, with `ce-`: whoever
  /// sends an attribute that every CloudEvent needs means it.
  static func isTelling(_ name: RawSpan) -> Bool {
    switch attribute(name.extracting(3..<(name.first(0x3A) ?? name.byteCount))) {
    case .id, .source, .type, .specversion: true
    default: false
    }
  }

  /// The attribute with a name, whose letters may be of any case.
  static func attribute(_ name: RawSpan) -> Attribute? {
    switch name.byteCount {
    case 2: name.isSame("id") ? .id : nil
    case 4: name.isSame("type") ? .type : name.isSame("time") ? .time : nil
    case 6: name.isSame("source") ? .source : nil
    case 7: name.isSame("subject") ? .subject : nil
    case 10: name.isSame("dataschema") ? .dataschema : nil
    case 11: name.isSame("specversion") ? .specversion : nil
    case 15: name.isSame("datacontenttype") ? .datacontenttype : nil
    default: nil
    }
  }

  /// Begins to write, with room for what any event may say; the region holds what it held for an earlier one.
  static func begin(in region: inout Region) {
    region.count = EventDetails.headBytes
    region.releaseRoom()
    region.limitRoom(to: bytesMax)
  }

  /// Whether the attribute is met for the first time.
  mutating func isFirst(_ attribute: Attribute) -> Bool {
    let bit: UInt8 = 1 << attribute.rawValue
    defer { present |= bit }
    return present & bit == 0
  }
  /// The attribute is as good as not there.
  mutating func remove(_ attribute: Attribute) { present &= ~(1 << attribute.rawValue) }
  private func has(_ attribute: Attribute) -> Bool { present & 1 << attribute.rawValue != 0 }

  /// Notes the text of an attribute that stands at `place` of what was written.
  mutating func note(_ attribute: Attribute, _ place: Range<Int>, of region: borrowing Region) throws(Refusal) {
    let value = region.bytes.extracting(place)
    guard value.byteCount > 0, value.isAttributeText else { throw .badEnvelope }
    switch attribute {
    case .id: id = place
    case .source: source = place
    case .specversion: guard value.isExactly("1.0") else { throw .unknownSpecVersion }
    case .time:
      guard let time = InternetTime(value) else { throw .badEnvelope }
      details.timeNs = time.utcNs
    case .type, .dataschema, .subject, .datacontenttype: break
    }
  }

  /// Sees to it that nothing is missing, names the event, and ends behind its headers.
  mutating func complete(_ region: inout Region, _ names: borrowing EventNames) throws(Refusal) {
    guard has(.id), has(.source), has(.type), has(.specversion) else { throw .badEnvelope }
    eventID = names.id(of: region.bytes.extracting(id), from: region.bytes.extracting(source))
    region.count = EventDetails.headBytes + details.headerBytes
    // For the schema's name, which may be as long again.
    region.releaseRoom()
    details.store(in: &region)
  }
}
