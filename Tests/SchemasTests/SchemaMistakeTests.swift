import Schemas
import Testing

/// What is wrong with a schema is told with its place.
@Suite struct SchemaMistakeTests {
  private func mistake(_ text: String) -> String? {
    var library = SchemaLibrary()
    do throws(SchemaMistake) {
      try library.add(Array(text.utf8), uri: "registry:///t/1.json", file: "1.json")
      _ = try Schema("registry:///t/1.json", in: library)
      return nil
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    ("{", "1.json:1:2: the text ends before its value does"),
    ("[]", "1.json:1:1: a schema is an object, true or false, not an array"),
    (
      ##"{"type":"strin"}"##,
      "/type: 'strin' is no type; expected array, boolean, integer, null, number, object or string"
    ),
    (##"{"minimum":"1"}"##, "1.json:1:12: /minimum: a number was expected, not a string"),
    (##"{"multipleOf":0}"##, "/multipleOf: a number above 0 with at most 37 digits was expected"),
    (##"{"maxLength":-1}"##, "/maxLength: a count was expected, not -1"),
    (##"{"maxLength":1.5}"##, "/maxLength: a count was expected, not 1.5"),
    (##"{"pattern":"("}"##, "/pattern: this is no pattern:"),
    (
      ##"{"properties":{"a":{"patternProperties":{"[":true}}}}"##,
      "/properties/a/patternProperties: this is no pattern:"
    ),
    (##"{"$ref":"#/$defs/a"}"##, "/$ref: there is no schema registry:///t/1.json#/$defs/a"),
    (##"{"$ref":"2.json"}"##, "/$ref: there is no schema registry:///t/2.json"),
    (##"{"required":"a"}"##, "/required: a list of names was expected, not a string"),
    (##"{"required":[1]}"##, "/required: a name was expected, not a number"),
    (##"{"allOf":[]}"##, "/allOf: a list of schemas was expected"),
    (##"{"properties":[]}"##, "/properties: an object was expected, not an array"),
    (##"{"$anchor":"1"}"##, "/$anchor: an anchor is a name of letters, digits and `-._`"),
    (##"{"$id":"a#b"}"##, "/$id: a schema's URI has no fragment; see $anchor"),
    (##"{"$schema":"http://example.com/mine"}"##, "/$schema: no meta-schema is known by this URI"),
    (##"{"$ref":"#"}"##, "this schema refers to itself without end"),
    (##"{"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#"}]}}}"##, "refers to itself without end"),
  ])
  func `a mistake is told with its place and reason`(text: String, expected: String) {
    let found = mistake(text)
    #expect(found?.contains(expected) == true, "\(found ?? "nothing was wrong")")
  }

  @Test(arguments: [
    ##"{"properties":{"a":{"$ref":"#"}}}"##, ##"{"items":{"anyOf":[{"$ref":"#"},true]}}"##, "true", "{}",
    ##"{"type":"object","unknown":{"$ref":"#/nowhere"}}"##, ##"{"enum":[]}"##, ##"{"const":null}"##,
  ])
  func `what is right is compiled`(text: String) { #expect(mistake(text) == nil) }

  @Test func `references a thousand deep are followed or refused, never overflow`() {
    var definitions: [String] = []
    for index in 0..<5000 { definitions.append(##""d\##(index)":{"$ref":"#/$defs/d\##(index + 1)"}"##) }
    let text = ##"{"$ref":"#/$defs/d0","$defs":{\##(definitions.joined(separator: ",")),"d5000":true}}"##
    #expect(mistake(text)?.contains("schemas are nested too deep") == true)
  }
}
