import Testing

@testable import Detection

/// Cases that others wrote for recognisers of the same kinds.
@Suite struct ContactVectorTests {
  private static let isThere: Bool = !ContactVectors.cases.isEmpty && !ContactVectors.numbers.isEmpty
  /// What a finding is worth at least to count, as the cases have no context of their own.
  private let minimum: UInt8 = 30

  /// How many cases of a recogniser are judged right: found where they are to be, and nothing else.
  private func share(_ recognizer: String, _ detector: any Detector.Type) -> Double {
    let cases = ContactVectors.cases.filter { $0.recognizer == recognizer }
    var passed = 0
    for one in cases {
      let found = ContactScan.find(detector, in: one.text).filter { contact in
        let isNamed = detector.words.contains { one.text.lowercased().contains($0.description) }
        return (isNamed ? contact.inContext : contact.alone) >= minimum
      }
      let ranges = Set(found.map { one.text.codePoints($0.range) })
      if ranges == one.ranges {
        passed += 1
      } else {
        print("\(recognizer): \(one.text.debugDescription) has \(one.ranges), found \(found)")
      }
    }
    print("\(recognizer): \(passed) of \(cases.count)")
    return Double(passed) / Double(cases.count)
  }

  @Test(.enabled(if: isThere, "SLUICE_VECTORS names no folder with pii"))
  func `nearly all cases of mail addresses, hardware addresses and addresses of hosts are judged right`() {
    #expect(share("EmailRecognizer", EmailAddress.self) == 1)
    #expect(share("MacAddressRecognizer", MACAddress.self) == 1)
    #expect(share("IpRecognizer", IPAddress.self) >= 0.95)
  }

  /// Numbers in one piece need context here, which the cases do not have; they call them weak themselves.
  @Test(.enabled(if: isThere, "SLUICE_VECTORS names no folder with pii"))
  func `most cases of national telephone numbers are judged right`() {
    #expect(share("PhoneRecognizer", PhoneNumber.self) >= 0.85)
  }

  @Test(.enabled(if: isThere, "SLUICE_VECTORS names no folder with pii"))
  func `numbers of every region are found in international form`() {
    var (found, total) = (0, 0)
    for number in ContactVectors.numbers where number.valid {
      for form in [number.e164, number.international, number.rfc3966].compactMap({ $0 }) {
        total += 1
        let digits = form.filter(\.isWholeNumber)
        if ContactScan.find(PhoneNumber.self, in: "to \(form) via").contains(where: {
          $0.alone >= 60 && $0.text.filter(\.isWholeNumber) == digits
        }) {
          found += 1
        } else {
          print("missed \(number.region) \(form)")
        }
      }
    }
    print("international: \(found) of \(total)")
    #expect(Double(found) >= 0.95 * Double(total))
  }

  @Test(.enabled(if: isThere, "SLUICE_VECTORS names no folder with pii"))
  func `most numbers that are too short or too long are refused`() {
    let invalid = ContactVectors.numbers.filter { !$0.valid }
    let refused = invalid.filter { number in
      !ContactScan.find(PhoneNumber.self, in: number.e164).contains { $0.alone >= 50 }
    }
    print("invalid: \(refused.count) of \(invalid.count) refused")
    #expect(Double(refused.count) >= 0.6 * Double(invalid.count))
  }
}

extension String {
  /// A range of bytes in code points.
  fileprivate func codePoints(_ range: Range<Int>) -> Range<Int> {
    let bytes = [UInt8](utf8)
    let start = String(decoding: bytes[..<range.lowerBound], as: UTF8.self).unicodeScalars.count
    return start..<start + String(decoding: bytes[range], as: UTF8.self).unicodeScalars.count
  }
}
