internal import Bytes

/// Recognises what a text is likely to be, for proposals of schemas.
///
/// Only formats that nobody follows by chance are proposed: a word is a valid hostname, too, and `a:b` a URI.
public enum TextFormat {
  private static let likely: [StringFormat] = [.uuid, .dateTime, .date, .ipv4, .ipv6, .email, .uri]
  /// Shorter and longer texts are not looked at.
  private static let lengths = 6...2048

  /// The format that a text has, by its name in JSON Schema.
  public static func name(of text: String) -> String? {
    let bytes = Array(text.utf8)
    guard lengths.contains(bytes.count) else { return nil }
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let span = unsafe bytes.span.bytes
    guard let format = likely.first(where: { $0.accepts(span) }) else { return nil }
    return format == .uri && !text.contains("://") ? nil : format.name
  }
}
