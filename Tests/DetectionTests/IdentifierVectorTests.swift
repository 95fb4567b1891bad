import Foundation
import Testing

@testable import Detection

/// The recognizer cases of Microsoft Presidio, read from the folder that `SLUICE_VECTORS` names.
@Suite struct IdentifierVectorTests {
  private struct Case: Decodable {
    var recognizer: String
    var text: String
    var spans: [Span]
  }
  private struct Span: Decodable {
    var start: Int
    var end: Int
    init(from decoder: any Decoder) throws {
      var fields = try decoder.unkeyedContainer()
      start = try fields.decode(Int.self)
      end = try fields.decode(Int.self)
    }
  }
  private static let path =
    (ProcessInfo.processInfo.environment["SLUICE_VECTORS"] ?? "../shared/vectors")
    + "/pii/presidio_recognizer_cases.json"

  private static let detectors: [String: any Detector.Type] = [
    "AuMedicareRecognizer": AustralianMedicare.self, "AuTfnRecognizer": AustralianTFN.self,
    "CaSinRecognizer": CanadianSIN.self, "CreditCardRecognizer": CreditCard.self, "DeTaxIdRecognizer": GermanTaxID.self,
    "EsNieRecognizer": SpanishNIE.self, "EsNifRecognizer": SpanishNIF.self,
    "FiPersonalIdentityCodeRecognizer": FinnishHETU.self, "IbanRecognizer": IBAN.self,
    "InAadhaarRecognizer": Aadhaar.self, "InPanRecognizer": IndianPAN.self,
    "ItFiscalCodeRecognizer": ItalianFiscalCode.self, "NhsRecognizer": UKHealthService.self,
    "PlPeselRecognizer": PolishPESEL.self, "SePersonnummerRecognizer": SwedishPersonnummer.self,
    "UkNinoRecognizer": UKNationalInsurance.self, "UsSsnRecognizer": USSocialSecurity.self,
  ]

  /// What is refused or found against the cases, and why.
  private static let differences: [String: String] = [
    "My finnish id code is030594W903B.": "a code is no part of a word",
    "My swedish id code is199003052397.": "a number is no part of a word",
    "A1111DFSFS": "a PAN is five letters, four digits and a letter",
    "LV80 bANK 0000 4351 9500 1": "an IBAN may be written in lower case",
    "AL47212110090000000235698741": "it is valid; the case is about options that are not ours",
    "Here is my National Insurance Number YZ 61 48 68 B": "the blank before a number is no part of it",
  ]

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: path),
      "SLUICE_VECTORS names no folder with pii/presidio_recognizer_cases.json"
    )
  )
  func `what others expect to be found is found, and nothing else`() throws {
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: URL(fileURLWithPath: Self.path)))
    var (agreed, all) = (0, 0)
    for one in cases {
      guard let detector = Self.detectors[one.recognizer] else { continue }
      let expected = one.spans.map { [$0.start, $0.end] }.sorted { $0[0] < $1[0] }
      let scalars = Array(one.text.unicodeScalars)
      let found = detector.findings(in: one.text).map { finding in
        let before = String(decoding: Array(one.text.utf8)[..<finding.start], as: UTF8.self).unicodeScalars.count
        return [before, before + finding.text.unicodeScalars.count]
      }
      #expect(found.allSatisfy { $0[1] <= scalars.count })
      all += 1
      if found == expected { agreed += 1 }
      if Self.differences[one.text] == nil {
        #expect(found == expected, "\(one.recognizer): \(one.text)")
      }
    }
    #expect(all >= 530 && agreed * 100 >= all * 97, "\(agreed) of \(all)")
  }
}
