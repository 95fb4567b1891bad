/// Where the documents of a registry come from.
///
/// A folder is one. A client of a registry that others run, with what it keeps on the disk for outages, fits as well.
protocol SchemaSource {
  /// What mistakes call it.
  var name: String { get }
  /// Everything that is there, and everything that keeps it from being read.
  func read() -> SchemaDocuments
}

/// What a source of schemas holds, not yet compiled.
struct SchemaDocuments {
  /// A document with the URI that relative references in it start from.
  struct Document: Equatable {
    let uri: String
    /// What mistakes call it.
    let file: String
    /// `nil` for one that is there and can't be read.
    let text: [UInt8]?
  }
  /// One version of a topic's schema.
  struct Version: Equatable {
    let topic: String
    let number: UInt32
    let document: Document
    /// The id by which registries know it.
    var wireID: UInt32?
  }
  /// In the order of topics and numbers.
  var versions: [Version] = []
  /// What schemas may refer to.
  var shared: [Document] = []
  /// One line each, with the file's name.
  var mistakes: [String] = []
  var warnings: [String] = []
  /// Topics that have a place there, with a version or not.
  var topics: [String] = []
  /// Whether nothing could be read at all.
  var isVanished = false
}
