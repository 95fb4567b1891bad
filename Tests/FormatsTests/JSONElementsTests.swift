import Bytes
import Formats
import Testing

/// Arrays taken apart in place.
@Suite struct JSONElementsTests {
  /// The elements of a text; `nil` when it is no array.
  private func elements(of text: String, limits: JSONLimits = JSONLimits()) -> [String]? {
    let bytes = Array(text.utf8)
    var marks = JSONMarks(bytesMax: max(bytes.count, 1), limits: limits)
    do throws(JSONFault) {
      var elements = try marks.elements(of: bytes.span.bytes)
      var found: [String] = []
      while !elements.isAtEnd { found.append(String(decoding: bytes[elements.next()], as: UTF8.self)) }
      return found
    } catch {
      return nil
    }
  }

  @Test(arguments: [
    ("[]", []), (" [ ] ", []), ("[1]", ["1"]), ("[ 1 , 2 ]", ["1", "2"]), ("\t[\n\"a\"\r\n]\n", ["\"a\""]),
    ("[[],{},[[1,2],3]]", ["[]", "{}", "[[1,2],3]"]), (#"["]","\",\"","[{"]"#, [#""]""#, #""\",\"""#, #""[{""#]),
    (#"[{"a":[1,{"b":"c"}]},true,null,-1.5e3]"#, [#"{"a":[1,{"b":"c"}]}"#, "true", "null", "-1.5e3"]),
    (#"[{"a":1,"a":2}]"#, [#"{"a":1,"a":2}"#]), (#"[ {"a" : 1 } , 2 ]"#, [#"{"a" : 1 }"#, "2"]),
  ])
  func `elements are told apart without the blanks around them`(text: String, expected: [String]) {
    #expect(elements(of: text) == expected)
  }

  @Test(arguments: [
    "", " ", "{}", "1", "\"[]\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "[1] 2", "[[1]", "[{]}", "[}",
    #"[{"a"}]"#, #"[{"a":}]"#, #"[{"a":1,}]"#, #"[{1:2}]"#, "[01]", "[tru]", #"["\x"]"#, "[\"\u{1}\"]", #"["a]"#,
    "[1:2]", #"[{"a":1]"#, "[\"a\"\"b\"]", "[1}",
  ])
  func `what is no array gives no elements`(text: String) { #expect(elements(of: text) == nil, "\(text)") }

  @Test func `an array is as deep as the limit says, and not one deeper`() {
    var limits = JSONLimits()
    for depth in [1, 2, 64, 127, 128] {
      limits.depthMax = depth
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(elements(of: text, limits: limits)?.count == (depth == 1 ? 0 : 1))
      #expect(elements(of: "[\(text)]", limits: limits) == nil)
      let objects = String(repeating: #"{"a":"#, count: depth - 1) + "1" + String(repeating: "}", count: depth - 1)
      #expect(elements(of: "[\(objects)]", limits: limits) == [objects])
    }
  }

  @Test func `one pass takes what the scanner takes`() {
    // Every text of up to six tokens out of these.
    let tokens = ["[", "]", "{", "}", ",", "\"a\":", "1", " "]
    var limits = JSONLimits()
    limits.allowsDuplicateNames = true
    var scanner = JSONScanner(bytesMax: 64, limits: limits)
    var marks = JSONMarks(bytesMax: 64, limits: limits)
    var texts = [""]
    for _ in 0..<5 { texts = texts.flatMap { text in tokens.map { text + $0 } } }
    var right = 0
    for text in texts {
      let bytes = Array(text.utf8)
      var (first, second): (JSONFault?, JSONFault?)
      do throws(JSONFault) { try scanner.check(bytes.span.bytes) } catch { first = error }
      do throws(JSONFault) { _ = try marks.checked(bytes.span.bytes) } catch { second = error }
      if first != second { Issue.record("\(text): \(String(describing: first)), \(String(describing: second))") }
      if first == nil { right += 1 }
    }
    #expect(right > 50)
  }

  @Test func `who stops at an element goes on from there`() {
    let bytes = Array(#" [ {"a":"]"} , [2,3] ,"x" , 4 ] "#.utf8)
    var marks = JSONMarks(bytesMax: 100)
    let whole = elements(of: String(decoding: bytes, as: UTF8.self)) ?? []
    for stop in 0..<whole.count {
      var found: [String] = []
      var base = 0
      do throws(JSONFault) {
        var elements = try marks.elements(of: bytes.span.bytes)
        for _ in 0..<stop { found.append(String(decoding: bytes[elements.next()], as: UTF8.self)) }
        base = elements.offset
      } catch { Issue.record("\(error)") }
      var elements = marks.elements(from: bytes.span.bytes.extracting(base..<bytes.count))
      while !elements.isAtEnd {
        let range = elements.next()
        found.append(String(decoding: bytes[base + range.lowerBound..<base + range.upperBound], as: UTF8.self))
      }
      #expect(found == whole)
    }
  }

  @Test func `a string is written as it means`() {
    let text = Array(#"["a\u0062\/\n\"\ud83d\ude00é","plain"]"#.utf8)
    var marks = JSONMarks(bytesMax: 100)
    for room in [10, 11, 64] {
      var region = Region(id: RegionID(rawValue: 0), byteCount: room)
      do throws(JSONFault) {
        let elements = try marks.elements(of: text.span.bytes)
        var reader = elements.reader
        let (first, second) = (
          try reader.readString(),
          { () throws(JSONFault) in
            reader.step()
            return try reader.readString()
          }
        )
        let fits = first.write(into: &region, from: text.span.bytes)
        #expect(fits == (room > 10))
        #expect(first.isSame(as: "plain", in: text.span.bytes) == false)
        let plain = try second()
        #expect(plain.isSame(as: "plain", in: text.span.bytes) && !plain.isSame(as: "plai", in: text.span.bytes))
        guard fits else { continue }
        let written = region.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(written == "ab/\n\"😀é")
      } catch { Issue.record("\(error)") }
    }
  }
}
