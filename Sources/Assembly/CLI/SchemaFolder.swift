internal import Events
internal import Formats
internal import Glibc
internal import Host
internal import Schemas
internal import Settings

/// A folder of schemas.
///
///     orders/1.json         version 1 of what events of topic `orders` must fit
///     orders/2.json
///     common/address.json   what schemas may refer to, as `../common/address.json`
///     ids.json              {"orders": {"2": 17}}: ids for the wire format of registries
///
/// Names that begin with a dot and those that end in `.md` are nobody's business.
struct SchemaFolder: SchemaSource {
  /// Bytes of a file.
  static let fileBytesMax = 1 << 20
  /// Versions of a topic.
  static let versionsMax = 64
  /// How deep folders may be nested below `common`.
  static let depthMax = 8

  let name: String
  /// Files that are read at the most.
  let filesMax: Int
  /// Bytes of all files together.
  let bytesMax: Int

  /// The folder of that path.
  init(_ path: String, filesMax: Int = 4096, bytesMax: Int = 64 << 20) {
    let end = path.lastIndex { $0 != "/" }
    name = end.map { String(path[...$0]) } ?? "/"
    (self.filesMax, self.bytesMax) = (filesMax, bytesMax)
  }

  func read() -> SchemaDocuments {
    var walk = SchemaFolderWalk(self)
    return walk.run()
  }

  /// The version that a file's name without `.json` means: a decimal number from 1 without leading zeros.
  static func version(_ stem: some StringProtocol) -> UInt32? {
    guard isDigits(stem), stem.first != "0" else { return nil }
    return UInt32(stem)
  }
  fileprivate static func isDigits(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}

/// One reading of a folder.
private struct SchemaFolderWalk {
  private enum Kind { case file(bytes: Int), folder, other }

  private let folder: SchemaFolder
  private var root: String { folder.name }
  private var found = SchemaDocuments()
  private var files = 0
  private var bytes = 0

  init(_ folder: SchemaFolder) { self.folder = folder }

  mutating func run() -> SchemaDocuments {
    guard let names = list("") else {
      found.isVanished = true
      return found
    }
    var idBytes: Int?
    for name in names {
      switch kind(name) {
      case .file(let count)? where name == SchemaIDs.fileName: idBytes = count
      case .folder? where name == NodeSettings.sharedSchemaFolder: readShared(name, depth: 1)
      case .folder? where Topic.isName(name): readTopic(name)
      case nil: continue
      default: warn(name, "belongs to no topic, and is not read")
      }
    }
    if let idBytes { readIDs(idBytes) }
    return found
  }

  private mutating func readTopic(_ topic: String) {
    found.topics.append(topic)
    var versions: [SchemaDocuments.Version] = []
    for name in list(topic) ?? [] {
      let path = "\(topic)/\(name)"
      guard let kind = kind(path) else { continue }
      let stem = name.hasSuffix(".json") ? name.dropLast(5) : ""
      guard case .file(let count) = kind, !stem.isEmpty else {
        warn(path, "is no version of a schema, and is not read")
        continue
      }
      guard let number = SchemaFolder.version(stem) else {
        if SchemaFolder.isDigits(stem) {
          note(path, "a version is a number from 1 without leading zeros")
        } else {
          warn(path, "is no version of a schema, and is not read; one is named as 3.json is")
        }
        continue
      }
      versions.append(SchemaDocuments.Version(topic: topic, number: number, document: document(path, count)))
    }
    if versions.count > SchemaFolder.versionsMax {
      note(topic, "\(versions.count) versions; expected \(SchemaFolder.versionsMax) at most")
    }
    found.versions += versions.sorted { $0.number < $1.number }
  }

