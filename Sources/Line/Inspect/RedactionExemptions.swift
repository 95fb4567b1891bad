internal import Bytes
public import Events
internal import Formats
internal import Redaction

/// Where an event is redacted already, because its topic's plan went through it before.
///
/// It holds for one event at a time, and only as long as the topic has the very plan that went through it: of another
/// one nobody can say what it left. What the list does not name is redacted again, which hides more, never less.
struct RedactionExemptions {
  /// Whether the plan went through the event before: what it made tokens of in key and headers are tokens now.
  private(set) var isSamePlan = false
  /// Whether any value is left alone.
  private(set) var isOn = false
  private var paths: [[UInt8]] = []

  /// Leaves alone what stands at these places: the text of a JSON array of JSON Pointers, as quarantine has it.
  ///
  /// A text that is no such array names no place.
  mutating func begin(_ list: RawSpan) {
    paths.removeAll(keepingCapacity: true)
    (isSamePlan, isOn) = (true, false)
    guard list.byteCount > 0 else { return }
    var text: [UInt8] = []
    for place in 0..<list.byteCount { text.append(list.byte(place)) }
    do throws(JSONFault) {
      for element in try JSONValue(text).array ?? [] {
        guard let path = element.string else { continue }
        paths.append(Array(path.utf8))
      }
    } catch { paths.removeAll() }
    isOn = !paths.isEmpty
  }
  /// Leaves nothing alone any more.
  mutating func end() { (isSamePlan, isOn) = (false, false) }

  /// Whether a value at a path is left alone.
  func holds(_ path: borrowing Region) -> Bool {
    for known in paths where Self.isSame(known, as: path.bytes) { return true }
    return false
  }
  private static func isSame(_ path: [UInt8], as bytes: RawSpan) -> Bool {
    guard bytes.byteCount == path.count else { return false }
    for place in path.indices where bytes.byte(place) != path[place] { return false }
    return true
  }
}

extension Inspector {
  /// Leaves alone in the next event what a plan has redacted in it, if that is its topic's plan still.
  ///
  /// - Parameters:
  ///   - paths: where: the text of a JSON array of JSON Pointers with `*` for numbers of elements.
  ///   - plan: the version of the plan that went through it; 0 for none.
  ///   - topic: where the event goes.
  public mutating func exempt(_ paths: RawSpan, redactedBy plan: UInt32, of topic: TopicID) {
    guard plan != 0, redacts(topic), planVersion(of: topic) == plan else { return }
    redactor?.exemptions.begin(paths)
  }
  /// Redacts again whatever comes.
  public mutating func endExemption() { redactor?.exemptions.end() }
}

extension Redactor {
  /// Whether the value that is read was redacted before.
  ///
  /// Cost: a load where nothing is exempt.
  @inline(__always) mutating func isExempt(in bytes: RawSpan) -> Bool { exemptions.isOn && holdsPath(in: bytes) }
  @inline(never) private mutating func holdsPath(in bytes: RawSpan) -> Bool {
    writePath(in: bytes)
    return exemptions.holds(path)
  }
  /// Whether what was found in the value that is read is what the plan wrote there.
  ///
  /// A token looks like what it stands for.
  @inline(__always) mutating func isToken(_ rule: RedactionPlan.Rule, in bytes: RawSpan) -> Bool {
    exemptions.isOn && rule.operation.purpose == .tokenize && holdsPath(in: bytes)
  }
}
