import Bytes
import Events
import Testing

@testable import Gate

@Suite struct TopicDirectoryTests {
  private func find(_ directory: TopicDirectory, _ name: String) -> TopicID? {
    let bytes = Array(name.utf8)
    return directory.id(of: bytes.span.bytes)
  }

  @Test func `every topic is found by its name and no other name is`() {
    let names = (0..<1000).map { "topic-\($0)" }
    let directory = TopicDirectory(topics(names, from: 5), seed: (1, 2))
    for (index, name) in names.enumerated() {
      let id = TopicID(rawValue: UInt16(index + 5))
      #expect(find(directory, name) == id)
      #expect(directory.name(of: id) == name)
    }
    for name in ["", "topic-", "topic-1000", "Topic-1", "topic-1 ", "topic-01", String(repeating: "t", count: 300)] {
      #expect(find(directory, name) == nil, "\(name)")
    }
    #expect(directory.all.count == 1000)
  }

  @Test func `numbers may have gaps`() {
    let topics = [
      Topic(id: TopicID(rawValue: 7), name: "a", eventBytesMax: 70), Topic(id: TopicID(rawValue: 2), name: "b"),
    ]
    let directory = TopicDirectory(topics, seed: (1, 2))
    #expect(find(directory, "a")?.rawValue == 7 && find(directory, "b")?.rawValue == 2)
    #expect(directory.name(of: TopicID(rawValue: 3)) == nil && directory.name(of: TopicID(rawValue: 8)) == nil)
    #expect(directory.eventBytesMax(of: TopicID(rawValue: 7)) == 70)
    #expect(directory.eventBytesMax(of: TopicID(rawValue: 3)) == 0)
    #expect(directory.eventBytesMax(of: TopicID(rawValue: 900)) == 0)
    #expect(directory.all.map(\.name) == ["b", "a"])
  }

  @Test func `a directory may be empty`() {
    #expect(find(TopicDirectory([], seed: (0, 0)), "a") == nil)
  }

  @Test func `the longest name is found`() {
    let name = String(repeating: "x", count: 249)
    #expect(find(TopicDirectory(topics([name]), seed: (8, 9)), name)?.rawValue == 0)
  }
}
