import Testing

@testable import Schemas

/// What is said of a schema before events are held to it.
@Suite struct SchemaReviewTests {
  private func review(_ text: String, _ others: [String: String] = [:]) -> SchemaReview {
    SchemaReview(
      Array(text.utf8),
      file: "1.json",
      uri: "file:///schemas/1.json",
      fetch: { others[$0].map { Array($0.utf8) } },
      nearest: { word, known in known.first { $0.lowercased() == word.lowercased() } }
    )
  }

  @Test(arguments: [
    (
      ##"{"propertyNames":true,"additionalproperties":false}"##,
      "1.json:1:46: /additionalproperties: this is no keyword, so that it says nothing; "
        + "is 'additionalProperties' meant?"
    ),
    (##"{"items":{"requried":[]}}"##, "/items/requried: this is no keyword, so that it says nothing"),
    (##"{"format":"DATE"}"##, "/format: no format is called 'DATE', so that every text has it; is 'date' meant?"),
    (##"{"allOf":[{"then":true}]}"##, "/allOf/0/then: it says nothing without 'if'"),
    (##"{"maxContains":1}"##, "/maxContains: it says nothing without 'contains'"),
    (##"{"additionalItems":true}"##, "/additionalItems: it says nothing since 2020-12"),
    // Parts that nothing refers to are looked at too.
    (
      ##"{"$defs":{"a":{"type":"strin"}}}"##,
      "1.json:1:23: /$defs/a/type: 2020-12 says that it fits none of the allowed alternatives"
    ),
    (##"{"$defs":{"a":5}}"##, "/$defs/a: 2020-12 says that it must be true or false or an object"),
    (##"{"title":5}"##, "/title: 2020-12 says that it must be a string"),
    (##"{"required":["a","a"]}"##, "/required: 2020-12 says that it has an element twice"),
  ])
  func `what is probably not meant is a warning`(text: String, expected: String) {
    let review = review(text)
    #expect(review.mistakes.isEmpty && review.schema != nil)
    #expect(review.warnings.count == 1)
    #expect(review.warnings.first?.description.contains(expected) == true, "\(review.warnings)")
  }

  @Test(arguments: [
    "true", ##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"a","$comment":"","x-mine":1}"##,
    ##"{"properties":{"requried":{"format":"date"}},"enum":[{"requried":1}],"default":{"minimun":1}}"##,
    ##"{"$schema":"http://json-schema.org/draft-07/schema#","items":[true],"additionalItems":false}"##,
  ])
  func `what is right has no warnings`(text: String) {
    let review = review(text)
    #expect(review.mistakes.isEmpty && review.warnings.isEmpty, "\(review.mistakes) \(review.warnings)")
  }

  @Test func `a mistake is told, and which tier checks events`() {
    #expect(review("{").mistakes.map(\.description) == ["1.json:1:2: the text ends before its value does"])
    #expect(review("{").schema == nil)
    #expect(review(##"{"type":"string"}"##).schema?.tapeReason == nil)
    #expect(review(##"{"uniqueItems":true}"##).schema?.tapeReason?.description.contains("uniqueItems") == true)
  }

  @Test func `what a schema refers to is fetched, and what that refers to`() {
    let others = [
      "file:///common/a.json": ##"{"items":{"$ref":"b.json#/$defs/c"}}"##,
      "file:///common/b.json": ##"{"$defs":{"c":{}}}"##,
    ]
    let text = ##"{"$ref":"../common/a.json"}"##
    #expect(review(text, others).mistakes.isEmpty)
    let missing = review(text, ["file:///common/a.json": others["file:///common/a.json"]!]).mistakes
    #expect(
      missing.map(\.description) == [
        "file:///common/a.json:1:18: /items/$ref: there is no schema file:///common/b.json#/$defs/c"
      ]
    )
    let broken = review(text, ["file:///common/a.json": "["]).mistakes
    #expect(broken.first?.description.hasPrefix("file:///common/a.json:1:2: ") == true)
  }

  @Test func `what is right in draft 7 alone is a mistake that says so`() {
    let text = ##"{"items":[{"type":"string"}],"additionalItems":false}"##
    let found = review(text)
    #expect(found.isOfDraft7 && found.schema != nil && found.mistakes.count == 1)
    let hint = "/items: a schema is an object, true or false, not an array; it is a schema of draft 7 only: say so with"
    #expect(found.mistakes.first?.description.contains(hint) == true, "\(found.mistakes)")
    #expect(!review(##"{"items":[{"type":"strin"}]}"##).isOfDraft7)
    #expect(!review(##"{"$schema":"https://json-schema.org/draft/2020-12/schema","items":[]}"##).isOfDraft7)
    #expect(!review("{").isOfDraft7)
  }

  @Test func `of many warnings the first hundred are told`() {
    let members = (0..<300).map { "\"k\($0)\":1" }.joined(separator: ",")
    #expect(review("{\(members)}").warnings.count == 100)
  }
}
