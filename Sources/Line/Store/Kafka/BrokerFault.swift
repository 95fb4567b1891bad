public import Kafka

/// Why a connection to a broker can't go on.
public enum BrokerFault: Error, Hashable, Sendable {
  /// What comes is no answer: its first bytes are of something else, or name a size that no answer has.
  case noAnswer(OtherProtocol, size: Int)
  /// An answer contradicts itself.
  case malformed(KafkaAPI, KafkaFault)
  /// An answer to a question that nobody asked.
  case correlation(expected: Int32?, found: Int32)
  /// The broker does not speak any version of a request that is spoken here.
  case unsupported(KafkaAPI)
  /// The broker does not take a mechanism; those that it takes.
  case mechanism(String, offered: [String])
  /// One of both could not prove who it is.
  case authentication(SASLFault)
  /// The broker refused a request, and what it says of it.
  case refused(KafkaAPI, KafkaError, String?)
  /// No answer came in time.
  case late(KafkaAPI)

  /// Whether another attempt may go better without anybody changing something.
  public var isRetriable: Bool {
    switch self {
    case .late, .correlation, .malformed: true
    case .refused(_, let error, _): error.isRetriable
    case .noAnswer, .unsupported, .mechanism, .authentication: false
    }
  }
}

extension BrokerFault: CustomStringConvertible {
  /// What is wrong and what to do, in a sentence.
  public var description: String {
    switch self {
    case .noAnswer(.http, _): "an HTTP server answers there: is it a broker's port?"
    case .noAnswer(.tls, _): "the broker speaks TLS there: configure TLS for the cluster, or use its plain listener"
    case .noAnswer(.ssh, _): "an SSH server answers there: is it a broker's port?"
    case .noAnswer(.other, let size): "what answers there is no Kafka broker: it announces an answer of \(size) bytes"
    case .malformed(let api, let fault):
      "the broker's answer to \(api) can't be read: \(fault.reason) at byte \(fault.offset)"
    case .correlation(let expected?, let found):
      "the broker answered request \(found) where \(expected) was the next"
    case .correlation(nil, let found): "the broker answered request \(found), which was never sent"
    case .unsupported(let api): "the broker speaks no version of \(api) that is spoken here: it is too old or too new"
    case .mechanism(let name, let offered):
      "the broker does not take \(name); it takes \(offered.isEmpty ? "none" : offered.joined(separator: ", "))"
    case .authentication(let fault): "\(Self.words(fault))"
    case .refused(let api, let error, let message):
      "the broker refused \(api): \(error)" + (message.map { ", \($0)" } ?? "")
    case .late(let api): "the broker did not answer \(api) in time"
    }
  }
  private static func words(_ fault: SASLFault) -> String {
    switch fault {
    case .malformed(let what): "the broker's part of the authentication makes no sense: \(what)"
    case .wrongServer: "the broker could not prove that it knows the password: it may not be the one that it should be"
    case .iterations(let count): "the broker asks for \(count) rounds of SCRAM; 4,096 to 200,000 are taken"
    case .refused(let reason): "the broker refused the credentials: \(reason)"
    }
  }
}
