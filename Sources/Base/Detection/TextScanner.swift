internal import Bytes

/// Finds personal data in texts: one pass marks what each byte is, then detectors look where it pays.
///
///     text        mail bob@example.org from 10.0.0.7
///     asks at          ····^             ·  ··
///     findings         EMAIL_ADDRESS        IP_ADDRESS
///
/// What a text holds percent-encoded or behind escapes of its own is found, too. All memory is allocated at the start;
/// one belongs to one thread.
public struct TextScanner: ~Copyable {
  private var search: TextSearch
  private var names = NameCache()
  private var decoded: DecodedText
  private var found: Candidates
  private var foundDecoded: Candidates

  /// How many findings a text may have.
  ///
  /// When there are more, the last one reaches to the text's end: what there is no room to tell apart counts as found.
  public static var findingsMax: Int { 64 }

  /// One for texts of so many bytes that looks for some kinds.
  ///
  /// Allocates about 12 bytes for each byte of a text, and some 200 kB for the words.
  public init(textBytesMax: Int, types: PersonalTypes = .all) {
    self.init(textBytesMax: textBytesMax, types: types, detectors: Detection.detectors)
  }
  /// One with these detectors.
  init(textBytesMax: Int, types: PersonalTypes, detectors: [DetectorEntry]) {
    require(textBytesMax > 0 && textBytesMax < Int(Int32.max) / 4, "a text has a length that a place can hold")
    // A text without its escapes may be longer by blanks.
    search = TextSearch(textBytesMax: 2 * textBytesMax + 8, detectors, types)
    decoded = DecodedText(textBytesMax: textBytesMax)
    found = Candidates(findingsMax: Self.findingsMax)
    foundDecoded = Candidates(findingsMax: Self.findingsMax)
  }

  /// What the name of a member tells of its value.
  ///
  /// Cost: a hash and a compare for a name that was asked for lately.
  public mutating func context(ofName name: RawSpan) -> NameContext { names.context(of: name, search.words) }

  /// Looks for personal data in a text: a string as its reader sees it, without JSON's escapes.
  ///
  /// - Returns: how many findings there are. They are good until the next text is scanned, in ascending order, and do
  ///   not overlap.
  @discardableResult
  public mutating func scan(_ text: RawSpan, name: NameContext, profile: borrowing DetectionProfile) -> Int {
    found.removeAll()
    if search.search(text, name, profile, into: &found) { scanDecoded(text, name, profile) }
    found.conclude(textBytes: text.byteCount)
    return found.count
  }

  /// Looks for personal data in a JSON number, as it is written.
  ///
  /// Digits may be any number that a text may hold; with a sign, a fraction or an exponent it can only be a coordinate.
  @discardableResult
  public mutating func scanNumber(_ text: RawSpan, name: NameContext, profile: borrowing DetectionProfile) -> Int {
    found.removeAll()
    search.searchNumber(text, name, profile, into: &found)
    found.conclude(textBytes: text.byteCount)
    return found.count
  }

  /// How many findings the last scan had.
  public var count: Int { found.count }
  /// A finding of the last scan.
  public subscript(index: Int) -> Finding {
    let item = found[index]
    return Finding(start: item.start, end: item.end, type: item.type, confidence: item.confidence)
  }

  /// Adds what is found in the text without its escapes.
  private mutating func scanDecoded(_ text: RawSpan, _ name: NameContext, _ profile: borrowing DetectionProfile) {
    decoded.decode(text)
    foundDecoded.removeAll()
    search.search(decoded, name, profile, into: &foundDecoded)
    foundDecoded.conclude(textBytes: decoded.count)
    for index in 0..<foundDecoded.count {
      var candidate = foundDecoded[index]
      let place = decoded.origin(of: candidate.start..<candidate.end)
      (candidate.start, candidate.end) = (place.lowerBound, place.upperBound)
      found.add(candidate)
    }
  }
}
