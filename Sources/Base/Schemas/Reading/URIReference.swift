/// A URI reference in its five parts, for what schemas call each other.
///
/// Source: RFC 3986 §3, §5.
struct URIReference: Hashable, CustomStringConvertible {
  var scheme: String?
  var authority: String?
  var path = ""
  var query: String?
  var fragment: String?

  /// Takes a text apart; any text is one.
  ///
  /// Source: RFC 3986 appendix B.
  init(_ text: String) {
    // Code points, not letters as people see them: an accent may follow any of the marks.
    var rest = text.unicodeScalars[...]
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[hash...].dropFirst())
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[mark...].dropFirst())
      rest = rest[..<mark]
    }
    if let colon = rest.firstIndex(where: { $0 == ":" || $0 == "/" }), rest[colon] == ":",
      Self.isScheme(rest[..<colon])
    {
      scheme = String(rest[..<colon]).lowercased()
      rest = rest[colon...].dropFirst()
    }
    if rest.starts(with: "//".unicodeScalars) {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    path = String(rest)
  }
  private static func isScheme(_ text: Substring.UnicodeScalarView) -> Bool {
    let isLetter = { (point: Unicode.Scalar) in ("a"..."z").contains(point) || ("A"..."Z").contains(point) }
    return text.first.map(isLetter) == true
      && text.allSatisfy { isLetter($0) || ("0"..."9").contains($0) || "+-.".unicodeScalars.contains($0) }
  }

  /// As text.
  var description: String {
    var text = ""
    if let scheme { text += scheme + ":" }
    if let authority { text += "//" + authority }
    text += path
    if let query { text += "?" + query }
    if let fragment { text += "#" + fragment }
    return text
  }
  /// The same without its fragment.
  var withoutFragment: URIReference {
    var copy = self
    copy.fragment = nil
    return copy
  }

  /// What a reference means that stands in this document.
  ///
  /// Source: RFC 3986 §5.2.2.
  func resolving(_ reference: URIReference) -> URIReference {
    var target = reference
    if reference.scheme != nil {
      target.path = Self.removingDots(reference.path)
      return target
    }
    target.scheme = scheme
    if reference.authority != nil {
      target.path = Self.removingDots(reference.path)
      return target
    }
    target.authority = authority
    if reference.path.isEmpty {
      target.path = path
      target.query = reference.query ?? query
    } else if reference.path.utf8.first == UInt8(ascii: "/") {
      target.path = Self.removingDots(reference.path)
    } else if authority != nil, path.isEmpty {
      target.path = Self.removingDots("/" + reference.path)
    } else {
      let folder = path.unicodeScalars.lastIndex(of: "/").map { String(path.unicodeScalars[...$0]) } ?? ""
      target.path = Self.removingDots(folder + reference.path)
    }
    return target
  }

  /// Source: RFC 3986 §5.2.4.
  private static func removingDots(_ path: String) -> String {
    // Names such as urn:a:b have no segments.
    guard path.utf8.contains(UInt8(ascii: "/")) else { return path }
    var kept: [String] = []
    let segments = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        if kept.count > 1 || kept.count == 1 && kept[0] != "" { kept.removeLast() }
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return kept.joined(separator: "/")
  }

  /// The fragment with its percent-encoding undone; `nil` when that is broken.
  var decodedFragment: String? {
    guard let fragment, fragment.utf8.contains(UInt8(ascii: "%")) else { return fragment ?? "" }
    var bytes: [UInt8] = []
    var rest = fragment.utf8.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(Self.digit), let low = rest.next().flatMap(Self.digit) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }
  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
      (byte | 0x20) - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// A JSON Pointer in its parts.
///
/// Source: RFC 6901.
struct JSONPointer: Hashable, CustomStringConvertible {
  private(set) var parts: [String] = []

  init() {}
  /// Takes a text apart; `nil` when it is no pointer.
  init?(_ text: String) {
    guard !text.isEmpty else { return }
    // Code points, not letters as people see them: a name may begin with an accent.
    let points = text.unicodeScalars
    guard points.first == "/" else { return nil }
    for part in points.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      var plain = String.UnicodeScalarView()
      var rest = part.makeIterator()
      while let point = rest.next() {
        guard point == "~" else {
          plain.append(point)
          continue
        }
        switch rest.next() {
        case "0": plain.append("~")
        case "1": plain.append("/")
        default: return nil
        }
      }
      parts.append(String(plain))
    }
  }
  /// The same with one more part.
  func appending(_ part: some StringProtocol) -> JSONPointer {
    var copy = self
    copy.parts.append(String(part))
    return copy
  }
  func appending(_ index: Int) -> JSONPointer { appending(String(index)) }
  /// The pointer of what holds this.
  var parent: JSONPointer {
    var copy = self
    copy.parts.removeLast()
    return copy
  }
  var isRoot: Bool { parts.isEmpty }
  var description: String {
    var text = ""
    for part in parts {
      text += "/"
      // A pointer is written for every place of a schema, and next to none has anything to escape.
      guard part.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
        text += part
        continue
      }
      for point in part.unicodeScalars {
        switch point {
        case "~": text += "~0"
        case "/": text += "~1"
        default: text.unicodeScalars.append(point)
        }
      }
    }
    return text
  }
}
