internal import Glibc
internal import TLS

/// What connections that speak TLS share.
struct Security {
  let context: TLSContext
  /// The name that the server's certificate must have.
  let serverName: String
  /// Whether connections go on from the ticket that came last.
  let resumes: Bool
  /// That ticket.
  var ticket: [UInt8]?

  /// The system's authorities, where Debian keeps them.
  private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"
  private static let fileBytesMax = 4 << 20

  /// Reads the authorities and sets OpenSSL up.
  ///
  /// Throws: what is wrong with which file.
  init(_ settings: LoadSecurity, _ plan: LoadPlan) throws(LoadFailure) {
    serverName = settings.serverName ?? plan.host
    resumes = settings.resumes
    var choices = TLSSettings()
    if plan.wire == .http { choices.applicationProtocols = ["http/1.1"] }
    do throws(TLSMistake) {
      guard settings.verifiesServer else {
        context = try TLSContext(clientTrustingAnybody: choices)
        return
      }
    } catch { throw .plan(error.description) }
    let path = settings.authorities ?? Self.systemAuthorities
    let authorities = try Self.read(path)
    do throws(TLSMistake) {
      context = try TLSContext(client: choices, trusting: Trust(authorities: authorities, file: path))
    } catch { throw .plan(error.description) }
  }

  private static func read(_ path: String) throws(LoadFailure) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else {
      throw .plan("\(path): \(errorText(errno)); --tls-ca names the authorities, --tls-insecure does without")
    }
    defer { unsafe fclose(file) }
    let bytes = unsafe Array<UInt8>(unsafeUninitializedCapacity: Self.fileBytesMax) { target, count in
      count = unsafe fread(target.baseAddress, 1, Self.fileBytesMax, file)
    }
    guard unsafe ferror(file) == 0 else { throw .plan("\(path): it can't be read") }
    return bytes
  }
}
