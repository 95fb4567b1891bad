/// A kind of personal data that is told apart.
///
/// The order is that of the settings' documentation; raw values are no format and never leave the process.
@frozen public enum PersonalType: UInt8, CaseIterable, BitwiseCopyable, Sendable {
  case emailAddress, phoneNumber, creditCard, iban, ipAddress, macAddress
  case imei, imsi, iccid
  case usSSN, ukNINO, ukNHS, deTaxID, frNIR, esNIF, esNIE, itFiscalCode, nlBSN, plPESEL, sePersonnummer, fiHETU
  case brCPF, brCNPJ, caSIN, inAadhaar, inPAN, auTFN, auMedicare, jpMyNumber
  case passportMRZ
  case crypto, secret
  case coordinates, birthDate, person

  /// Its name in reports and replacements, such as `EMAIL_ADDRESS`.
  public var label: StaticString {
    switch self {
    case .emailAddress: "EMAIL_ADDRESS"
    case .phoneNumber: "PHONE_NUMBER"
    case .creditCard: "CREDIT_CARD"
    case .iban: "IBAN_CODE"
    case .ipAddress: "IP_ADDRESS"
    case .macAddress: "MAC_ADDRESS"
    case .imei: "IMEI"
    case .imsi: "IMSI"
    case .iccid: "ICCID"
    case .usSSN: "US_SSN"
    case .ukNINO: "UK_NINO"
    case .ukNHS: "UK_NHS"
    case .deTaxID: "DE_TAX_ID"
    case .frNIR: "FR_NIR"
    case .esNIF: "ES_NIF"
    case .esNIE: "ES_NIE"
    case .itFiscalCode: "IT_FISCAL_CODE"
    case .nlBSN: "NL_BSN"
    case .plPESEL: "PL_PESEL"
    case .sePersonnummer: "SE_PERSONNUMMER"
    case .fiHETU: "FI_PERSONAL_IDENTITY_CODE"
    case .brCPF: "BR_CPF"
    case .brCNPJ: "BR_CNPJ"
    case .caSIN: "CA_SIN"
    case .inAadhaar: "IN_AADHAAR"
    case .inPAN: "IN_PAN"
    case .auTFN: "AU_TFN"
    case .auMedicare: "AU_MEDICARE"
    case .jpMyNumber: "JP_MY_NUMBER"
    case .passportMRZ: "PASSPORT_MRZ"
    case .crypto: "CRYPTO"
    case .secret: "SECRET"
    case .coordinates: "COORDINATES"
    case .birthDate: "BIRTH_DATE"
    case .person: "PERSON"
    }
  }
  /// Its name in settings and in schemas' `x-pii`, such as `email`.
  public var word: StaticString {
    switch self {
    case .emailAddress: "email"
    case .phoneNumber: "phone"
    case .creditCard: "credit_card"
    case .iban: "iban"
    case .ipAddress: "ip_address"
    case .macAddress: "mac_address"
    case .imei: "imei"
    case .imsi: "imsi"
    case .iccid: "iccid"
    case .usSSN: "us_ssn"
    case .ukNINO: "uk_nino"
    case .ukNHS: "uk_nhs"
    case .deTaxID: "de_tax_id"
    case .frNIR: "fr_nir"
    case .esNIF: "es_nif"
    case .esNIE: "es_nie"
    case .itFiscalCode: "it_fiscal_code"
    case .nlBSN: "nl_bsn"
    case .plPESEL: "pl_pesel"
    case .sePersonnummer: "se_personnummer"
    case .fiHETU: "fi_hetu"
    case .brCPF: "br_cpf"
    case .brCNPJ: "br_cnpj"
    case .caSIN: "ca_sin"
    case .inAadhaar: "in_aadhaar"
    case .inPAN: "in_pan"
    case .auTFN: "au_tfn"
    case .auMedicare: "au_medicare"
    case .jpMyNumber: "jp_my_number"
    case .passportMRZ: "passport_mrz"
    case .crypto: "crypto"
    case .secret: "secret"
    case .coordinates: "coordinates"
    case .birthDate: "birth_date"
    case .person: "person"
    }
  }
}

/// A set of kinds of personal data.
@frozen public struct PersonalTypes: OptionSet, Hashable, BitwiseCopyable, Sendable {
  /// A bit for each kind.
  public let rawValue: UInt64
  /// Those of some bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// One kind.
  @inlinable public init(_ type: PersonalType) { rawValue = 1 << UInt64(type.rawValue) }
  /// Every kind there is.
  public static var all: PersonalTypes { PersonalTypes(rawValue: 1 << UInt64(PersonalType.allCases.count) - 1) }
  /// Whether a kind is in it.
  @inlinable @inline(__always) public func contains(_ type: PersonalType) -> Bool {
    rawValue >> UInt64(type.rawValue) & 1 != 0
  }
}
