internal import Events

/// Why a text is not the value a key wants.
struct ValueMistake: Error {
  let expected: String
  var suggestion: String?
}

/// How one kind of value is written in the file: what is valid, how it is read and how it is written back.
struct SettingsForm<Value: Sendable>: Sendable {
  /// Its name in `Docs/Operations/settings.md`.
  let type: String
  /// What is valid, for the document and for mistakes.
  let bound: String
  let read: @Sendable (String) throws(ValueMistake) -> Value
  let write: @Sendable (Value) -> String

  /// The same, or a word that stands for no value.
  func or(_ word: String) -> SettingsForm<Value?> {
    SettingsForm<Value?>(
      type: "\(type) or `\(word)`",
      bound: bound,
      read: { text throws(ValueMistake) in
        if text == word { return nil }
        do throws(ValueMistake) { return try read(text) } catch {
          let near = error.suggestion ?? nearest(to: text, among: [word])
          throw ValueMistake(expected: "'\(word)' or \(error.expected)", suggestion: near)
        }
      },
      write: { value in value.map(write) ?? word }
    )
  }
}

extension SettingsForm<Int> {
  /// A whole number; `_` may group digits.
  static func count(_ range: ClosedRange<Int>) -> Self {
    Self(
      type: "count",
      bound: "\(range.lowerBound) to \(range.upperBound)",
      read: { text throws(ValueMistake) in
        guard let value = wholeNumber(text[...]), range.contains(value) else {
          throw ValueMistake(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
      },
      write: { "\($0)" }
    )
  }
  /// A whole number that is a power of two.
  static func powerOfTwo(_ range: ClosedRange<Int>) -> Self {
    let bound = "a power of two from \(range.lowerBound) to \(range.upperBound)"
    return Self(
      type: "count",
      bound: bound,
      read: { text throws(ValueMistake) in
        guard let value = wholeNumber(text[...]), range.contains(value), value & (value - 1) == 0 else {
          throw ValueMistake(expected: bound)
        }
        return value
      },
      write: { "\($0)" }
    )
  }
  /// A size: a whole number of bytes, or one with a unit from `B` to `TiB`.
  static func bytes(_ range: ClosedRange<Int>, multipleOf block: Int = 1) -> Self {
    let ends = "\(sizeText(range.lowerBound)) to \(sizeText(range.upperBound))"
    let bound = block == 1 ? ends : "\(ends), a multiple of \(sizeText(block))"
    let expected = "a size from \(bound), such as '\(sizeText(max(range.lowerBound, min(64 << 10, range.upperBound))))'"
    return Self(
      type: "size",
      bound: bound,
      read: { text throws(ValueMistake) in
        guard let value = scaled(text, by: sizeUnits, bare: 1), range.contains(value), value % block == 0 else {
          throw ValueMistake(expected: expected, suggestion: rewritten(text, with: sizeUnits))
        }
        return value
      },
      write: { sizeText($0) }
    )
  }
}

extension SettingsForm<Int64> {
  /// A duration: a whole number with a unit from `ns` to `d`; a bare `0` is none at all.
  static func duration(_ range: ClosedRange<Int64>) -> Self {
    let bound = "\(durationText(range.lowerBound)) to \(durationText(range.upperBound))"
    let usual: [Int64] = [10_000_000_000, 100_000_000, 1_000_000]
    let example = durationText(usual.first(where: range.contains) ?? range.upperBound)
    return Self(
      type: "duration",
      bound: bound,
      read: { text throws(ValueMistake) in
        guard let value = scaled(text, by: durationUnits, bare: text == "0" ? 1 : nil), range.contains(Int64(value))
        else {
          let seconds = scaled(text, by: durationUnits, bare: 1_000_000_000)
          let isBare = text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
          let meant = isBare && seconds.map { range.contains(Int64($0)) } == true ? text + "s" : nil
          throw ValueMistake(
            expected: "a duration from \(bound), such as '\(example)'",
            suggestion: meant ?? rewritten(text, with: durationUnits)
          )
        }
        return Int64(value)
      },
      write: { durationText($0) }
    )
  }
}

extension SettingsForm {
  /// One of a few words, each standing for a value.
  static func word(_ words: [(word: String, value: Value)]) -> Self where Value: Equatable {
    let list = words.map { "`\($0.word)`" }.joined(separator: ", ")
    let expected = (words.count > 1 ? "one of " : "") + words.map { "'\($0.word)'" }.joined(separator: ", ")
    return Self(
      type: "word",
      bound: list,
      read: { text throws(ValueMistake) in
        guard let match = words.first(where: { $0.word == text }) else {
          throw ValueMistake(expected: expected, suggestion: nearest(to: text, among: words.map(\.word)))
        }
        return match.value
      },
      write: { value in words.first { $0.value == value }?.word ?? "" }
    )
  }
  /// One of an enumeration's words.
  static func word() -> Self where Value: CaseIterable & RawRepresentable<String> & Equatable {
    word(Value.allCases.map { (word: $0.rawValue, value: $0) })
  }
}

extension SettingsForm<String> {
  /// A path.
  ///
  /// Relative ones start at the working directory.
  static var path: Self {
    Self(
      type: "path",
      bound: "1 to 4095 bytes",
      read: { text throws(ValueMistake) in
        guard !text.isEmpty, text.utf8.count <= 4095, !text.utf8.contains(0) else {
          throw ValueMistake(expected: "a path of 1 to 4095 bytes")
        }
        return text
      },
      write: { $0 }
    )
  }
  /// A topic's name, as Kafka allows it.
  static var topicName: Self {
    Self(
      type: "name",
      bound: "1 to 249 of `a-z A-Z 0-9 . _ -`",
      read: { text throws(ValueMistake) in
        guard Topic.isName(text) else {
          throw ValueMistake(expected: "1 to 249 of 'a-z A-Z 0-9 . _ -', and neither '.' nor '..'")
        }
        return text
      },
      write: { $0 }
    )
  }
  /// A name for logs and metrics.
  static var label: Self {
    Self(
      type: "name",
      bound: "1 to 64 of `a-z A-Z 0-9 . _ -`",
      read: { text throws(ValueMistake) in
        guard Topic.isName(text), text.utf8.count <= 64 else {
          throw ValueMistake(expected: "1 to 64 of 'a-z A-Z 0-9 . _ -'")
        }
        return text
      },
      write: { $0 }
    )
  }
}

extension SettingsForm<ListenAddress> {
  /// An address to listen on.
  static var address: Self {
    Self(
      type: "address",
      bound: "`IPv4:port`, `[IPv6]:port` or `localhost:port`",
      read: { text throws(ValueMistake) in
        guard let address = ListenAddress(text) else {
          let near = ListenAddress("127.0.0.1:" + text) ?? ListenAddress("0.0.0.0" + text)
          throw ValueMistake(
            expected: "'IPv4:port', '[IPv6]:port' or 'localhost:port', such as '0.0.0.0:8080' or '[::]:8080'",
            suggestion: near?.description
          )
        }
        return address
      },
      write: { "\($0)" }
    )
  }
}

/// Units of size, the ones that are written back first and largest first.
private let sizeUnits: [(name: String, scale: Int)] = [
  ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
  ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
]
/// Units of time in nanoseconds, largest first.
private let durationUnits: [(name: String, scale: Int)] = [
  ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
  ("ms", 1_000_000), ("us", 1000), ("ns", 1),
]

/// A size as the file would write it.
public func sizeText(_ bytes: Int) -> String {
  guard bytes != 0 else { return "0" }
  let unit = sizeUnits.first { bytes % $0.scale == 0 } ?? ("B", 1)
  return "\(bytes / unit.scale) \(unit.name)"
}
/// A duration as the file would write it.
public func durationText(_ ns: Int64) -> String {
  guard ns != 0 else { return "0s" }
  let unit = durationUnits.first { ns % Int64($0.scale) == 0 } ?? ("ns", 1)
  return "\(ns / Int64(unit.scale))\(unit.name)"
}

/// A whole number without a sign, or `nil`.
///
/// `_` may stand between digits.
private func wholeNumber(_ text: Substring) -> Int? {
  guard text.utf8.count <= 32, let first = text.utf8.first, let last = text.utf8.last, first != 0x5F, last != 0x5F,
    text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F })
  else { return nil }
  return Int(text.filter { $0 != "_" })
}

