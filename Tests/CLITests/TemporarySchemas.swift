import Foundation
import Settings

/// A folder of schemas that goes with its test.
final class TemporarySchemas {
  // Not under /tmp, which `sluice check` warns of.
  let folder = URL(fileURLWithPath: "/var/tmp/sluice-schemas-\(UUID())")
  var path: String { folder.appendingPathComponent("schemas").path }

  init(_ files: [String: String] = [:]) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try write(text, to: name) }
  }
  deinit {
    // What is left behind costs room, and nothing else.
    _ = try? FileManager.default.removeItem(at: folder)
  }

  func write(_ text: String, to name: String) throws {
    let file = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

  /// Settings of these topics with this folder.
  func settings(_ topics: String..., more: String = "") throws -> NodeSettings {
    let text = "schemas: {directory: \(path)\(more)}\ntopics: [\(topics.map { "{\($0)}" }.joined(separator: ", "))]\n"
    return try NodeSettings.read(text, file: "sluice.yaml")
  }
  /// A file of settings of these topics, for a whole program.
  func file(_ topics: String...) throws -> String {
    let text = """
      data: \(folder.path)/data
      admin: {address: "127.0.0.1:0"}
      listeners: [{protocol: http, address: "127.0.0.1:0"}]
      limits: {connections: 64}
      log: {segment_bytes: 4 MiB, retention: {bytes: 16 MiB}}
      schemas: {directory: \(path)}
      topics: [\(topics.map { "{\($0)}" }.joined(separator: ", "))]

      """
    let file = folder.appendingPathComponent("sluice.yaml")
    try Data(text.utf8).write(to: file)
    return file.path
  }
}
