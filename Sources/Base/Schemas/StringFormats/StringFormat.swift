/// A format that strings can have.
///
/// Each is checked by the grammar of the standard that the specification names for it, on the text's own bytes.
/// Digits and letters are ASCII's unless the format is an international one.
///
/// Source: JSON Schema Validation, draft 2020-12, section 7.3.
public enum StringFormat: UInt8, CaseIterable, Sendable {
  case dateTime, date, time, duration
  case email, idnEmail
  case hostname, idnHostname
  case ipv4, ipv6
  case uri, uriReference, iri, iriReference, uriTemplate
  case uuid
  case jsonPointer, relativeJSONPointer
  case regex

  /// The format that schemas call so; nil when the name is unknown.
  ///
  /// Names count in this spelling only. A format without a name here is an annotation.
  public init?(named name: String) {
    guard let format = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = format
  }

  /// As schemas write it.
  public var name: String {
    switch self {
    case .dateTime: "date-time"
    case .idnEmail: "idn-email"
    case .idnHostname: "idn-hostname"
    case .uriReference: "uri-reference"
    case .iriReference: "iri-reference"
    case .uriTemplate: "uri-template"
    case .jsonPointer: "json-pointer"
    case .relativeJSONPointer: "relative-json-pointer"
    default: "\(self)"
    }
  }

  /// Whether a text has the format; its bytes are valid UTF-8 and its escapes are resolved.
  ///
  /// Bytes that are no UTF-8 never do harm, but what is said of them means nothing.
  ///
  /// Cost: one pass, no allocation. International names with labels beyond ASCII, and A-labels, allocate in libidn2.
  public func accepts(_ text: RawSpan) -> Bool {
    switch self {
    case .dateTime: Self.acceptsDateTime(text)
    case .date: Self.acceptsDate(text)
    case .time: Self.acceptsTime(text)
    case .duration: Self.acceptsDuration(text)
    case .email: Self.acceptsMailbox(text, isInternational: false)
    case .idnEmail: Self.acceptsMailbox(text, isInternational: true)
    case .hostname: Self.acceptsHostname(text)
    case .idnHostname: Self.acceptsInternationalHostname(text)
    case .ipv4: Self.acceptsIPv4(text)
    case .ipv6: Self.acceptsIPv6(text)
    case .uri: Self.acceptsURI(text, isInternational: false, mayBeRelative: false)
    case .uriReference: Self.acceptsURI(text, isInternational: false, mayBeRelative: true)
    case .iri: Self.acceptsURI(text, isInternational: true, mayBeRelative: false)
    case .iriReference: Self.acceptsURI(text, isInternational: true, mayBeRelative: true)
    case .uriTemplate: Self.acceptsURITemplate(text)
    case .uuid: Self.acceptsUUID(text)
    case .jsonPointer: Self.acceptsJSONPointer(text, from: 0)
    case .relativeJSONPointer: Self.acceptsRelativeJSONPointer(text)
    case .regex: Self.acceptsRegex(text)
    }
  }
}
