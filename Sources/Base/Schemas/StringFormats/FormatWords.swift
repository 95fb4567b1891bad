extension StringFormat {
  /// What a text must be, as sentences to senders say it.
  var words: String {
    switch self {
    case .dateTime: "a date and time with its offset, such as 2026-11-20T18:30:00Z"
    case .date: "a date, such as 2026-11-20"
    case .time: "a time with its offset, such as 18:30:00Z"
    case .duration: "a duration, such as P3DT4H"
    case .email: "an email address"
    case .idnEmail: "an email address, in any script"
    case .hostname: "a host name"
    case .idnHostname: "a host name, in any script"
    case .ipv4: "an IPv4 address, such as 192.0.2.1"
    case .ipv6: "an IPv6 address, such as 2001:db8::1"
    case .uri: "a URI with its scheme"
    case .uriReference: "a URI or a reference to one"
    case .iri: "an IRI with its scheme"
    case .iriReference: "an IRI or a reference to one"
    case .uriTemplate: "a URI template"
    case .uuid: "a UUID"
    case .jsonPointer: "a JSON Pointer"
    case .relativeJSONPointer: "a relative JSON Pointer"
    case .regex: "a regular expression"
    }
  }
}
