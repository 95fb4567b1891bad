import Bytes
import Formats
import Testing

@testable import Inspect

@Suite struct FieldPathsTests {
  /// The path of a list that ends where some names lead; a number leads to an element.
  private static func path(_ paths: [String], _ way: [Any]) throws -> Int {
    let fields = try FieldPaths(paths)
    var state = fields.root
    for step in way {
      if let index = step as? Int {
        state = fields.element(index, from: state)
      } else {
        let bytes = Array("\(step)".utf8)
        let hasEscapes = bytes.contains(UInt8(ascii: "\\"))
        let name = JSONString(range: 0..<bytes.count, hasEscapes: hasEscapes)
        state = fields.member(name, of: bytes.span.bytes, from: state)
      }
    }
    return state == 0 ? -1 : fields.path(at: state)
  }

  @Test func `a pointer leads to its value and to no other`() throws {
    let paths = ["/user/email", "/a~1b/~0c", "/x~2", ""]
    #expect(try Self.path(paths, ["user", "email"]) == 0)
    #expect(try Self.path(paths, ["user"]) == -1 && Self.path(paths, ["user", "email", "x"]) == -1)
    #expect(try Self.path(paths, ["a/b", "~c"]) == 1)
    #expect(try Self.path(paths, ["x*"]) == 2 && Self.path(paths, ["xy"]) == -1)
    #expect(try Self.path(paths, []) == 3)
    #expect(try Self.path(["/"], [""]) == 0)
  }

  @Test func `an escaped name is the name that it means`() throws {
    #expect(try Self.path(["/email"], [#"e\u006dail"#]) == 0)
    #expect(try Self.path(["/é"], [#"\u00e9"#]) == 0)
  }

  @Test func `a star is any member and any element, and two are any number of levels`() throws {
    let paths = ["/tags/*/name", "/**/ssn", "/free/**"]
    #expect(try Self.path(paths, ["tags", 0, "name"]) == 0 && Self.path(paths, ["tags", "x", "name"]) == 0)
    #expect(try Self.path(paths, ["tags", "name"]) == -1)
    for way in [["ssn"], ["a", "ssn"], ["a", "b", "ssn"], ["ssn", "ssn"]] { #expect(try Self.path(paths, way) == 1) }
    #expect(try Self.path(paths, ["a", 3, "ssn"]) == 1 && Self.path(paths, ["a", "ssn", "b"]) == -1)
    #expect(try Self.path(paths, ["free"]) == 2 && Self.path(paths, ["free", "x", 1]) == 2)
    #expect(try Self.path(paths, ["free", "ssn"]) == 1, "the first of several counts")
  }

  @Test func `a number is an element or a member of that name`() throws {
    let paths = ["/list/0", "/list/10/a"]
    #expect(try Self.path(paths, ["list", 0]) == 0 && Self.path(paths, ["list", "0"]) == 0)
    #expect(try Self.path(paths, ["list", 1]) == -1 && Self.path(paths, ["list", 10, "a"]) == 1)
    #expect(try Self.path(paths, ["list", 100, "a"]) == -1 && Self.path(paths, ["list", 110, "a"]) == -1)
  }

  @Test func `without paths there is nowhere to go`() throws {
    let fields = try FieldPaths([])
    #expect(fields.root == 0 && fields.count == 0)
  }

  @Test(arguments: [("user", 0), ("/a~", 1), ("/a~3", 1)])
  func `what is no path is named`(path: String, place: Int) {
    let paths = place == 0 ? [path] : ["/fine", path]
    do throws(FieldPathMistake) {
      _ = try FieldPaths(paths)
      Issue.record("\(path) is no path")
    } catch {
      var found = -1
      if case .malformed(let path, _) = error { found = path }
      #expect(found == place)
    }
  }

  @Test func `paths that ask for too many states are refused`() {
    // Each may have begun anywhere: the sets of places double with every one.
    let paths =
      (0..<14).map { "/**/a\($0)/*/*/*/*/*/*/*/*/*/*/*/*/*/*/z\($0)" } + ["/**/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/q"]
    #expect(throws: FieldPathMistake.tooMany) { _ = try FieldPaths(paths) }
  }
}
