internal import Glibc
internal import Host
internal import Schemas
internal import Settings

/// Schemas that lie in files, which may refer to others by relative paths.
enum SchemaOnDisk {
  /// Everything that can be said of the schema that a file holds.
  static func review(_ text: [UInt8], path: String) -> SchemaReview {
    SchemaReview(
      text,
      file: path,
      uri: uri(of: path),
      fetch: { uri in
        guard let path = Self.path(of: uri) else { return nil }
        // That it is not there is told where it is referred to.
        do throws(HostFailure) { return try contents(of: path) } catch { return nil }
      },
      nearest: { word, known in nearest(to: word, among: known) }
    )
  }

  /// The URI of a file.
  ///
  /// Source: RFC 8089.
  static func uri(of path: String) -> String {
    let plain = "-._~/".utf8
    var uri = "file://"
    for byte in absolute(path).utf8 {
      let isLetter = (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
      if isLetter || plain.contains(byte) {
        uri.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        uri += byte < 16 ? "%0\(String(byte, radix: 16))" : "%\(String(byte, radix: 16))"
      }
    }
    return uri
  }
  /// The file that a URI names; `nil` when it names none of this machine.
  static func path(of uri: String) -> String? {
    guard uri.utf8.starts(with: "file:///".utf8) else { return nil }
    var bytes: [UInt8] = []
    var rest = uri.utf8.dropFirst(7)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
      guard digits.count == 2, digits != [0, 0] else { return nil }
      bytes.append(UInt8(digits[0] << 4 | digits[1]))
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
  private static func absolute(_ path: String) -> String {
    guard path.utf8.first != UInt8(ascii: "/") else { return path }
    guard let folder = unsafe getcwd(nil, 0) else { return "/" + path }
    defer { unsafe free(folder) }
    // SAFETY: getcwd ends what it returns with a zero.
    return unsafe String(cString: folder) + "/" + path
  }
}
