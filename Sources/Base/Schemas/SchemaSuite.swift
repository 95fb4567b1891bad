internal import Bytes
internal import Formats

/// Runs files of test cases in the form of the official suite.
///
///     [{"description": "…", "schema": {…}, "tests": [{"description": "…", "data": …, "valid": true}]}]
public struct SchemaSuite: Sendable {
  /// What came of one case.
  public struct Case: Sendable {
    /// The descriptions of its group and its own.
    public let name: String
    /// What went wrong; `nil` when the answer was the right one.
    public let failure: String?
  }
  /// What schemas may refer to, besides themselves.
  public var library = SchemaLibrary()
  /// How they are read.
  public var options = SchemaOptions()

  /// Formats are said, not checked, as the suite has it.
  public init() { options.assertsFormats = false }

  /// Runs the cases of a file.
  ///
  /// Throws: what makes it no such file.
  public func run(_ text: [UInt8], file: String) throws(SchemaMistake) -> [Case] {
    let root: JSONValue
    do throws(JSONFault) { root = try JSONValue(text, limits: Self.limits) } catch {
      throw mistake(error.reason.text, at: error.offset, in: text, file)
    }
    guard let groups = root.array else {
      throw mistake("a list of groups was expected", at: root.offset, in: text, file)
    }
    var validator = Validator(bytesMax: max(text.count, 1), limits: Self.limits, seed: 0x5EED)
    var cases: [Case] = []
    for group in groups {
      guard let members = group.object, let schema = members["schema"], let tests = members["tests"]?.array else {
        throw mistake("a group has a schema and tests", at: group.offset, in: text, file)
      }
      let name = members["description"]?.string ?? "a group"
      let compiled = compile(schema, text, file)
      for test in tests {
        guard let members = test.object, let data = members["data"], let isValid = members["valid"]?.bool else {
          throw mistake("a test has data and says whether it is valid", at: test.offset, in: text, file)
        }
        let title = "\(name): \(members["description"]?.string ?? "a test")"
        let failure: String?
        switch compiled {
        case .failure(let mistake): failure = "\(mistake)"
        case .success(let schema):
          // SAFETY: a UInt8 has no padding that its bytes could show.
          let bytes = unsafe text.span.bytes.extracting(data.offset..<data.end)
          failure =
            Self.failure(validator.check(bytes, against: schema), isValid)
            ?? Self.failure(validator.checkOnTape(bytes, against: schema), isValid).map { "on the tape " + $0 }
        }
        cases.append(Case(name: title, failure: failure))
      }
    }
    return cases
  }
  private static var limits: JSONLimits {
    var limits = JSONLimits()
    (limits.depthMax, limits.membersMax, limits.numberBytesMax) = (256, 1_000_000, 1 << 20)
    // Its cases are about schemas: what others read as JSON is not refused here.
    (limits.allowsDuplicateNames, limits.allowsLoneSurrogates) = (true, true)
    return limits
  }
  private static func failure(_ outcome: SchemaOutcome, _ isValid: Bool) -> String? {
    switch outcome {
    case .valid: isValid ? nil : "it was found valid"
    case .invalid: isValid ? "it was found invalid" : nil
    case .malformed(let fault): "it was found to be no JSON: \(fault.reason.text)"
    case .exhausted: "it was too much work"
    }
  }
  private func compile(_ schema: JSONValue, _ text: [UInt8], _ file: String) -> Result<Schema, SchemaMistake> {
    var library = library
    let uri = "https://schemas.invalid/test"
    do throws(SchemaMistake) {
      try library.add(schema, text: text, uri: uri, file: file)
      return .success(try Schema(uri, in: library, options: options))
    } catch { return .failure(error) }
  }
  private func mistake(_ reason: String, at offset: Int, in text: [UInt8], _ file: String) -> SchemaMistake {
    SchemaMistake(file: file, position: TextPosition(of: offset, in: text), pointer: "", reason: reason)
  }
}
