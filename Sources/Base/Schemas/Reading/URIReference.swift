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
    var rest = Substring(text)
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if let colon = rest.firstIndex(where: { ":/".contains($0) }), rest[colon] == ":", Self.isScheme(rest[..<colon]) {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    path = String(rest)
  }
  private static func isScheme(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, (0x61...0x7A).contains(first | 0x20) else { return false }
    return text.utf8.allSatisfy {
      (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
    }
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
    } else if reference.path.hasPrefix("/") {
      target.path = Self.removingDots(reference.path)
    } else if authority != nil, path.isEmpty {
      target.path = Self.removingDots("/" + reference.path)
    } else {
      let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
      target.path = Self.removingDots(folder + reference.path)
    }
    return target
  }

  /// Source: RFC 3986 §5.2.4.
  private static func removingDots(_ path: String) -> String {
    // Names such as urn:a:b have no segments.
    guard path.contains("/") else { return path }
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
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
    guard let fragment, fragment.contains("%") else { return fragment ?? "" }
    var bytes: [UInt8] = []
    var rest = fragment.utf8.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next(), let low = rest.next(),
        let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
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
    guard text.hasPrefix("/") else { return nil }
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      var plain = ""
      var rest = part.makeIterator()
      while let letter = rest.next() {
        guard letter == "~" else {
          plain.append(letter)
          continue
        }
        switch rest.next() {
        case "0": plain.append("~")
        case "1": plain.append("/")
        default: return nil
        }
      }
      parts.append(plain)
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
      text += part.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
        .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
    return text
  }
}
