import Bytes
import Decode
import Events
import Testing

struct HTTPRequestTests {
  @Test func `a JSON event is taken in place and its receipt says where it went`() {
    var line = Line<HTTPFront>()
    line.receive(post(#"{"a":1}"#))
    let text = line.text
    #expect(
      text == """
        HTTP/1.1 200 OK\r
        Date: Fri, 20 Nov 2026 11:18:11 GMT\r
        Content-Type: application/json\r
        Content-Length: 196\r
        \r
        {"topic":"temps","partition":0,"offsets":{"first":0,"last":0},"events":1,"refused":0,\
        "acknowledged":"durable","received":{"time":"2026-11-20T11:18:11.000000042Z","clock":"unknown","errorNs":null}}
        """
    )
    let taken = line.consumer.taken
    #expect(taken.map(\.text) == [#"{"a":1}"#])
    #expect(taken[0].key == nil && taken[0].principal == 0)
  }

  @Test func `NDJSON lines are events; empty ones are nothing and the last may lack its end`() {
    var line = Line<HTTPFront>()
    line.receive(post("{1}\n\n{2}\r\n\r\n{3}", type: "application/x-ndjson"))
    let taken = line.consumer.taken.map(\.text)
    #expect(taken == ["{1}", "{2}", "{3}"])
    let found = responses(line.text)
    #expect(found.map(\.status) == [200])
    #expect(found[0].body.contains(#""offsets":{"first":0,"last":2},"events":3,"refused":0"#))
  }
}
