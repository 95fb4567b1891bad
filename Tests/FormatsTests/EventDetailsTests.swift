import Bytes
import Events
import Formats
import Testing

/// What is said of an event besides.
@Suite struct EventDetailsTests {
  @Test func `what is packed is found again, and nothing where nothing was said`() {
    for timeNs in [nil, 0, -1, Int64.max] as [Int64?] {
      for (headers, count) in [("", 0), ("\u{2}a\u{2}b", 1), ("\u{2}a\u{2}b\u{2}c\u{0}", 2)] {
        for schema in ["", "7", "http://s/temps/7"] {
          var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
          // Bytes of an earlier event do not show.
          for _ in 0..<EventDetails.headBytes { region.append(UInt8(0xFF)) }
          region.append(Array(headers.utf8).span.bytes)
          EventDetails(timeNs: timeNs, headerCount: count, headerBytes: headers.utf8.count).store(in: &region)
          region.append(Array(schema.utf8).span.bytes)
          let event = event(region.bytes)
          #expect(event.timeNs == timeNs)
          #expect(event.headerCount == count)
          #expect(text(event.headers) == headers && text(event.schemaName) == schema)
        }
      }
    }
    let nothing: [UInt8] = []
    let event = event(nothing.span.bytes)
    #expect(event.timeNs == nil && event.headerCount == 0)
    #expect(event.headers.byteCount == 0 && event.schemaName.byteCount == 0)
  }

  @_lifetime(copy details)
  private func event(_ details: RawSpan) -> Event {
    let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 1)
    return Event(grant: grant, origin: Origin(), key: details, hasKey: false, payload: details, details: details)
  }
  private func text(_ bytes: RawSpan) -> String { bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
