internal import COpenSSL

/// Checks what is to be stapled; whether it is signed by the right responder is for the client to say.
///
/// Source: RFC 6960 §4.2.
enum OCSP {
  static func check(_ response: [UInt8], about chain: [[UInt8]], file: String, utcSeconds: Int64) throws(TLSMistake) {
    let parsed = unsafe try Parsed(der: Array(chain.prefix(1)), in: nil, file: file)
    let outcome = unsafe outcome(response, about: parsed.certificates[0], utcSeconds: utcSeconds)
    ERR_clear_error()
    let expected = "a current response of its responder, in DER"
    switch outcome {
    case .current: return
    case .unreadable: throw TLSMistake(file, .unreadable, "no OCSP response", expected: expected)
    case .unsuccessful: throw TLSMistake(file, .staleResponse, "the responder refused to answer", expected: expected)
    case .other:
      throw TLSMistake(file, .staleResponse, "the response is about another certificate", expected: expected)
    case .revoked: throw TLSMistake(file, .staleResponse, "the certificate is not good", expected: "a new certificate")
    case .outdated: throw TLSMistake(file, .staleResponse, "the response is out of date", expected: expected)
    }
  }

  private enum Outcome { case current, unreadable, unsuccessful, other, revoked, outdated }

  private static func outcome(_ bytes: [UInt8], about certificate: OpaquePointer, utcSeconds: Int64) -> Outcome {
    let response = unsafe bytes.withUnsafeBufferPointer { bytes in
      var position = bytes.baseAddress
      return unsafe d2i_OCSP_RESPONSE(nil, &position, bytes.count)
    }
    guard let response = unsafe response else { return .unreadable }
    defer { unsafe OCSP_RESPONSE_free(response) }
    guard unsafe OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL else { return .unsuccessful }
    guard let basic = unsafe OCSP_response_get1_basic(response) else { return .unreadable }
    defer { unsafe OCSP_BASICRESP_free(basic) }
    for index in unsafe 0..<OCSP_resp_count(basic) {
      guard let single = unsafe OCSP_resp_get0(basic, index) else { continue }
      var serial: UnsafeMutablePointer<ASN1_INTEGER>?
      let id = unsafe OCSP_SINGLERESP_get0_id(single)
      guard unsafe OCSP_id_get0_info(nil, nil, nil, &serial, id) == 1, let serial = unsafe serial,
        unsafe ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0
      else { continue }
      var next: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
      guard unsafe OCSP_single_get0_status(single, nil, nil, nil, &next) == V_OCSP_CERTSTATUS_GOOD else {
        return .revoked
      }
      guard let next = unsafe next else { return .current }
      // -1: the time lies before the other one.
      return unsafe ASN1_TIME_cmp_time_t(next, time_t(utcSeconds)) > 0 ? .current : .outdated
    }
    return .other
  }
}
