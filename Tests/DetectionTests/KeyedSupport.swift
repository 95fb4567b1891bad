import Bytes
import Testing

@testable import Detection

/// What the scanner finds of one kind, by text and by the name of the member.
enum KeyedScan {
  static func find(_ type: PersonalType, in text: String, name: String? = nil, minimum: UInt8 = 50) -> [String] {
    var scanner = TextScanner(textBytesMax: 1024, types: PersonalTypes(type))
    let bytes = [UInt8](text.utf8)
    let key = [UInt8]((name ?? "").utf8)
    let context = name == nil ? NameContext.none : scanner.context(ofName: key.span.bytes)
    let profile = DetectionProfile(types: PersonalTypes(type), minimum: minimum)
    scanner.scan(bytes.span.bytes, name: context, profile: profile)
    return texts(scanner, bytes)
  }
  static func findNumber(_ type: PersonalType, _ number: String, name: String) -> [String] {
    var scanner = TextScanner(textBytesMax: 1024, types: PersonalTypes(type))
    let bytes = [UInt8](number.utf8)
    let key = [UInt8](name.utf8)
    let context = scanner.context(ofName: key.span.bytes)
    scanner.scanNumber(bytes.span.bytes, name: context, profile: DetectionProfile(types: PersonalTypes(type)))
    return texts(scanner, bytes)
  }
  private static func texts(_ scanner: borrowing TextScanner, _ bytes: [UInt8]) -> [String] {
    var found: [String] = []
    for index in 0..<scanner.count { found.append(String(decoding: bytes[scanner[index].range], as: UTF8.self)) }
    return found
  }
}
