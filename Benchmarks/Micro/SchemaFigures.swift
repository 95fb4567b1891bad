internal import Schemas

/// Compiles so many schemas of so many fields, each as a reload would: from its text, in a library of its own.
public func measureSchemas(_ count: Int, fields: Int) -> Measurement {
  var figure = Measurement("compile-schemas", "measuredCompile")
  let library = SchemaLibrary()
  let texts = (0..<count).map { schemaText($0, fields: fields) }
  for (index, text) in texts.enumerated() {
    figure.add(1) {
      precondition(measuredCompile(text, "registry:///\(index)/1.json", in: library), "a schema compiles")
    }
  }
  return figure
}

@inline(never)
func measuredCompile(_ text: [UInt8], _ uri: String, in library: SchemaLibrary) -> Bool {
  var own = library
  do throws(SchemaMistake) {
    try own.add(text, uri: uri, file: uri)
    _ = try Schema(uri, in: own)
    return true
  } catch { return false }
}

/// A schema as teams write them: fields of all types with bounds, patterns, formats, words, objects and lists.
private func schemaText(_ number: Int, fields: Int) -> [UInt8] {
  let kinds = [
    #"{"type": "string", "minLength": 1, "maxLength": 64}"#,
    #"{"type": "integer", "minimum": 0, "maximum": 4294967295}"#,
    #"{"type": "string", "pattern": "^[a-z]{2}-[0-9A-F]{NUMBER}$"}"#,
    #"{"type": "number", "exclusiveMinimum": -273.15, "multipleOf": 0.01}"#,
    #"{"type": "string", "format": "date-time"}"#,
    #"{"enum": ["created", "paid", "shipped", "returned", NUMBER]}"#,
    #"{"type": ["boolean", "null"]}"#,
    ##"{"$ref": "#/$defs/place"}"##,
    #"{"type": "array", "maxItems": 16, "items": {"type": "string", "format": "uuid"}}"#,
    #"{"type": "string", "format": "ipv4"}"#,
  ]
  let properties = (0..<fields).map { field in
    let kind = kinds[field % kinds.count].replacing("NUMBER", with: "\(1 + (number + field) % 40)")
    return "\"field_\(field)\": \(kind)"
  }
  let required = stride(from: 0, to: fields, by: 3).map { "\"field_\($0)\"" }.joined(separator: ", ")
  let place =
    #"{"type": "object", "required": ["lat", "lon"], "properties": {"lat": {"type": "number", "minimum": -90, "#
    + #""maximum": 90}, "lon": {"type": "number", "minimum": -180, "maximum": 180}}}"#
  let text = """
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://schemas.example/\(number)",
     "type": "object", "additionalProperties": false, "required": [\(required)],
     "$defs": {"place": \(place)},
     "properties": {\(properties.joined(separator: ",\n"))}}
    """
  return Array(text.utf8)
}
