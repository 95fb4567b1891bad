/// One line of the log while it is being put together.
struct LogLine {
  /// A text's bytes before they are escaped.
  static let textBytesMax = 1024
  /// A line's bytes; what comes later is left out.
  static let lineBytesMax = 8192

  private let form: LogForm
  private var text: String
  private var isCut = false

  init(form: LogForm, timeNs: Int64, level: LogLevel, message: StaticString) {
    self.form = form
    text = form == .json ? "{" : ""
    add("time", .text(timestamp(utcNs: timeNs)))
    add("level", .text("\(level.word)"))
    add("message", .text("\(message)"))
  }

  mutating func add(_ key: StaticString, _ value: LogValue) {
    guard !isCut else { return }
    let rendered: String
    switch value {
    case .number(let number): rendered = "\(number)"
    case .decimal(let number) where number.isFinite: rendered = "\(number)"
    case .decimal(let number): rendered = quoted("\(number)")
    case .flag(let flag): rendered = flag ? "true" : "false"
    case .text(let text):
      let text = masked(text)
      rendered = form == .logfmt && isBare(text) ? text : quoted(text)
    }
    let addition = form == .json ? "\"\(key)\":\(rendered)" : "\(key)=\(rendered)"
    guard text.utf8.count + addition.utf8.count < Self.lineBytesMax else {
      isCut = true
      return
    }
    let separator = form == .json ? (text == "{" ? "" : ",") : (text.isEmpty ? "" : " ")
    text += separator + addition
  }

  /// The line's bytes, its end included.
  func finished() -> [UInt8] { Array((form == .json ? text + "}\n" : text + "\n").utf8) }

  private func isBare(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= Self.textBytesMax
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
  }

  /// The text as a JSON string, which logfmt's readers understand as well.
  ///
  /// Nothing in it ends a line or steers a terminal.
  private func quoted(_ text: String) -> String {
    var result = "\""
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += scalar.utf8.count
      guard bytes <= Self.textBytesMax else {
        result += "…"
        break
      }
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
          }
        default: result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

/// The text with the secrets of API keys in it replaced: `sk_<id>_…` stays, what follows does not.
///
/// No caller passes a secret on purpose; this is for error texts that quote what somebody sent.
func masked(_ text: String) -> String {
  guard text.utf8.count >= 12, text.contains("sk_") else { return text }
  let bytes = Array(text.utf8)
  var result: [UInt8] = []
  var index = 0
  while index < bytes.count {
    if bytes[index...].starts(with: Array("sk_".utf8)) {
      let idEnd = end(ofWordIn: bytes, from: index + 3)
      if idEnd < bytes.count, idEnd > index + 3, bytes[idEnd] == UInt8(ascii: "_") {
        let secretEnd = end(ofWordIn: bytes, from: idEnd + 1)
        if secretEnd > idEnd + 1 {
          result += bytes[index...idEnd] + Array("***".utf8)
          index = secretEnd
          continue
        }
      }
    }
    result.append(bytes[index])
    index += 1
  }
  return String(decoding: result, as: UTF8.self)
}

private func end(ofWordIn bytes: [UInt8], from start: Int) -> Int {
  var index = start
  while index < bytes.count {
    switch bytes[index] {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: index += 1
    default: return index
    }
  }
  return index
}

/// A time in RFC 3339, to the millisecond.
///
/// Source: the Gregorian calendar, counted in days
/// from March of the year 0 in eras of 400 years.
func timestamp(utcNs: Int64) -> String {
  let (days, millisOfDay) = floorDivide(floorDivide(utcNs, by: 1_000_000).quotient, by: 86_400_000)
  // Years that start in March put the leap day at the end.
  let (era, dayOfEra) = floorDivide(days + 719_468, by: 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shifted = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * shifted + 2) / 5 + 1
  let month = shifted < 10 ? shifted + 3 : shifted - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  let seconds = millisOfDay / 1000
  return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(seconds / 3600, 2)):"
    + "\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(millisOfDay % 1000, 3))Z"
}

private func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}
private func padded(_ value: Int64, _ digits: Int) -> String {
  let text = "\(value)"
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
