import Bytes
import Detection

/// Texts at the most: longer ones have nothing that shorter ones do not, and take the time of many.
let textBytesMax = 4096
/// They stay, as a shard's scanner does, so that each input also meets what the last ones left behind.
///
/// The one thread of libFuzzer makes them and has them.
nonisolated(unsafe) var scanner = TextScanner(textBytesMax: textBytesMax)
nonisolated(unsafe) var other = TextScanner(textBytesMax: textBytesMax)

/// Takes the first byte for the least confidence, the rest of the line for the name of a member, and what is behind it
/// for the member's value: a text, and a number where it is one.
///
/// Traps when a finding lies outside of its text, when findings overlap, when one cuts a character in two, or when what
/// was scanned before changes what is found.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 1, count <= textBytesMax else { return 0 }
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let lineEnd = input.firstIndex(of: UInt8(ascii: "\n")) ?? count
  let name = Array(input[1..<max(1, lineEnd)])
  let text = Array(input[min(count, lineEnd + 1)...])
  let profile = DetectionProfile(minimum: input[0] % 101)
  let isNumber = !text.isEmpty && text.allSatisfy { "+-.0123456789Ee".utf8.contains($0) }

  let found = scan(text, name, profile, isNumber, by: &scanner)
  check(found, in: text, profile)
  _ = scan(Array(text.reversed()), [], DetectionProfile(minimum: 0), false, by: &scanner)
  precondition(scan(text, name, profile, isNumber, by: &scanner) == found, "what was scanned before has no part in it")
  _ = scan(name, text, profile, false, by: &other)
  precondition(scan(text, name, profile, isNumber, by: &other) == found, "every scanner finds the same")
  return 0
}

func scan(
  _ text: [UInt8],
  _ name: [UInt8],
  _ profile: DetectionProfile,
  _ isNumber: Bool,
  by scanner: inout TextScanner
) -> [Finding] {
  let context = scanner.context(ofName: name.span.bytes)
  let count =
    isNumber
    ? scanner.scanNumber(text.span.bytes, name: context, profile: profile)
    : scanner.scan(text.span.bytes, name: context, profile: profile)
  precondition(count == scanner.count && count <= TextScanner.findingsMax, "findings are counted, and bounded")
  return (0..<count).map { scanner[$0] }
}

func check(_ found: [Finding], in text: [UInt8], _ profile: DetectionProfile) {
  let isUTF8 = String(validating: text, as: UTF8.self) != nil
  var end = 0
  for finding in found {
    precondition(finding.start >= end && finding.start < finding.end, "findings ascend, and are no more than once")
    precondition(finding.end <= text.count, "a finding lies within its text")
    precondition(finding.confidence >= profile[finding.type] && finding.confidence <= 100, "it is as sure as was asked")
    end = finding.end
    guard isUTF8 else { continue }
    for place in [finding.start, finding.end] where place < text.count {
      precondition(text[place] & 0xC0 != 0x80, "a finding cuts no character in two")
    }
  }
}
