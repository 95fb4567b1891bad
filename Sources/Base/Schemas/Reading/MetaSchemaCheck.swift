internal import Bytes
internal import Formats

/// Asks a meta-schema about a schema: also about the parts that nothing refers to.
enum MetaSchemaCheck {
  private static let standard = "https://json-schema.org/draft/2020-12/schema"
  private static var failuresMax: Int { 20 }

  /// What a schema's meta-schema finds wrong with it; nothing where the library lacks that.
  static func warnings(of root: SchemaLibrary.Place, in library: SchemaLibrary) -> [SchemaMistake] {
    let name = root.value.object?["$schema"]?.string ?? standard
    guard let meta = library.root(name) else { return [] }
    var builder = ProgramBuilder(library, document: meta.document, options: SchemaOptions())
    let program: Stored<Program>
    do throws(SchemaMistake) { program = Stored(try builder.compile(meta)) } catch { return [error] }
    defer {
      program.value.free()
      program.free()
    }
    return withExtendedLifetime(builder.patterns) { failures(of: root, program, builder.assertions, library) }
  }

  private static func failures(
    of root: SchemaLibrary.Place,
    _ program: Stored<Program>,
    _ assertions: [Assertion],
    _ library: SchemaLibrary
  ) -> [SchemaMistake] {
    let text = library.documents[root.document].text
    var marks = JSONMarks(bytesMax: max(text.count, 1), limits: SchemaLibrary.limits)
    var evaluator = TapeEvaluator(bytesMax: max(text.count, 1), depthMax: SchemaLibrary.limits.depthMax, seed: 0)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let bytes = unsafe text.span.bytes
    do throws(JSONFault) {
      var reader = try marks.reader(of: bytes)
      try evaluator.tape.fill(&reader, SchemaLibrary.limits)
    } catch { broken("a schema that was read is JSON") }
    guard !evaluator.run(Context(program, nil, bytes), failuresMax: failuresMax), !evaluator.isExhausted else {
      return []
    }
    var found: [SchemaMistake] = []
    for index in 0..<evaluator.failureCount {
      let failure = evaluator.failures[index]
      let reason = "\(root.dialect.name) says that it \(assertions[Int(failure.assertion)].sentence)"
      let place = root.with(pointer(to: Int(failure.offset), in: root.value), root.value)
      let mistake = library.mistake(reason, at: JSONValue(.null, at: Int(failure.offset)), in: place)
      if !found.contains(mistake) { found.append(mistake) }
    }
    return found
  }

  /// Where the value is that starts at an offset, or holds it in a name.
  private static func pointer(to offset: Int, in root: JSONValue) -> JSONPointer {
    var (pointer, value) = (JSONPointer(), root)
    while value.offset != offset {
      let inner: (part: String, value: JSONValue)?
      switch value.content {
      case .object(let object):
        inner = object.members.first { $0.value.offset <= offset && offset < $0.value.end }.map { ($0.name, $0.value) }
      case .array(let elements):
        inner = elements.firstIndex { $0.offset <= offset && offset < $0.end }.map { ("\($0)", elements[$0]) }
      default: inner = nil
      }
      guard let inner else { break }
      (pointer, value) = (pointer.appending(inner.part), inner.value)
    }
    return pointer
  }
}
