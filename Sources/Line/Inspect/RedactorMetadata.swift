internal import Bytes
internal import Detection
internal import Events
internal import Formats
internal import Redaction

/// What is said of events besides their payloads: keys, headers of their records, and verdicts.
///
/// Detectors alone find something there: paths are about payloads.
extension Redactor {
  /// Redacts an event's key and headers into `metadata`.
  ///
  /// - Returns: which of them differ; `nil` when that could not be done.
  mutating func redactMetadata(of event: borrowing Event, by plan: RedactionPlan) -> (key: Bool, details: Bool)? {
    guard plan.detects else { return (false, false) }
    guard var metadata = metadata.take() else { broken("metadata is at hand while an event is looked at") }
    path.count = 0
    failure = nil
    metadata.key.count = 0
    metadata.details.count = 0
    let hasKey = event.hasKey && redactText(event.key, plan, into: &metadata.key)
    let hasDetails = failure == nil && event.headerCount > 0 && redactHeaders(of: event, plan, into: &metadata.details)
    self.metadata = consume metadata
    return failure == nil ? (hasKey, hasDetails) : nil
  }

  /// Writes a text with what is found in it exchanged; nothing, and `false`, when nothing is found.
  private mutating func redactText(_ text: RawSpan, _ plan: RedactionPlan, into region: inout Region) -> Bool {
    guard text.byteCount <= plain.byteCount else {
      fail(.tooComplex)
      return false
    }
    scanner.scan(text, name: .none, profile: plan.profile)
    guard scanner.count > 0 else { return false }
    var (place, isChanged) = (0, false)
    for index in 0..<scanner.count {
      let finding = scanner[index]
      let rule = plan.foundInKeys[Int(finding.type.rawValue)]
      if exemptions.isSamePlan, rule.operation.purpose == .tokenize { continue }
      isChanged = true
      output.count = 0
      let outcome = Self.apply(rule, text.extracting(finding.range), plan.topic, path, &bench, into: &output)
      guard isDone(outcome) else { return false }
      guard finding.start - place + output.count <= region.room else {
        fail(.tooComplex)
        return false
      }
      region.append(text.extracting(place..<finding.start))
      Self.copy(output, into: &region)
      metadataNotes.append(RedactionNote(rule))
      place = finding.end
    }
    guard isChanged else { return false }
    guard text.byteCount - place <= region.room else {
      fail(.tooComplex)
      return false
    }
    region.append(text.extracting(place..<text.byteCount))
    return true
  }
  private static func copy(_ text: borrowing Region, into region: inout Region) { region.append(text.bytes) }

  /// Writes an event's details with what is found in its headers' values exchanged, and without headers whose names
  /// are personal data; whether anything differs.
  private mutating func redactHeaders(of event: borrowing Event, _ plan: RedactionPlan, into region: inout Region)
    -> Bool
  {
    var details = EventDetails(reading: event.details)
    region.append(event.details.extracting(0..<EventDetails.headBytes))
    var cursor = Cursor(event.headers)
    var isChanged = false
    for _ in 0..<event.headerCount {
      guard let keyBytes = cursor.varint(), let key = cursor.take(Int(keyBytes)), let valueBytes = cursor.varint(),
        let value = cursor.take(Int(valueBytes))
      else { broken("the headers of an event are those of a record") }
      if hasPersonalName(key, plan) {
        details.headerCount -= 1
        isChanged = true
        continue
      }
      var text = plainForHeaders()
      // The name of a record of quarantine is ours, and must stay what it is.
      let isFound = !ReplayMark.isKey(of: key) && redactText(value, plan, into: &text)
      guard failure == nil else {
        headerText = consume text
        return false
      }
      isChanged = isChanged || isFound
      let isWritten = isFound ? Self.append(key, text, into: &region) : region.append(header: key, value: value)
      headerText = consume text
      guard isWritten else {
        fail(.tooComplex)
        return false
      }
    }
    guard isChanged else { return false }
    details.headerBytes = region.count - EventDetails.headBytes
    guard details.headerBytes <= UInt16.max, event.schemaName.byteCount <= region.room else {
      fail(.tooComplex)
      return false
    }
    details.store(in: &region)
    region.append(event.schemaName)
    return true
  }
  /// Whether the name of an attribute, which its sender chose, is personal data: its header is left out then.
  private mutating func hasPersonalName(_ key: RawSpan, _ plan: RedactionPlan) -> Bool {
    let prefix: StaticString = "ce_"
    let name = prefix.utf8CodeUnitCount..<key.byteCount
    guard key.starts(withLowercase: prefix), scanner.context(ofName: key.extracting(name)).mayBeData else {
      return false
    }
    scanner.scan(key.extracting(name), name: .none, profile: plan.profile)
    return scanner.count > 0
  }
  private static func append(_ key: RawSpan, _ value: borrowing Region, into region: inout Region) -> Bool {
    region.append(header: key, value: value.bytes)
  }
  private mutating func plainForHeaders() -> Region {
    guard var text = headerText.take() else { broken("one header is put together at a time") }
    text.count = 0
    return text
  }

