import Schemas
import Testing

@Suite struct KeywordTests {
  @Test func `keywords are named as schemas write them`() {
    #expect(Keyword.enum.name == "enum")
    #expect(Keyword.dynamicRef.name == "$dynamicRef")
    #expect(Set(Keyword.allCases.map(\.name)).count == Keyword.allCases.count)
  }
}
