/// A parsed pattern.
///
/// Source: ECMA-262 (11th edition, 2020) §21.2.1, with the flag `u` and nothing of its Annex B.
struct PatternTree: Sendable {
  let root: PatternNode
  /// The group that each reference means, in the order in which the references stand.
  let references: [Reference]

  struct Reference: Sendable {
    let group: Int
    let offset: Int
  }
}

/// One part of a pattern.
indirect enum PatternNode: Sendable {
  case empty
  case scalar(UInt32)
  case oneOf(ScalarClass)
  case sequence([PatternNode])
  case choice([PatternNode])
  /// A capturing group, numbered from 1.
  case group(PatternNode, number: Int)
  case `repeat`(PatternNode, Repetition)
  case start
  case end
  case wordBoundary(isNegated: Bool)
  case look(PatternNode, Look)
  /// An index into `PatternTree.references`.
  case reference(Int)

  struct Repetition: Sendable {
    let minimum: Int
    /// `Int.max` where there is none.
    let maximum: Int
    let isLazy: Bool
    let offset: Int

    init(_ minimum: Int, _ maximum: Int, isLazy: Bool, at offset: Int) {
      self.minimum = minimum
      self.maximum = maximum
      self.isLazy = isLazy
      self.offset = offset
    }
  }
  struct Look: Sendable {
    let isBehind: Bool
    let isNegated: Bool
    let offset: Int
  }
}

/// What one character may be.
struct ScalarClass: Hashable, Sendable {
  /// Members by number; where there are no properties, this is all and `isNegated` is `false`.
  let set: ScalarSet
  let properties: [UnicodeProperty]
  let isNegated: Bool

  init(_ set: ScalarSet) {
    self.set = set
    properties = []
    isNegated = false
  }
  init(_ set: ScalarSet, _ properties: [UnicodeProperty], isNegated: Bool) {
    self.set = isNegated && properties.isEmpty ? set.complement : set
    self.properties = properties
    self.isNegated = isNegated && !properties.isEmpty
  }

  var isPlain: Bool { properties.isEmpty }
}

extension PatternNode {
  /// Whether it is a character or a class, which a quantifier may follow as it is.
  var isOneCharacter: Bool {
    switch self {
    case .scalar, .oneOf: true
    default: false
    }
  }

  /// The only set of a node that matches exactly one character, when no property is in it.
  var plainSet: ScalarSet? {
    switch self {
    case .scalar(let value): ScalarSet([value...value])
    case .oneOf(let members): members.isPlain ? members.set : nil
    case .group(let inner, _): inner.plainSet
    case .sequence(let parts): parts.count == 1 ? parts[0].plainSet : nil
    default: nil
    }
  }
}
