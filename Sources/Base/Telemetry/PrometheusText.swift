internal import Bytes

/// Writes metrics in Prometheus' text format 0.0.4: for each metric its help, its type, and its samples together.
///
/// Source: Prometheus, "Exposition formats", text-based format.
public struct PrometheusText: Sendable {
  /// What the response's Content-Type says.
  public static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

  /// The text so far.
  public private(set) var text = ""
  private var metric: Metric?
  private var begun = Set<String>()

  /// Nothing written.
  public init() {}

  /// Starts a metric; its samples follow.
  ///
  /// A metric is started once.
  public mutating func begin(_ metric: Metric) {
    require(metric.isValid, "a metric keeps the rules of its table")
    require(begun.insert(metric.name).inserted, "a metric's samples stand together")
    self.metric = metric
    text +=
      "# HELP \(metric.name) \(escaped(metric.help, quote: false))\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
  }

  /// A sample of the metric that was started, with its labels' values in the order of its table.
  public mutating func sample(_ value: some BinaryInteger, _ labels: String...) { line("", labels, nil, "\(value)") }
  /// A sample that is no whole number.
  public mutating func sample(_ value: Double, _ labels: String...) { line("", labels, nil, number(value)) }

  /// A metric with a single sample.
  public mutating func write(_ metric: Metric, _ value: some BinaryInteger) {
    begin(metric)
    sample(value)
  }
  /// A metric with a single sample that is no whole number.
  public mutating func write(_ metric: Metric, _ value: Double) {
    begin(metric)
    sample(value)
  }

  /// The samples of a histogram of latencies, in seconds.
  public mutating func sample(_ latencies: LatencyBuckets, _ labels: String...) {
    require(metric?.kind == .histogram, "buckets belong to a histogram")
    for index in 0..<LatencyBuckets.boundCount {
      let bound = number(Double(LatencyBuckets.boundNs(index)) / 1e9)
      line("_bucket", labels, bound, "\(latencies.cumulative(index))")
    }
    line("_bucket", labels, "+Inf", "\(latencies.count)")
    line("_sum", labels, nil, number(Double(latencies.sumNs) / 1e9))
    line("_count", labels, nil, "\(latencies.count)")
  }

  private mutating func line(_ suffix: String, _ values: [String], _ bound: String?, _ number: String) {
    guard let metric else { return require(false, "a sample belongs to a metric") }
    require(values.count == metric.labels.count, "a sample has the labels of its metric")
    var labels = zip(metric.labels, values).map { "\($0)=\"\(escaped($1, quote: true))\"" }
    if let bound { labels.append("le=\"\(bound)\"") }
    text += metric.name + suffix + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") + " \(number)\n"
  }

  private func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }
  private func escaped(_ text: String, quote: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quote: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
