/// What must hold between a listener's keys of TLS and of the PROXY protocol.
extension SettingsReader {
  mutating func checkTLS(_ settings: NodeSettings) {
    for (index, listener) in settings.listeners.enumerated() {
      let path = "listeners[\(index)]"
      guard given[path] != nil else { continue }
      checkProxyProtocol(listener.proxyProtocol, path)
      guard let position = place("\(path).tls") else { continue }
      guard listener.tls.isOn else {
        if !isGiven("\(path).tls.certificates") {
          note("'tls' without 'certificates'", at: position, expected: "'certificates: [{certificate: …, key: …}]'")
        }
        continue
      }
      checkCertificates(listener.tls, "\(path).tls.certificates")
      checkClientCertificates(listener.tls.clientCertificates, "\(path).tls.client_certificates")
      checkTickets(listener.tls, "\(path).tls")
    }
    checkTicketFiles(settings)
  }

  private mutating func checkProxyProtocol(_ proxy: ProxyProtocolSettings, _ path: String) {
    if proxy.isRequired, proxy.from.isEmpty, let position = place("\(path).proxy_protocol.required") {
      note(
        "'required' without 'from' would refuse every connection",
        at: position,
        expected: "the balancers, as 'from: [10.0.0.0/8]'"
      )
    }
  }

  private mutating func checkCertificates(_ tls: ListenerTLSSettings, _ path: String) {
    for (index, item) in tls.certificates.enumerated() {
      let place = "\(path)[\(index)]"
      if item.passphraseFile != nil, item.passphraseVariable != nil,
        let position = self.place("\(place).passphrase_file", "\(place).passphrase_env")
      {
        note("a passphrase from both a file and the environment", at: position, expected: "one of them")
      }
      guard !item.certificate.isEmpty,
        let other = tls.certificates[..<index].firstIndex(where: { $0.certificate == item.certificate })
      else { continue }
      let line = given["\(path)[\(other)].certificate"]?.line ?? 0
      if let position = self.place("\(place).certificate") {
        note("certificate \(quoted(item.certificate)) for the second time; line \(line) has it", at: position)
      }
    }
  }

  private mutating func checkClientCertificates(_ clients: ClientCertificateSettings, _ path: String) {
    if clients.mode != .none {
      guard clients.authorities == nil else { return }
      note(
        "'client_certificates' without 'authorities'",
        at: place("\(path).mode") ?? place(path) ?? .start,
        expected: "the file of those who issue them, as 'authorities: /etc/sluice/clients.pem'"
      )
      return
    }
    let standard = ClientCertificateSettings()
    let idle = [
      ("authorities", clients.authorities != nil), ("revocations", !clients.revocations.isEmpty),
      ("principal", clients.principal != standard.principal),
    ]
    for (key, isSet) in idle where isSet {
      guard let position = place("\(path).\(key)") else { continue }
      note("'\(key)' has no effect with 'mode: none'", at: position, expected: "'mode: optional' or 'mode: required'")
    }
  }

  private mutating func checkTickets(_ tls: ListenerTLSSettings, _ path: String) {
    let tickets = tls.tickets
    if let every = tickets.rotateEveryNs, tickets.lifetimeNs > 2 * every,
      let position = place("\(path).tickets.lifetime", "\(path).tickets.rotate_every")
    {
      note(
        "'tickets.lifetime' (\(durationText(tickets.lifetimeNs))) is over 2 × 'tickets.rotate_every' "
          + "(\(durationText(every))): no key opens a ticket for so long",
        at: position
      )
    }
    if tickets.rotateEveryNs == nil, tickets.keys == nil, let position = place("\(path).tickets.rotate_every") {
      note(
        "'rotate_every: never' without 'keys'",
        at: position,
        expected: "the file that somebody else looks after, as 'keys: /etc/sluice/ticket-keys'"
      )
    }
    if tickets.count == 0, tls.allowsPSKWithoutDHE, let position = place("\(path).psk_without_dhe") {
      note(
        "'psk_without_dhe' has no effect with 'tickets.count: 0'",
        at: position,
        expected: "a ticket, or 'psk_without_dhe: false'"
      )
    }
  }

  /// Listeners that share a file of keys agree on when they move on.
  private mutating func checkTicketFiles(_ settings: NodeSettings) {
    let listeners = settings.listeners
    for index in listeners.indices where listeners[index].tls.isOn {
      let tickets = listeners[index].tls.tickets
      let other = listeners[..<index].firstIndex { $0.tls.isOn && $0.tls.tickets.keys == tickets.keys }
      guard let other, listeners[other].tls.tickets.rotateEveryNs != tickets.rotateEveryNs,
        let position = place(
          "listeners[\(index)].tls.tickets.rotate_every",
          "listeners[\(other)].tls.tickets.rotate_every"
        )
      else { continue }
      note(
        "listeners \(quoted(listeners[other].name)) and \(quoted(listeners[index].name)) share their ticket keys and "
          + "differ in 'rotate_every'",
        at: position,
        expected: "the same time, or 'keys' of their own"
      )
    }
  }
}