  /// Exchanges what is found in a verdict for the names of kinds: it is told and logged, so nothing of a value may
  /// stay.
  mutating func clean(_ verdict: inout Region, by plan: RedactionPlan) {
    guard plan.detects, verdict.count > 0, verdict.count <= plain.byteCount else { return }
    Self.scan(verdict, plan, by: &scanner)
    guard scanner.count > 0 else { return }
    guard var text = headerText.take() else { broken("one text is put together at a time") }
    text.count = 0
    var place = 0
    var isWhole = true
    for index in 0..<scanner.count {
      let finding = scanner[index]
      let part = Self.whole(finding.range, of: verdict, from: place)
      guard !part.range.isEmpty else { continue }
      isWhole = isWhole && !part.hasQuote
      Self.copy(verdict, place..<part.range.lowerBound, into: &text)
      text.append("<")
      text.append(finding.type.label)
      text.append(">")
      place = part.range.upperBound
    }
    Self.copy(verdict, place..<verdict.count, into: &text)
    verdict.count = 0
    // One that has grown beyond its bound, or lost a quote, is not told: it would be no JSON.
    if isWhole, text.count <= verdict.byteCount { Self.copy(text, into: &verdict) }
    headerText = consume text
  }
  private static func scan(_ text: borrowing Region, _ plan: RedactionPlan, by scanner: inout TextScanner) {
    scanner.scan(text.bytes, name: .none, profile: plan.profile)
  }
  /// A part of a JSON text with all of the escapes in which it begins and ends, and whether a string begins or ends in
  /// it.
  ///
  /// `from` is where an escape or a letter begins at or before the part; what of the part is before that is left out.
  private static func whole(_ range: Range<Int>, of text: borrowing Region, from place: Int)
    -> (range: Range<Int>, hasQuote: Bool)
  {
    let bytes = text.bytes
    var (start, end, hasQuote) = (place, place, false)
    while end < range.upperBound {
      if end <= range.lowerBound { (start, hasQuote) = (end, false) }
      hasQuote = hasQuote || bytes.byte(end) == UInt8(ascii: "\"")
      end += escapeBytes(bytes, at: end)
    }
    return (start..<end, hasQuote)
  }
  /// How many bytes stand for one letter at a place of a JSON text.
  private static func escapeBytes(_ bytes: RawSpan, at place: Int) -> Int {
    let left = bytes.byteCount - place
    guard bytes.byte(place) == UInt8(ascii: "\\"), left > 1 else { return 1 }
    return bytes.byte(place + 1) == UInt8(ascii: "u") ? min(6, left) : 2
  }
  private static func copy(_ text: borrowing Region, _ range: Range<Int>, into region: inout Region) {
    region.append(text.bytes.extracting(range))
  }
}
