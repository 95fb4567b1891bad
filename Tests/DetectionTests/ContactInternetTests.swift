import Testing

@testable import Detection

struct ContactInternetTests {
  private func found(_ text: String) -> [String] { ContactScan.texts(IPAddress.self, in: text, from: 70) }

  @Test(arguments: [
    "192.0.2.17", "10.0.0.1", "127.0.0.1", "8.8.8.8", "203.0.113.255", "192.168.1.0/24", "2001:db8::1", "fe80::1%eth0",
    "::1", "2001:db8:0:0:0:0:2:1", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "2001:db8::/32", "1:2:3:4:5:6:7::",
    "FE80:0:0:0:202:B3FF:FE1E:8329",
  ])
  func `an address is found as a whole, wherever it stands`(_ address: String) {
    #expect(found(address) == [address])
    for text in [
      "from \(address) ok", "(\(address))", "peer=\(address),", "\(address).", "[\(address)]:443", "<\(address)>",
      "client:\(address) x", "\"\(address)\"",
    ] { #expect(found(text) == [address], "\(text)") }
  }

  @Test(arguments: [
    "1.2.3", "1.2.3.4.5", "v1.2.3.4", "256.1.1.1", "1.2.3.400", "01.2.3.4", "1.3.6.1.4.1.19423.58", "1.2.3.4-beta",
    "1.2.3.4+build7", "fw_1.2.3.4", "lib-1.2.3.4.jar", "255.255.255.0", "0.1.2.3", "Chrome/120.0.0.0", "12:34:56",
    "2026-01-02T12:34:56", "00:1A:2B:3C:4D:5E", "00:11:22:33:44:55:66:77", "std::vector", "absl::Status::OK",
    "Foo::Bar::baz", "a[::2]x::y", "1:2:3:4", "2001::db8::1", "12345::1", "1:2:3:4:5:6:7:8:9", ":::", "a:b:c",
  ])
  func `versions, times, hardware addresses and names in code are no addresses`(_ text: String) {
    #expect(ContactScan.find(IPAddress.self, in: text).filter { $0.alone >= 30 } == [])
  }

  @Test func `a port does not belong to an address`() {
    #expect(found("192.0.2.17:8080") == ["192.0.2.17"])
    #expect(found("http://192.0.2.17/24/x") == ["192.0.2.17"])
    #expect(found("192.0.2.1-192.0.2.9") == ["192.0.2.1", "192.0.2.9"])
  }

  @Test func `what stands for any address is worth less`() {
    for text in ["0.0.0.0", "255.255.255.255", "::"] {
      let contacts = ContactScan.find(IPAddress.self, in: text)
      #expect(contacts.map(\.text) == [text])
      #expect(contacts.allSatisfy { $0.alone < 50 })
    }
  }
}

struct ContactHardwareTests {
  private func found(_ text: String) -> [String] { ContactScan.texts(MACAddress.self, in: text, from: 70) }

  @Test(arguments: ["00:1A:2B:3C:4D:5E", "aa-bb-cc-dd-ee-0f", "001a.2b3c.4d5e", "de:ad:be:ef:00:01"])
  func `an address is found as a whole, wherever it stands`(_ address: String) {
    for text in [address, "to \(address) for", "mac=\(address),", "mac:\(address)", "(\(address))", "\(address)."] {
      #expect(found(text).contains(address), "\(text)")
    }
  }

  @Test(arguments: [
    "00:1A:2B:3C:4D", "00:1A:2B:3C:4D:5E:6F", "00:1A-2B:3C-4D:5E", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff",
    "FFFF.FFFF.FFFF", "00:1A:2B:3C:4D:5G", "00:1A:2B:3C:4D:5E7", "12:34:56", "12ab-34cd", "2026-11-03",
    "1d388fa3-fca1-6ddd-6aba-f08bf424670f",
  ])
  func `what has another form is no address`(_ text: String) { #expect(found(text) == []) }

  @Test func `digits in one piece and digits without letters are worth less`() {
    #expect(ContactScan.find(MACAddress.self, in: "001a2b3c4d5e").allSatisfy { $0.alone < 20 && $0.inContext >= 70 })
    #expect(ContactScan.find(MACAddress.self, in: "26-03-01-12-30-45").allSatisfy { $0.alone < 50 })
  }
}
