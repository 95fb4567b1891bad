/// Every detector there is: a new one is a file beside this one and a line here.
///
/// Of two that find the same bytes with the same confidence the one that comes first here counts.
let detectors: [DetectorEntry] = [
  DetectorEntry(PassportMRZ.self), DetectorEntry(IBAN.self), DetectorEntry(CreditCard.self), DetectorEntry(IMEI.self),
  DetectorEntry(IMSI.self), DetectorEntry(ICCID.self), DetectorEntry(ItalianFiscalCode.self),
  DetectorEntry(FrenchNIR.self), DetectorEntry(FinnishHETU.self), DetectorEntry(SwedishPersonnummer.self),
  DetectorEntry(PolishPESEL.self), DetectorEntry(SpanishNIE.self), DetectorEntry(SpanishNIF.self),
  DetectorEntry(GermanTaxID.self), DetectorEntry(DutchBSN.self), DetectorEntry(UKNationalInsurance.self),
  DetectorEntry(UKHealthService.self), DetectorEntry(BrazilianCPF.self), DetectorEntry(BrazilianCNPJ.self),
  DetectorEntry(USSocialSecurity.self), DetectorEntry(CanadianSIN.self), DetectorEntry(Aadhaar.self),
  DetectorEntry(IndianPAN.self), DetectorEntry(AustralianTFN.self), DetectorEntry(AustralianMedicare.self),
  DetectorEntry(JapaneseMyNumber.self), DetectorEntry(EmailAddress.self), DetectorEntry(IPAddress.self),
  DetectorEntry(MACAddress.self), DetectorEntry(PhoneNumber.self), DetectorEntry(PhoneValue.self),
  DetectorEntry(CryptoAddress.self), DetectorEntry(WalletKey.self), DetectorEntry(Coordinates.self),
  DetectorEntry(CoordinateValue.self), DetectorEntry(LabelledCoordinate.self), DetectorEntry(BirthDate.self),
  DetectorEntry(PersonName.self),
  DetectorEntry(PersonFullName.self), DetectorEntry(KeyedName.self), DetectorEntry(SecretBlock.self),
  DetectorEntry(SecretWebToken.self), DetectorEntry(SecretToken.self), DetectorEntry(SecretForm.self),
  DetectorEntry(SecretURL.self), DetectorEntry(SecretHeader.self), DetectorEntry(SecretPair.self),
  DetectorEntry(SecretValue.self), DetectorEntry(SecretPassword.self),
]
