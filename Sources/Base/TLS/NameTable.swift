/// Finds which identities a client is shown, by the name it asks for.
///
/// Source: RFC 6066 §3; wildcards as RFC 9525 §6.3: one whole label.
struct NameTable {
  /// Sets of identities that share a name, one a kind of key; the first is the default.
  let groups: [[Int]]
  private let exact: [String: Int]
  private let wildcards: [String: Int]

  init(_ identities: [Identity]) {
    var byName: [String: [Int]] = [:]
    for (index, identity) in identities.enumerated() {
      for name in identity.names.map({ $0.lowercased() }) {
        let known = byName[name] ?? []
        if !known.contains(where: { identities[$0].keyKind == identity.keyKind }) { byName[name] = known + [index] }
      }
    }
    let first = identities.first?.names.first.flatMap { byName[$0.lowercased()] }
    var groups = identities.isEmpty ? [] : [first.map { $0.contains(0) ? $0 : [0] } ?? [0]]
    var (exact, wildcards): ([String: Int], [String: Int]) = ([:], [:])
    for (name, members) in byName.sorted(by: { $0.key < $1.key }) {
      let place = groups.firstIndex(of: members) ?? groups.count
      if place == groups.count { groups.append(members) }
      if name.hasPrefix("*.") { wildcards[String(name.dropFirst(2))] = place } else { exact[name] = place }
    }
    (self.groups, self.exact, self.wildcards) = (groups, exact, wildcards)
  }

  /// The set for a name, `nil` when it is none of ours.
  func group(for name: String) -> Int? {
    let name = name.lowercased()
    if let place = exact[name] { return place }
    guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
    return wildcards[String(name[name.index(after: dot)...])]
  }
}

/// The protocols we speak, in the form of the extension's list.
///
/// Source: RFC 7301 §3.1.
struct ProtocolTable {
  let names: [String]
  let wire: [UInt8]

  init(_ names: [String]) {
    self.names = names.filter { !$0.isEmpty && $0.utf8.count < 256 }
    wire = self.names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
  }
}

/// Client certificates that were found trustworthy a short time ago; bounded in number and time.
struct VerifiedCertificates {
  private struct Entry {
    var fingerprint: [UInt8] = []
    var untilSeconds: Int64 = 0
  }
  private var entries: [Entry]
  private let seconds: Int64

  init(count: Int, seconds: Int) {
    entries = Array(repeating: Entry(), count: max(count, 1))
    self.seconds = Int64(seconds)
  }
  private func place(_ fingerprint: [UInt8]) -> Int {
    let word = fingerprint.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(word % UInt64(entries.count))
  }
  func contains(_ fingerprint: [UInt8], utcSeconds: Int64) -> Bool {
    let entry = entries[place(fingerprint)]
    return entry.fingerprint == fingerprint && utcSeconds < entry.untilSeconds
  }
  /// Remembers a certificate for a while, and not beyond its own end.
  mutating func insert(_ fingerprint: [UInt8], utcSeconds: Int64, notAfterSeconds: Int64) {
    guard seconds > 0 else { return }
    let until = min(utcSeconds + seconds, notAfterSeconds)
    entries[place(fingerprint)] = Entry(fingerprint: fingerprint, untilSeconds: until)
  }
}
