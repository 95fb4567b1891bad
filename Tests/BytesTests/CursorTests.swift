import Bytes
import Testing

@Suite struct CursorTests {
  @Test func `a read advances past what it returned, or not at all`() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
    var cursor = Cursor(bytes.span.bytes)
    let first = cursor.integer(UInt16.self)
    #expect(first == 0x0102 && cursor.position == 2)
    let tooLong = cursor.integer(UInt64.self)
    #expect(tooLong == nil && cursor.position == 2)
    let second = cursor.integer(UInt32.self)
    #expect(second == 0x0304_0506 && cursor.remaining == 1)
    let two = cursor.take(2)?.byteCount
    #expect(two == nil && cursor.remaining == 1)
    let nothing = cursor.take(0)?.byteCount
    #expect(nothing == 0)
    let last = cursor.take(1)?.byte(0)
    #expect(last == 7 && cursor.remaining == 0)
    let end = cursor.integer(UInt8.self)
    #expect(end == nil)
    cursor.position = 6
    let again = cursor.integer(Int8.self)
    #expect(again == 7)
  }

  @Test func `a varint that is cut or too long is none, and nothing is consumed`() {
    let longest: [UInt8] = [UInt8](repeating: 0xFF, count: 9) + [1]
    for count in 0..<longest.count {
      let cut = Array(longest[..<count])
      var cursor = Cursor(cut.span.bytes)
      let value = cursor.varint()
      #expect(value == nil && cursor.position == 0)
    }
    var whole = Cursor(longest.span.bytes)
    let value = whole.varint()
    #expect(value == .min && whole.remaining == 0)
    let eleven: [UInt8] = [UInt8](repeating: 0x80, count: 10) + [0]
    var long = Cursor(eleven.span.bytes)
    let none = long.varint()
    #expect(none == nil && long.position == 0)
  }

  @Test func `a byte is found wherever it is, and only there`() {
    let bytes = Array("a,bc,,d".utf8)
    let places = [0, 1, 2, 6, 7].map { bytes.span.bytes.first(0x2C, from: $0) }
    #expect(places == [1, 1, 4, nil, nil])
    let within = [0, 1, 2].map { bytes.span.bytes.extracting(0..<$0).first(0x2C) }
    #expect(within == [nil, nil, 1])
  }

  @Test func `bytes are compared by what they are, text in any case`() {
    let (one, two, other) = (Array("Content-Length".utf8), Array("content-length".utf8), Array("content-lengthy".utf8))
    let brackets: [UInt8] = [0x40, 0x5B]
    let holds = [
      one.span.bytes.equals(lowercase: "content-length"),
      two.span.bytes.equals(lowercase: "content-length"),
      other.span.bytes.starts(withLowercase: "content-length"),
      two.span.bytes.equals(other.span.bytes.extracting(0..<14)),
      one.span.bytes.extracting(0..<0).equals(two.span.bytes.extracting(3..<3)),
    ]
    #expect(holds == [true, true, true, true, true])
    let fails = [
      other.span.bytes.equals(lowercase: "content-length"),
      one.span.bytes.starts(withLowercase: "content-length "),
      one.span.bytes.equals(two.span.bytes),
      brackets.span.bytes.equals(lowercase: "`{"),
    ]
    #expect(fails == [false, false, false, false])
  }

  @Test func `reads outside stop the process`() async {
    await #expect(processExitsWith: .failure) {
      let bytes: [UInt8] = [1, 2, 3]
      _ = bytes.span.bytes.byte(3)
    }
    await #expect(processExitsWith: .failure) {
      let bytes: [UInt8] = [1, 2, 3]
      _ = bytes.span.bytes.integer(UInt32.self, at: 0)
    }
    await #expect(processExitsWith: .failure) {
      let bytes: [UInt8] = [1, 2, 3]
      _ = bytes.span.bytes.integer(UInt16.self, at: -1)
    }
    await #expect(processExitsWith: .failure) {
      let bytes: [UInt8] = [1, 2, 3]
      var cursor = Cursor(bytes.span.bytes)
      cursor.position = 4
    }
  }
}