/// A whole number with a unit, or without one where `bare` gives its scale.
private func scaled(_ text: String, by units: [(name: String, scale: Int)], bare: Int?) -> Int? {
  let (number, unit) = parts(of: text)
  guard let value = wholeNumber(number) else { return nil }
  guard let scale = unit.isEmpty ? bare : units.first(where: { $0.name == unit })?.scale else { return nil }
  let (product, overflow) = value.multipliedReportingOverflow(by: scale)
  return overflow ? nil : product
}

/// The same number with the unit that was probably meant, or `nil` when the unit is right or nothing is near.
private func rewritten(_ text: String, with units: [(name: String, scale: Int)]) -> String? {
  let (number, unit) = parts(of: text)
  guard wholeNumber(number) != nil, !unit.isEmpty, !units.contains(where: { $0.name == unit }) else { return nil }
  let aliases = [
    "k": "KiB", "m": "MiB", "g": "GiB", "t": "TiB", "bytes": "B", "byte": "B",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "hour": "h", "hours": "h", "hr": "h", "day": "d", "days": "d", "µs": "us", "usec": "us", "msec": "ms",
    "milliseconds": "ms", "kb": "kB",
  ]
  let lowered = unit.lowercased()
  let alias = aliases[lowered].flatMap { name in units.first { $0.name == name }?.name }
  let near =
    alias ?? units.first { $0.name.lowercased() == lowered }?.name
    ?? nearest(to: String(unit), among: units.map(\.name))
  return near.map { units.first?.name == "d" ? "\(number)\($0)" : "\(number) \($0)" }
}

/// What stands before the first character that is neither digit nor `_`, and what follows without blanks between.
private func parts(of text: String) -> (number: Substring, unit: Substring) {
  let number = text.prefix { $0.isASCII && $0.isWholeNumber || $0 == "_" }
  return (number, text[number.endIndex...].drop { $0 == " " })
}
