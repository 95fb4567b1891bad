import Foundation

/// Test vectors of Project Wycheproof, read from the folder that `SLUICE_VECTORS` names.
struct Vectors: Decodable {
  struct Group: Decodable {
    let keySize: Int?
    let ivSize: Int?
    let tagSize: Int?
    let tests: [Case]
  }
  struct Case: Decodable {
    let tcId: Int
    let comment: String
    let result: String
    let key: String
    let msg: Text
    let ct: Text?
    let tag: String?
    let iv: String?
    let aad: String?
    let tweak: String?
    var isValid: Bool { result == "valid" }
  }
  /// A text, or the symbols of one.
  enum Text: Decodable {
    case text(String)
    case symbols([Int])
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      do { self = .text(try container.decode(String.self)) } catch {
        self = .symbols(try container.decode([Int].self))
      }
    }
    var text: String { if case .text(let text) = self { text } else { "" } }
    var symbols: [Int] {
      switch self {
      case .text(let text): text.utf8.map { Int($0) - 0x30 }
      case .symbols(let symbols): symbols
      }
    }
  }
  let testGroups: [Group]

  private static let folder = URL(
    fileURLWithPath: (ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors") + "/wycheproof"
  )
  static var areThere: Bool { FileManager.default.fileExists(atPath: folder.path) }
  static let missing: String = "SLUICE_VECTORS names no folder with wycheproof"

  init(_ name: String) throws {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("\(name).json"))
    self = try JSONDecoder().decode(Vectors.self, from: data)
  }
}

/// The bytes of hexadecimal digits.
func bytes(hex text: String) -> [UInt8] {
  let digits = Array(text.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16)! }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
