import Bytes
import Redaction

/// Whatever the bytes, they are a file of keys, which can be changed and read again, or have a mistake with a place.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let text = Array(UnsafeBufferPointer(start: start, count: count))
  do throws(RedactionKeyFileMistake) {
    let file = try RedactionKeyFile(text.span.bytes, file: "f")
    let keys = file.keys(text.span.bytes)
    precondition(keys.keys.map(\.id) == file.entries.map(\.id), "every line is a key")
    precondition(keys.keys.map(\.hasSecret) == file.entries.map(\.hasSecretHere), "a secret is there or is not")
    change(try RedactionKeyEdit(text, file: "f"))
  } catch { check(error, in: text) }
  return 0
}

func check(_ mistake: RedactionKeyFileMistake, in text: [UInt8]) {
  let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  precondition(mistake.file == "f" && 1...lines.count ~= mistake.line, "a mistake names its file and its line")
  precondition(1...(lines[mistake.line - 1].count + 1) ~= mistake.column, "and its column")
  precondition(!mistake.found.isEmpty && !mistake.expected.isEmpty, "it says what is wrong")
  // Names and epochs are the longest words that it repeats.
  let words = mistake.description.utf8.split { !($0 >= 0x30 && $0 <= 0x39) && !($0 >= 0x61 && $0 <= 0x7A) }
  precondition(words.allSatisfy { $0.count <= 16 }, "it quotes nothing that could be a secret")
}

/// Every change leaves a file that can be read, with the keys that it says.
func change(_ edit: RedactionKeyEdit) {
  var edit = edit
  var random = SystemRandomNumberGenerator()
  let made = "2026-01-31T12:00:00Z"
  for (index, entry) in edit.file.entries.enumerated().prefix(4) {
    do throws(RedactionKeyEdit.Refusal) {
      if index % 2 == 0 {
        let fresh = try edit.rotate(entry.id.name, made: made, using: &random)
        precondition(state(of: fresh, edit) == .active && fresh.name == entry.id.name, "a fresh key is the active one")
      }
      _ = try edit.destroy(entry.id)
      precondition(state(of: entry.id, edit) == .destroyed, "a key that was destroyed stays")
    } catch { precondition(error == .isFull || entry.id.epoch == .max, "what is there can be changed") }
  }
  do throws(RedactionKeyEdit.Refusal) {
    guard let name = KeyName("fresh") else { preconditionFailure("a name is one") }
    let fresh = try edit.make(name, .encrypt, made: made, using: &random)
    precondition(state(of: fresh, edit) == .active, "a key that was made is there")
  } catch {
    let isThere = edit.file.entries.contains { "\($0.id.name)" == "fresh" }
    precondition(error == .isFull || isThere, "a key is made where there is room")
  }
}

func state(of id: KeyID, _ edit: RedactionKeyEdit) -> KeyState? {
  do throws(RedactionKeyFileMistake) {
    let again = try RedactionKeyFile(edit.text.span.bytes, file: "f")
    precondition(again == edit.file, "what was written is what is read")
    return again.entries.first { $0.id == id }?.state
  } catch { preconditionFailure("a changed file can be read: \(error)") }
}