  private mutating func readShared(_ folder: String, depth: Int) {
    guard depth <= SchemaFolder.depthMax else {
      return note(folder, "folders are nested deeper than \(SchemaFolder.depthMax)")
    }
    for name in list(folder) ?? [] {
      let path = "\(folder)/\(name)"
      switch kind(path) {
      case .file(let count)? where name.hasSuffix(".json"): found.shared.append(document(path, count))
      case .folder?: readShared(path, depth: depth + 1)
      case nil: continue
      default: warn(path, "is no file of JSON, and is not read")
      }
    }
  }

  private mutating func readIDs(_ count: Int) {
    guard let text = text(SchemaIDs.fileName, count) else { return }
    let ids = SchemaIDs(text, file: "\(root)/\(SchemaIDs.fileName)")
    found.mistakes += ids.mistakes
    for index in found.versions.indices {
      found.versions[index].wireID = ids.topics[found.versions[index].topic]?[found.versions[index].number]
    }
    for topic in ids.topics.keys.sorted() where !found.topics.contains(topic) {
      let near = nearest(to: topic, among: found.topics).map { "; did you mean '\($0)'?" } ?? ""
      warn(SchemaIDs.fileName, "names topic '\(topic)', which has no folder\(near)")
    }
  }

  // MARK: Files

  private mutating func document(_ path: String, _ count: Int) -> SchemaDocuments.Document {
    let file = "\(root)/\(path)"
    return SchemaDocuments.Document(uri: "registry:///\(encoded(path))", file: file, text: text(path, count))
  }

  /// What a file holds; `nil`, with a mistake, when that can't be had.
  private mutating func text(_ path: String, _ count: Int) -> [UInt8]? {
    (files, bytes) = (files + 1, bytes + count)
    guard files <= folder.filesMax, bytes <= folder.bytesMax else {
      if files == folder.filesMax + 1 { note("", "more than \(folder.filesMax) files") }
      if bytes > folder.bytesMax, bytes - count <= folder.bytesMax {
        note("", "more than \(sizeText(folder.bytesMax)) in all files together")
      }
      return nil
    }
    guard count <= SchemaFolder.fileBytesMax else {
      note(path, "a file of \(sizeText(count)); expected \(sizeText(SchemaFolder.fileBytesMax)) at most")
      return nil
    }
    do throws(HostFailure) {
      return try contents(of: "\(root)/\(path)", bytesMax: SchemaFolder.fileBytesMax)
    } catch {
      note(error)
      return nil
    }
  }

  /// The names in a folder that matter, in order; `nil`, with a mistake, when it can't be read.
  private mutating func list(_ folder: String) -> [String]? {
    do throws(HostFailure) {
      let names = try names(in: folder.isEmpty ? root : "\(root)/\(folder)")
      return names.filter { !$0.hasPrefix(".") && !$0.hasSuffix(".md") }.sorted()
    } catch {
      note(error)
      return nil
    }
  }

  /// What something is, behind symbolic links; `nil`, with a mistake, when the kernel does not say.
  private mutating func kind(_ path: String) -> Kind? {
    var information = stat()
    guard unsafe stat("\(root)/\(path)", &information) == 0 else {
      note(path, "can't be looked at: \(errorText(errno))")
      return nil
    }
    switch information.st_mode & S_IFMT {
    case S_IFREG: return .file(bytes: Int(information.st_size))
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  private mutating func note(_ failure: HostFailure) {
    found.mistakes.append(String(failure.cause.last == "." ? failure.cause.dropLast() : failure.cause[...]))
  }
  private mutating func note(_ path: String, _ what: String) {
    found.mistakes.append("\(path.isEmpty ? root : "\(root)/\(path)"): \(what)")
  }
  private mutating func warn(_ path: String, _ what: String) { found.warnings.append("\(root)/\(path) \(what)") }

  /// A path as it stands in a URI.
  ///
  /// Source: RFC 3986 §3.3.
  private func encoded(_ path: String) -> String {
    var text = ""
    for byte in path.utf8 {
      let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39
      if isLetter || "/-._~!$&'()*+,;=:@".utf8.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }
}
