import Bytes
import Decode
import Events
import Testing

/// A frame, as a device would make it.
func frame(_ kind: UInt8, flags: UInt8 = 0, alias: UInt16 = 0, request: UInt32 = 0, _ rest: [UInt8] = []) -> [UInt8] {
  big(UInt32(8 + rest.count)) + [kind, flags] + big(alias) + big(request) + rest
}
func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
func hello(_ key: String = "", request: UInt32 = 0) -> [UInt8] { frame(1, request: request, [1] + Array(key.utf8)) }
func bind(_ alias: UInt16, _ topic: String, request: UInt32 = 0) -> [UInt8] {
  frame(2, alias: alias, request: request, Array(topic.utf8))
}
func event(_ request: UInt32, _ payload: String, alias: UInt16 = 1) -> [UInt8] {
  frame(3, alias: alias, request: request, Array(payload.utf8))
}

struct FrameAnswer: Equatable {
  var kind: UInt8
  var alias: UInt16
  var request: UInt32
  var rest: [UInt8]
}
func frames(_ replies: [UInt8]) -> [FrameAnswer] {
  var found: [FrameAnswer] = []
  var rest = replies[...]
  func number(_ slice: ArraySlice<UInt8>) -> Int { slice.reduce(0) { $0 << 8 | Int($1) } }
  while rest.count >= 12 {
    let length = number(rest.prefix(4))
    let head = rest.dropFirst(4)
    guard rest.count >= 4 + length else { break }
    let kind = head[head.startIndex]
    let alias = UInt16(number(head.dropFirst(2).prefix(2)))
    let request = UInt32(number(head.dropFirst(4).prefix(4)))
    found.append(FrameAnswer(kind: kind, alias: alias, request: request, rest: Array(head.dropFirst(8).prefix(length - 8))))
    rest = rest.dropFirst(4 + length)
  }
  #expect(rest.isEmpty, "answers are whole frames")
  return found
}
/// Kind, request and count of each answer.
func outline(_ replies: [UInt8]) -> [[UInt32]] {
  frames(replies).map { answer in
    switch answer.kind {
    case 0x83, 0x85: [UInt32(answer.kind), answer.request, answer.rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }]
    default: [UInt32(answer.kind), answer.request]
    }
  }
}

struct FramedTests {
  @Test func `events of one buffer share one answer`() {
    var line = Line<FramedFront>()
    line.receive(hello(request: 1) + bind(1, "doors", request: 2) + event(3, "a") + event(4, "b") + event(5, "c"))
    let taken = line.consumer.taken
    #expect(taken.map(\.text) == ["a", "b", "c"])
    #expect(taken.allSatisfy { $0.topic == 1 })
    #expect(outline(line.replies) == [[0x81, 1], [0x82, 2], [0x83, 5, 3]])
  }
}
