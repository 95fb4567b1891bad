internal import Formats
internal import Schemas

/// The ids of versions for the wire format of registries: `{"orders": {"2": 17}}`.
struct SchemaIDs {
  /// What the file is called in a folder of schemas.
  static let fileName = "ids.json"

  /// By topic and version.
  private(set) var topics: [String: [UInt32: UInt32]] = [:]
  /// Everything wrong with it, a line each.
  private(set) var mistakes: [String] = []

  /// Reads a file.
  init(_ text: [UInt8], file: String) {
    func mistake(_ value: JSONValue, _ pointer: String, _ what: String) -> String {
      let position = TextPosition(of: value.offset, in: text)
      return "\(file):\(position.line):\(position.column): \(pointer.isEmpty ? "" : pointer + ": ")\(what)"
    }
    let root: JSONValue
    do throws(JSONFault) { root = try JSONValue(text) } catch {
      let position = TextPosition(of: error.offset, in: text)
      mistakes = ["\(file):\(position.line):\(position.column): \(error.reason.text)"]
      return
    }
    guard let members = root.object?.members else {
      mistakes = [mistake(root, "", "an object of topics was expected, as {\"orders\": {\"2\": 17}}, not \(root.kind)")]
      return
    }
    for topic in members {
      guard let versions = topic.value.object?.members else {
        let found = "an object of versions was expected, not \(topic.value.kind)"
        mistakes.append(mistake(topic.value, "/\(topic.name)", found))
        continue
      }
      var ids: [UInt32: UInt32] = [:]
      for version in versions {
        let pointer = "/\(topic.name)/\(version.name)"
        guard let number = SchemaFolder.version(version.name) else {
          let wanted = "a version was expected, a number from 1 without leading zeros"
          mistakes.append(mistake(version.value, pointer, wanted))
          continue
        }
        guard let id = version.value.number.flatMap({ UInt32($0) }) else {
          mistakes.append(mistake(version.value, pointer, "an id was expected, a whole number from 0 to 4294967295"))
          continue
        }
        if let other = ids.first(where: { $0.value == id }) {
          mistakes.append(mistake(version.value, pointer, "version \(other.key) has the id \(id) already"))
        }
        ids[number] = id
      }
      topics[topic.name] = ids
    }
  }
}
