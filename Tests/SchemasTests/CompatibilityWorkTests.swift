import Formats
import Testing

@testable import Schemas

/// Which versions are asked, and how much work that may be.
@Suite struct CompatibilityWorkTests {
  private func schema(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }

  @Test func `modes ask the versions that they are about`() throws {
    let versions = try [#"{"type":"integer"}"#, #"{"type":"number"}"#, #"{"type":["number","null"]}"#].map(schema)
    func found(_ mode: CompatibilityMode) throws -> [String] {
      try CompatibilityCheck.incompatibilities(
        of: versions[1],
        with: [("1", versions[0]), ("2", versions[2])],
        mode: mode
      ).map { "\($0.direction) \($0.version ?? "")" }
    }
    #expect(try found(.backward) == ["backward 2"])
    #expect(try found(.forward) == [])
    #expect(try found(.full) == ["backward 2"])
    #expect(try found(.backwardTransitive) == ["backward 2"])
    #expect(try found(.forwardTransitive) == ["forward 1"])
    #expect(try found(.fullTransitive) == ["forward 1", "backward 2"])
    #expect(try found(.none) == [])
    #expect(try CompatibilityCheck.incompatibilities(of: versions[0], with: [], mode: .fullTransitive) == [])
  }

  @Test func `what is below a circle is found though the circle was taken to be right`() throws {
    func circle(_ type: String, _ more: String) -> String {
      """
      {"$ref": "#/$defs/a", \(more) "$defs": {
        "a": {"properties": {"b": {"$ref": "#/$defs/b"}, "x": {"type": "\(type)"}}},
        "b": {"properties": {"a": {"$ref": "#/$defs/a"}}}}}
      """
    }
    let alternatives = ##""anyOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/a"}],"##
    let found = try CompatibilityCheck.incompatibilities(
      of: schema(circle("string", alternatives)),
      with: [("1", schema(circle("integer", "")))],
      mode: .backward
    )
    #expect(found.map(\.path) == ["#/anyOf", "#/$defs/a/properties/x/type"])
  }

  /// Alternatives in alternatives, no two of which are compared twice.
  private func nested(_ depth: Int, _ leaf: String) -> String {
    if depth == 0 { return #"{"type":"\#(leaf)"}"# }
    let parts = (0..<3).map { #"{"properties":{"p\#($0)":\#(nested(depth - 1, leaf))}}"# }
    return #"{"anyOf":[\#(parts.joined(separator: ","))]}"#
  }

  @Test func `too much work ends in an answer of its own`() throws {
    let (new, old) = (try schema(nested(5, "integer")), try schema(nested(5, "string")))
    #expect(throws: CompatibilityCheck.GaveUp(version: "7", comparisons: 500)) {
      try CompatibilityCheck.incompatibilities(of: new, with: [("7", old)], mode: .backward, comparisonsMax: 500)
    }
  }

  @Test func `the work for plain schemas grows with their size`() throws {
    func wide(_ count: Int) throws -> JSONValue {
      let properties = (0..<count).map { #""p\#($0)":{"type":"object","properties":{"v":{"type":"string"}}}"# }
      return try schema(#"{"type":"object","properties":{\#(properties.joined(separator: ","))}}"#)
    }
    let wide = try wide(1000)
    #expect(
      try CompatibilityCheck.incompatibilities(
        of: wide,
        with: [("1", wide)],
        mode: .backward,
        comparisonsMax: 2001
      ) == []
    )
    #expect(throws: CompatibilityCheck.GaveUp.self) {
      try CompatibilityCheck.incompatibilities(of: wide, with: [("1", wide)], mode: .backward, comparisonsMax: 2000)
    }
  }

  @Test func `a chain of references that is too long for the stack is given up`() throws {
    func chain(_ length: Int, _ type: String) throws -> JSONValue {
      let links = (0..<length).map { ##""d\##($0)":{"properties":{"n":{"$ref":"#/$defs/d\##($0 + 1)"}}}"## }
      let end = #""d\#(length)":{"type":"\#(type)"}"#
      return try schema(##"{"$ref":"#/$defs/d0","$defs":{\##((links + [end]).joined(separator: ","))}}"##)
    }
    let found = try CompatibilityCheck.incompatibilities(
      of: chain(290, "string"),
      with: [("1", chain(290, "null"))],
      mode: .backward
    )
    #expect(found.map(\.path) == ["#/$defs/d290/type"])
    #expect(throws: CompatibilityCheck.GaveUp.self) {
      try CompatibilityCheck.incompatibilities(
        of: chain(310, "string"),
        with: [("1", chain(310, "null"))],
        mode: .backward
      )
    }
  }

  @Test func `each alternative finds a partner of its own where there are enough`() {
    #expect(PairMatching.count([[true, true], [true, false]], others: 2) == 2)
    #expect(PairMatching.count([[true, false], [true, false]], others: 2) == 1)
    #expect(PairMatching.count([[true, true, false], [true, false, true], [true, false, false]], others: 3) == 3)
    #expect(PairMatching.count([], others: 2) == 0)
    #expect(PairMatching.count([[], []], others: 0) == 0)
  }

  @Test func `exact numbers keep all digits`() {
    let order = [
      "-1e400", "-12.5", "-1", "-0.3e-5", "0", "0.0001e3", "0.2", "1", "9007199254740992", "9007199254740993",
    ]
    for (index, left) in order.enumerated() {
      for (other, right) in order.enumerated() {
        let compared = ExactDecimal(left).compared(to: ExactDecimal(right))
        #expect(compared.signum() == (index - other).signum(), "\(left) \(right)")
      }
    }
    #expect(ExactDecimal("-0.0e5") == ExactDecimal("0"))
    #expect(ExactDecimal("1.50E+2") == ExactDecimal("150"))
    #expect(ExactDecimal("150e-1").isInteger && !ExactDecimal("155e-1").isInteger && ExactDecimal("0").isInteger)
    #expect(ExactDecimal("1e99999999999999999999").compared(to: ExactDecimal("1e5")) > 0)
    #expect(ExactDecimal("0.3").isMultiple(of: ExactDecimal("0.1")) == true)
    #expect(ExactDecimal("1e300").isMultiple(of: ExactDecimal("1024")) == true)
    #expect(ExactDecimal("7").isMultiple(of: ExactDecimal("2")) == false)
    #expect(ExactDecimal("7").isMultiple(of: ExactDecimal("0")) == nil)
  }
}
