import Testing

@testable import Detection

struct ContactEmailTests {
  private func found(_ text: String) -> [String] { ContactScan.texts(EmailAddress.self, in: text, from: 70) }

  @Test(arguments: [
    "anna@example.org", "Anna.Berg+news@sub.example.co.uk", "o'brien@example.ie", "a@b.io", "user_1%x@example.museum",
    "x@xn--bcher-kva.example", "a@xn--d1acufc.xn--p1ai", "jürgen@müller.de", "用户@例子.公司", "почта@пример.рф",
    "\"john doe\"@example.org", "x@[192.0.2.1]", "x@[IPv6:2001:db8::1]", "12345@163.com", "a-b@c-d.travel",
    "someone@device.internal",
  ])
  func `an address is found as a whole, wherever it stands`(_ address: String) {
    #expect(found(address) == [address])
    for text in [
      "to \(address).", "<\(address)>", "(\(address))", "mailto:\(address)?subject=x", "{\"mail\": \(address), 1}",
      "u=\(address)&k=1", "\(address), or", "'\(address)'", "mail=\(address);", "\(address)!", "“\(address)”",
    ] { #expect(found(text) == [address], "\(text)") }
  }

  @Test(arguments: [
    "icon@2x.png", "ic_launcher@1.5x.webp", "lodash@4.17.21", "react@18.3.0-rc.one", "@angular/core@17.3.1",
    "nginx@sha256:57ab66", "@user", "user@", "a @ b.com", "user@host", "user@-x.org", ".@example.org", "a@b.c",
    "x@1.2.3.4",
    "git@github.com:team/project.git", "ssh://git@github.com/team/project", "postgres://app:s3cret@db.example.org/x",
    "rsync root@backup.example.org:/srv", "obj@class.method()", "a@b..com", "2026-01-01 @ 10.30", "info@example.",
  ])
  func `what only has an at sign is no address`(_ text: String) { #expect(found(text) == []) }

  @Test func `a host without a domain needs a word nearby`() {
    let contacts = ContactScan.find(EmailAddress.self, in: "root@mailserver")
    #expect(contacts.map(\.text) == ["root@mailserver"])
    #expect(contacts[0].alone < 30 && contacts[0].inContext >= 60)
  }

  @Test func `a sentence in a script without blanks does not belong to the address`() {
    #expect(found("メールはanna@example.jpです") == ["anna@example.jp"])
    #expect(found("邮箱：anna@example.cn。") == ["anna@example.cn"])
  }

  @Test func `a local part has 64 bytes at most`() {
    let longest = String(repeating: "a", count: 64)
    #expect(found("\(longest)@example.org") == ["\(longest)@example.org"])
    #expect(found("a\(longest)@example.org") == [])
  }
}
