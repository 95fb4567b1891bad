import Testing

@testable import Formats

/// JSON texts as trees.
@Suite struct JSONValueTests {
  private func value(_ text: String) throws(JSONFault) -> JSONValue { try JSONValue(Array(text.utf8)) }

  @Test func `a tree holds what its text says`() throws {
    let tree = try value(#" {"a": [1.50, "x\n\u00e9\ud83d\ude00", null, true], "b": {}} "#)
    let object = try #require(tree.object)
    #expect(tree.offset == 1)
    #expect(object.names == ["a", "b"])
    let elements = try #require(object["a"]?.array)
    #expect(elements[0].number == "1.50")
    #expect(elements[0].offset == 8)
    #expect(elements[1].string == "x\né😀")
    #expect(elements[3].bool == true)
    #expect(object["b"]?.object?.members.isEmpty == true)
    #expect(object["c"] == nil)
  }
  @Test func `names that only look the same differ`() throws {
    let object = try #require(try value(#"{"\u00e9": 1, "e\u0301": 2}"#).object)
    #expect(object["\u{e9}"]?.number == "1")
    #expect(object["e\u{301}"]?.number == "2")
  }
  @Test func `what is no JSON is refused with its place`() {
    #expect(throws: JSONFault(.noValue, at: 1)) { try value("[,]") }
    #expect(throws: JSONFault(.duplicateName, at: 7)) { try value(#"{"a":1,"a":2}"#) }
  }
  @Test func `positions count lines and code points`() {
    let text = Array("{\n  \"é\": x}".utf8)
    #expect(TextPosition(of: 0, in: text) == TextPosition(of: 0, in: []))
    let position = TextPosition(of: 10, in: text)
    #expect(position.line == 2)
    #expect(position.column == 8)
  }
}
