internal import Bytes
internal import Formats

/// Which version of its schema an event names.
enum VersionName: Equatable {
  /// None.
  case none
  /// A number.
  case number(UInt32)
  /// An id in the wire format of schema registries.
  case wireID(UInt32)
  /// Something that is no version.
  case unreadable

  /// What an attribute names: digits, or a URI whose last segment is digits, with or without `.json`.
  init(attribute: RawSpan) {
    guard attribute.byteCount > 0 else {
      self = .none
      return
    }
    var end = attribute.byteCount
    for place in 0..<end where attribute.byte(place) == UInt8(ascii: "?") || attribute.byte(place) == UInt8(ascii: "#")
    {
      end = place
      break
    }
    if end > 5, attribute.extracting(end - 5..<end).equals(lowercase: ".json") { end -= 5 }
    var start = end
    while start > 0, attribute.byte(start - 1) != UInt8(ascii: "/") { start -= 1 }
    self = VersionName.number(attribute.extracting(start..<end)).map(VersionName.number) ?? .unreadable
  }

  /// What the five bytes in front of a message name.
  ///
  /// Source: "Wire format", Confluent Schema Registry.
  init(wire message: RawSpan) {
    guard message.byteCount > 5, message.byte(0) == 0 else {
      self = .none
      return
    }
    self = .wireID(message.integer(UInt32.self, at: 1))
  }

  /// What a member of the event itself names, a number or its digits in quotes; `.none` without such a member.
  ///
  /// The event is read up to it; `marks` are used.
  init(member name: RawSpan, of event: RawSpan, _ marks: inout JSONMarks) {
    self = .none
    do throws(JSONFault) {
      var reader = try marks.reader(of: event)
      guard reader.byte == UInt8(ascii: "{") else { return }
      reader.step()
      while reader.byte == UInt8(ascii: "\"") {
        let found = try reader.readName()
        if !found.hasEscapes, event.extracting(found.range).equals(name) {
          self = try VersionName(value: &reader, of: event)
          return
        }
        try reader.skip()
        if reader.byte == UInt8(ascii: ",") { reader.step() }
      }
    } catch {
      // It is no JSON, which the check that follows says better.
      self = .none
    }
  }
  private init(value reader: inout JSONReader, of event: RawSpan) throws(JSONFault) {
    switch reader.byte {
    case UInt8(ascii: "\""):
      let text = try reader.readString()
      self = VersionName.number(event.extracting(text.range)).map(VersionName.number) ?? .unreadable
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      let number = try reader.readNumber()
      let text = event.extracting(Int(number.start)..<Int(number.end))
      self = VersionName.number(text).map(VersionName.number) ?? .unreadable
    default: self = .unreadable
    }
  }

  private static func number(_ text: RawSpan) -> UInt32? {
    guard text.byteCount > 0, text.byteCount <= 9 else { return nil }
    var value: UInt32 = 0
    for place in 0..<text.byteCount {
      let digit = text.byte(place) &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + UInt32(digit)
    }
    return value
  }
}
