internal import Bytes
internal import CKernels
internal import Events
internal import Formats

/// CloudEvents whose attributes are fields of their request, and whose data is its body.
///
/// Source: HTTP Protocol Binding for CloudEvents 1.0.2 §3.1.
extension CloudEvent {
  /// Reads the attributes of a head that was just read.
  ///
  /// They become headers of the record: `ce_id`, `ce_source` and so on, and `content-type`.
  /// Where `ce-dataschema` is not among them, `schema` stands in for it.
  /// Source: Kafka Protocol Binding for CloudEvents 1.0.2 §3.2.
  init(
    _ head: RequestHead,
    _ bytes: RawSpan,
    _ table: borrowing FieldTable,
    schema: RawSpan,
    into region: inout Region,
    _ names: borrowing EventNames
  ) throws(Refusal) {
    CloudEvent.begin(in: &region)
    var dataschema = schema
    if !head.type.isEmpty {
      // It is the field's own, and not decoded.
      let type = bytes.extracting(head.type.start..<head.type.end)
      let count = varintBytes(Int64(type.byteCount)) + type.byteCount
      guard count + 13 <= region.room else { throw .headTooLarge }
      region.append("\u{18}content-type")
      region.write(atMost: count) {
        $0.append(varint: Int64(type.byteCount))
        $0.append(type)
      }
      details.headerCount = 1
    }
    for index in 0..<head.fieldCount where table[index].name == kernel_name_cloudevent {
      let name = CloudEvent.name(table[index], in: bytes)
      for other in 0..<index where table[other].name == kernel_name_cloudevent {
        guard !CloudEvent.name(table[other], in: bytes).isSameName(as: name) else { throw .badEnvelope }
      }
      guard details.headerCount < Record.moreHeadersMax else { throw .headTooLarge }
      try CloudEvent.append(name: name, to: &region)
      let value = bytes.extracting(Int(table[index].start)..<Int(table[index].end))
      let count = try CloudEvent.append(value, to: &region)
      details.headerCount += 1
      guard let attribute = CloudEvent.attribute(name) else { continue }
      _ = isFirst(attribute)
      try note(attribute, (region.count - count)..<region.count, of: region)
      if attribute == .dataschema { dataschema = value }
    }
    details.headerBytes = region.count - EventDetails.headBytes
    try complete(&region, names)
    // It is decoded once more: a region can't be copied into itself. A number means itself.
    var reader = FieldValue()
    while let byte = try reader.next(in: dataschema) { region.append(byte) }
  }

  /// The attribute's name, as the field spells it.
  @_lifetime(copy bytes)
  private static func name(_ field: kernel_field, in bytes: RawSpan) -> RawSpan {
    let start = Int(field.name_start) + 3
    return bytes.extracting(start..<(bytes.first(0x3A, from: start) ?? start))
  }

  /// Writes the key of a header: `ce_` and the name in lower case.
  private static func append(name: RawSpan, to region: inout Region) throws(Refusal) {
    // A varint of one byte.
    guard name.byteCount > 0, name.byteCount <= 60 else { throw .badEnvelope }
    guard name.byteCount + 4 <= region.room else { throw .headTooLarge }
    region.append(UInt8(2 * (name.byteCount + 3)))
    region.append("ce_")
    for place in 0..<name.byteCount {
      switch name.byte(place) {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"): break
      default: throw .badEnvelope
      }
      region.append(name.byte(place) | 0x20)
    }
  }

  /// Writes the value of a header; how many bytes it has, without its length.
  private static func append(_ field: RawSpan, to region: inout Region) throws(Refusal) -> Int {
    var (reader, count) = (FieldValue(), 0)
    while try reader.next(in: field) != nil { count += 1 }
    guard varintBytes(Int64(count)) + count <= region.room else { throw .headTooLarge }
    region.write(atMost: varintBytes(Int64(count))) { $0.append(varint: Int64(count)) }
    reader = FieldValue()
    while let byte = try reader.next(in: field) { region.append(byte) }
    guard region.bytes.extracting((region.count - count)..<region.count).isAttributeText else { throw .badEnvelope }
    return count
  }
}

/// Decodes an attribute's value, byte by byte: what is quoted, and then what stands behind percent signs.
///
/// Source: HTTP Protocol Binding for CloudEvents 1.0.2 §3.1.3.2; RFC 9110 §5.6.4; RFC 3986 §2.1.
struct FieldValue {
  private var place = 0
  private var isQuoted = false

  /// The next byte; `nil` at the end.
  ///
  /// Throws: `badEnvelope` when quotes have no end, or a percent sign is not followed by two hexadecimal digits.
  mutating func next(in field: RawSpan) throws(Refusal) -> UInt8? {
    guard let byte = try unquoted(in: field) else { return nil }
    guard byte == UInt8(ascii: "%") else { return byte }
    guard let high = FieldValue.digit(try unquoted(in: field)), let low = FieldValue.digit(try unquoted(in: field))
    else { throw .badEnvelope }
    return high << 4 | low
  }

  private mutating func unquoted(in field: RawSpan) throws(Refusal) -> UInt8? {
    while place < field.byteCount {
      let byte = field.byte(place)
      place += 1
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "\\") where isQuoted:
        guard place < field.byteCount else { throw .badEnvelope }
        place += 1
        return field.byte(place - 1)
      default: return byte
      }
    }
    guard !isQuoted else { throw .badEnvelope }
    return nil
  }

  private static func digit(_ byte: UInt8?) -> UInt8? {
    switch byte {
    case .some(let byte) where byte &- 0x30 < 10: byte - 0x30
    case .some(let byte) where (byte | 0x20) &- 0x61 < 6: (byte | 0x20) - 0x57
    default: nil
    }
  }
}
