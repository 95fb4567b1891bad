internal import Foundation

/// What went over a connection between librdkafka and Apache Kafka 3.8, frame by frame.
public struct CapturedFrame: Sendable {
  /// Which connection.
  public var connection: String
  /// Whether the client said it.
  public var isRequest: Bool
  /// Without the size before it.
  public var bytes: [UInt8]

  /// A producer that nobody asks who it is.
  public static let plain = load("apache38.frames")
  /// Producers that prove who they are.
  public static let sasl = load("apache38-sasl.frames")
  private static func load(_ file: String) -> [CapturedFrame] {
    text(of: file).split(separator: "\n").map { line in
      let parts = line.split(separator: " ")
      return CapturedFrame(connection: String(parts[1]), isRequest: parts[2] == "C", bytes: unhex(parts[3]))
    }
  }
}

/// The text of a file under `Tests/Vectors/kafka`.
public func text(of file: String) -> String {
  do { return try String(contentsOf: vectors.appendingPathComponent(file), encoding: .utf8) } catch {
    fatalError("Tests/Vectors/kafka/\(file) can't be read: \(error)")
  }
}
/// The files there whose names end in this way.
public func files(endingIn end: String) -> [String] {
  do {
    return try FileManager.default.contentsOfDirectory(atPath: vectors.path).filter { $0.hasSuffix(end) }.sorted()
  } catch { fatalError("Tests/Vectors/kafka can't be read: \(error)") }
}
private let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Vectors/kafka")

/// The bytes that hexadecimal digits stand for; what is none is passed over.
public func unhex(_ text: some StringProtocol) -> [UInt8] {
  let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
