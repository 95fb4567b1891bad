internal import Bytes
internal import Formats

/// Equality of values, to the last digit: `enum`, `const` and `uniqueItems`.
///
/// Source: JSON Schema Core 2020-12 §4.2.2.
extension TapeEvaluator {
  /// Whether a value is one of some constants.
  mutating func isAny(_ rule: ConstantRule, _ value: Int, _ context: borrowing Context) -> Bool {
    for index in rule.values.indices {
      guard spend(1) else { return false }
      if isEqual(value, Int(context.program.lists[index]), isConstant: true, context) { return true }
    }
    return false
  }

  /// Whether two values are equal, the second of which may stand on the constants' tape.
  mutating func isEqual(_ left: Int, _ right: Int, isConstant: Bool, _ context: borrowing Context) -> Bool {
    let (mine, other) = (tape[left], isConstant ? context.program.constantTape[right] : tape[right])
    guard mine.kind == other.kind, spend(steps(mine)) else { return false }
    switch mine.kind {
    case .null, .false, .true: return true
    case .string: return isSame(mine.string, other.string, isConstant: isConstant, context)
    case .number:
      let text = isConstant ? context.letters : context.text
      let against = JSONNumber(checked: Int(other.start)..<Int(other.end), of: text)
      return JSONNumber.compare(number(mine, context), in: context.text, to: against, in: text) == 0
    case .array:
      guard mine.count == other.count else { return false }
      var (place, against) = (left + 1, right + 1)
      while place < Int(mine.next) {
        guard isEqual(place, against, isConstant: isConstant, context) else { return false }
        place = Int(tape[place].next)
        against = Int(isConstant ? context.program.constantTape[against].next : tape[against].next)
      }
      return true
    case .object: return mine.count == other.count && hasSameMembers(left, right, isConstant: isConstant, context)
    }
  }
  /// What it costs to look at a value itself.
  private func steps(_ entry: TapeValue) -> Int {
    entry.kind == .string ? 1 + Int(entry.end - entry.start) / Self.bytesPerStep : 1
  }
  private mutating func hasSameMembers(
    _ left: Int,
    _ right: Int,
    isConstant: Bool,
    _ context: borrowing Context
  ) -> Bool {
    var place = left + 1
    while place < Int(tape[left].next) {
      let name = tape[place]
      let member = place + 1
      place = Int(tape[member].next)
      guard !name.isOverruled else { continue }
      guard let other = self.member(name.string, of: right, isConstant: isConstant, context),
        isEqual(member, other, isConstant: isConstant, context)
      else { return false }
    }
    return true
  }
  /// Where the member of that name is in an object.
  private mutating func member(_ name: JSONString, of object: Int, isConstant: Bool, _ context: borrowing Context)
    -> Int?
  {
    let end = Int(isConstant ? context.program.constantTape[object].next : tape[object].next)
    var place = object + 1
    while place < end {
      guard spend(1) else { return nil }
      let entry = isConstant ? context.program.constantTape[place] : tape[place]
      let isFound = !entry.isOverruled && isSame(name, entry.string, isConstant: isConstant, context)
      if isFound { return place + 1 }
      place = Int(isConstant ? context.program.constantTape[place + 1].next : tape[place + 1].next)
    }
    return nil
  }

  /// Whether two strings mean the same, the second of which may be a constant.
  func isSame(_ left: JSONString, _ right: JSONString, isConstant: Bool, _ context: borrowing Context) -> Bool {
    guard isConstant else { return left.isSame(as: right, in: context.text) }
    // Constants are kept as what they mean.
    guard left.hasEscapes else {
      return context.text.extracting(left.range).equals(context.letters.extracting(right.range))
    }
    var meaning = JSONString.Meaning(left)
    var place = right.start
    while let byte = meaning.next(in: context.text) {
      guard place < right.end, context.letters.byte(place) == byte else { return false }
      place += 1
    }
    return place == right.end
  }

  // MARK: Elements that occur twice

  /// Whether an array has two equal elements.
  mutating func hasTwice(_ value: Int, _ context: borrowing Context) -> Bool {
    let count = Int(tape[value].count)
    guard count > 1 else { return false }
    var places = 4
    while places < 2 * count { places *= 2 }
    // A word holds half of a hash and the place of an element.
    let table = reserve(places * 64)
    guard table >= 0 else { return false }
    defer { wordsUsed = table }
    var place = value + 1
    while place < Int(tape[value].next) {
      let hash = hash(place, context)
      var slot = Int(truncatingIfNeeded: hash) & (places - 1)
      while words[table + slot] != 0 {
        let word = words[table + slot]
        let other = Int(truncatingIfNeeded: word & 0xFFFF_FFFF)
        let isAlike = word >> 32 == hash >> 32
        if isAlike, isEqual(place, other, isConstant: false, context) { return true }
        guard spend(1) else { return false }
        slot = (slot + 1) & (places - 1)
      }
      words[table + slot] = (hash & ~0xFFFF_FFFF) | UInt64(place)
      place = Int(tape[place].next)
    }
    return false
  }

  /// Equal for equal values.
  private mutating func hash(_ value: Int, _ context: borrowing Context) -> UInt64 {
    let entry = tape[value]
    var hash = (seed ^ UInt64(entry.kind.rawValue)) &* 0x9E37_79B9_7F4A_7C15
    _ = spend(steps(entry))
    switch entry.kind {
    case .null, .false, .true: break
    case .string: hash ^= UInt64(entry.string.hash(in: context.text)) &* 0xD6E8_FEB8_6659_FD93
    case .number: hash ^= number(entry, context).hash(in: context.text) &* 0xD6E8_FEB8_6659_FD93
    case .array:
      var place = value + 1
      while place < Int(entry.next) {
        hash = (hash ^ self.hash(place, context)) &* 0xD6E8_FEB8_6659_FD93
        hash ^= hash >> 31
        place = Int(tape[place].next)
      }
    case .object:
      // Members come in any order: their hashes are added.
      var place = value + 1
      while place < Int(entry.next) {
        if !tape[place].isOverruled {
          let name = UInt64(tape[place].string.hash(in: context.text)) &* 0xA24B_AED4_963E_E407
          hash = hash &+ (name ^ self.hash(place + 1, context)) &* 0xD6E8_FEB8_6659_FD93
        }
        place = Int(tape[place + 1].next)
      }
    }
    return hash ^ hash >> 32
  }
}
