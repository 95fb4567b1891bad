import Settings

/// Whatever the bytes, the file is read or refused with mistakes that have a place and print.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do throws(SettingsMistakes) {
    let settings = try NodeSettings.read(bytes, file: "f")
    precondition(!settings.topics.isEmpty && !settings.listeners.isEmpty && settings.difference(from: settings).isEmpty)
  } catch {
    precondition(!error.all.isEmpty && error.all.count <= 100)
    for mistake in error.all { precondition(mistake.line > 0 && mistake.column > 0 && !mistake.description.isEmpty) }
  }
  return 0
}
