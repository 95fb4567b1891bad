import Testing

@testable import Schemas

/// Keywords that look at a value itself: numbers to the last digit, strings by code points, equality.
///
/// Source: JSON Schema Core 2020-12 §4.2, §6.3; Validation 2020-12 §6.
@Suite struct ValueTests {
  private static let digits = String(repeating: "1234567890", count: 12)

  @Test(arguments: [
    // No number is too large, too small or too long to be told apart from its neighbour.
    Judgement(
      ##"{"maximum":9007199254740993}"##,
      valid: ["9007199254740993", "9007199254740992", "-1e400"],
      invalid: ["9007199254740994", "9007199254740993.0000000001", "1e400"]
    ),
    Judgement("{\"maximum\":\(digits)}", valid: [digits, "\(digits).0"], invalid: ["\(digits).1", "\(digits)e1"]),
    Judgement(
      "{\"exclusiveMinimum\":-\(digits).5}",
      valid: ["-\(digits).4"],
      invalid: ["-\(digits).5", "-\(digits).50"]
    ),
    Judgement("{\"minimum\":1e400}", valid: ["1e400", "10e399", "1e401"], invalid: ["1e399", "0", "-1e999"]),
    Judgement("{\"exclusiveMaximum\":1e-400}", valid: ["0", "1e-401", "-1"], invalid: ["1e-400", "0.1e-399"]),
    Judgement(
      "{\"minimum\":0.1,\"exclusiveMaximum\":0.3}",
      valid: ["0.1", "0.2999999999999999999999", "1e-1"],
      invalid: ["0.3", "0.0999999999999999999999", "0.30"]
    ),
    Judgement(
      "{\"const\":\(digits)}",
      valid: [digits, "\(digits)0e-1"],
      invalid: ["\(digits)0", digits.dropLast() + "1"]
    ),
    // What an integer is does not depend on how it is written.
    Judgement(
      ##"{"type":"integer"}"##,
      valid: ["1", "1.0", "-0", "0.0", "1e400", "12.50e1", "\(digits).000", "0e-5"],
      invalid: ["1.5", "1e-1", "\(digits).5", ##""1""##, "true", "1e-400"]
    ),
    Judgement(##"{"type":"number"}"##, valid: ["1", "1.5", "1e400"], invalid: [##""1""##, "null", "true"]),
    Judgement(##"{"type":["integer","null"]}"##, valid: ["1.0", "null"], invalid: ["1.5", ##""""##]),
    // Multiples are exact too.
    Judgement(##"{"type":"integer","multipleOf":0.5}"##, valid: ["1e308", "1e400", "3.0"], invalid: ["0.5"]),
    Judgement(##"{"multipleOf":0.01}"##, valid: ["0.07", "19.99", "4.35", "1e3", "0"], invalid: ["0.075", "1e-3"]),
    Judgement(##"{"multipleOf":0.0001}"##, valid: ["0.0075"], invalid: ["0.00751"]),
    Judgement(##"{"multipleOf":1e-8}"##, valid: ["12391239123", "1.5"], invalid: ["0.123456789"]),
    Judgement(##"{"multipleOf":0.123456789}"##, valid: ["0", "1.23456789", "-0.246913578"], invalid: ["1e308", "1"]),
    Judgement(
      ##"{"multipleOf":7}"##,
      valid: ["-14", "7.0", "119e0"],
      invalid: ["1", "15"]
    ),
    Judgement(##"{"multipleOf":3e2}"##, valid: ["900", "3e400", "0.3e3"], invalid: ["100", "1e400"]),
  ])
  func `numbers are compared to the last digit`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    Judgement(##"{"const":0}"##, valid: ["0", "0.0", "-0", "0e7"], invalid: ["false", "null", ##""""##, "[]", "{}"]),
    Judgement(##"{"const":false}"##, valid: ["false"], invalid: ["0", "null", "[]", ##""""##]),
    Judgement(##"{"const":null}"##, valid: ["null"], invalid: ["0", "false"]),
    Judgement(##"{"const":1}"##, valid: ["1.0", "10e-1"], invalid: ["true", ##""1""##]),
    Judgement(##"{"const":[false]}"##, valid: ["[false]"], invalid: ["[0]", "[0.0]", "[]", "[false,false]", "false"]),
    Judgement(
      ##"{"const":{"a":0,"b":[1,{"c":null}]}}"##,
      valid: [##"{"b":[1.0,{"c":null}],"a":0}"##],
      invalid: [##"{"a":false,"b":[1,{"c":null}]}"##, ##"{"a":0}"##]
    ),
    Judgement(##"{"const":{"a":1}}"##, valid: [##"{"\u0061":1}"##], invalid: [##"{"a":1,"b":2}"##, ##"{"A":1}"##]),
    Judgement(##"{"const":"a\u0000b"}"##, valid: [##""a\u0000b""##], invalid: [##""ab""##, ##""a""##]),
    // Letters that look the same are different ones.
    Judgement("{\"const\":\"\\u00e9\"}", valid: ["\"é\"", ##""\u00E9""##], invalid: [##""e\u0301""##]),
    Judgement("{\"enum\":[\"\u{212B}\"]}", valid: [##""\u212b""##], invalid: [##""\u00c5""##, ##""A\u030a""##]),
    Judgement(
      ##"{"enum":[1,"1",[1,2],{"a":[]},null]}"##,
      valid: ["1.0", ##""1""##, "[1,2]", ##"{"a":[]}"##, "null"],
      invalid: ["2", "[2,1]", ##"{"a":{}}"##, "true", "[1]", "{}"]
    ),
    Judgement(##"{"enum":[]}"##, invalid: ["null", "1"]),
    Judgement(##"{"enum":["a\/b","\ud83d\ude00"]}"##, valid: [##""a/b""##, "\"😀\""], invalid: [##""a\\/b""##]),
  ])
  func `constants are equal by what they mean`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test func `elements that are equal are not unique`() throws {
    try Judgement(
      ##"{"uniqueItems":true}"##,
      valid: [
        "[]", "[1]", "[1,true]", "[0,false]", "[null,0,false,\"\",[],{}]", "[[1],[true]]", ##"[{"a":1},{"a":2}]"##,
        ##"[{"a":0},{"a":false}]"##, ##"["1",1]"##, "[1,2]", "[[1,2],[2,1]]", ##"["é","e\u0301"]"##, "{}",
        ##"[{"a":1},{"b":1},{"a":1,"b":1}]"##,
      ],
      invalid: [
        "[1,1.0]", "[1,2,100e-2]", ##"[{"a":1,"b":2},{"b":2,"a":1}]"##, ##"["a","\u0061"]"##, "[[1],[1.0]]",
        "[null,null]", ##"[{"a":{"b":[1]}},{"a":{"b":[1e0]}}]"##, "[0,-0]", "[{},{}]", "[[],[]]", "[1e400,10e399]",
      ]
    ).hold()
    try Judgement(##"{"uniqueItems":false}"##, valid: ["[1,1]"]).hold()
    let many = (0..<500).map(String.init).joined(separator: ",")
    try Judgement(##"{"uniqueItems":true}"##, valid: ["[\(many)]"], invalid: ["[\(many),499.0]"]).hold()
  }

  @Test(arguments: [
    Judgement(
      ##"{"minLength":2,"maxLength":2}"##,
      valid: ["\"😀😀\"", ##""\ud83d\ude00a""##, ##""e\u0301""##, ##""\u0000\n""##],
      invalid: ["\"😀\"", ##""\ud83d\ude00""##, ##""\u00e9""##, ##""abc""##, "\"👩‍👩‍👧\""]
    ),
    Judgement(##"{"maxLength":0}"##, valid: [##""""##, "1"], invalid: [##"" ""##]),
    Judgement(
      ##"{"pattern":"^.$"}"##,
      valid: ["\"😀\"", ##""\ud83d\ude00""##, ##""\u0061""##],
      invalid: [##""ab""##, ##""""##]
    ),
    Judgement(##"{"pattern":"a"}"##, valid: [##""bab""##, ##""\u0061""##, "null"], invalid: [##""b""##]),
    Judgement(
      ##"{"patternProperties":{"^\\u0061$":false}}"##,
      valid: [##"{"b":1}"##],
      invalid: [##"{"a":1}"##, ##"{"\u0061":1}"##]
    ),
  ])
  func `strings are counted in code points`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    Judgement(
      ##"{"properties":{"__proto__":{"type":"null"},"constructor":{"type":"null"},"":{"type":"null"},"##
        + ##""a\u0000b":{"type":"null"},"$ref":{"type":"null"}},"required":["toString"]}"##,
      valid: [##"{"toString":1,"__proto__":null,"":null,"a\u0000c":1}"##, "1", "[]"],
      invalid: [
        ##"{}"##, ##"{"toString":1,"__proto__":1}"##, ##"{"toString":1,"":1}"##, ##"{"toString":1,"a\u0000b":1}"##,
        ##"{"toString":1,"$ref":1}"##, ##"{"toString":1,"constructor":1}"##,
      ]
    ),
    Judgement(
      ##"{"properties":{"a\nb":{"type":"null"},"a\"b":{"type":"null"},"a\\b":{"type":"null"},"##
        + ##""a\/b":{"type":"null"}},"additionalProperties":false}"##,
      valid: [##"{"a\u000ab":null,"a\u0022b":null,"a\\b":null,"a/b":null}"##],
      invalid: [##"{"a\u000ab":1}"##, ##"{"a\"b":1}"##, ##"{"a\\b":1}"##, ##"{"a\/b":1}"##, ##"{"anb":null}"##]
    ),
    Judgement(
      ##"{"required":["a","a"],"properties":{"a":{"type":"null"}}}"##,
      valid: [##"{"\u0061":null}"##],
      invalid: [##"{"\u0061":1}"##, "{}"]
    ),
    Judgement("{\"properties\":{\"é\":false}}", valid: [##"{"e\u0301":1}"##], invalid: [##"{"\u00e9":1}"##]),
    // Long names that differ in their middle alone.
    Judgement(
      ##"{"properties":{"abcdefghXijklmnopq":{"type":"null"},"abcdefghYijklmnopq":{"type":"string"}},"##
        + ##""additionalProperties":false}"##,
      valid: [##"{"abcdefghXijklmnopq":null,"abcdefghYijklmnopq":""}"##],
      invalid: [##"{"abcdefghXijklmnopq":""}"##, ##"{"abcdefghZijklmnopq":""}"##]
    ),
  ])
  func `names are told apart by their code points`(_ judgement: Judgement) throws { try judgement.hold() }
}
