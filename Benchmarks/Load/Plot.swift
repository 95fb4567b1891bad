extension RunReport {
  /// Two panels: latency by percentile, both axes logarithmic, and how the latencies are distributed.
  ///
  /// As a page it is wrapped in HTML, with the figures below it.
  func plot(asPage: Bool) -> String {
    let drawing = Drawing(latency: result.latency)
    let title = "\(grouped(UInt64(result.requestsPerSecond))) requests/s"
    let svg = drawing.svg(title: title, subtitle: headline)
    guard asPage else { return svg }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(title.escaped)</title>
      <style>
      body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
             color: #1c2430; background: #fbfbfa; }
      svg { width: 100%; height: auto; }
      pre { padding: 1rem 1.2rem; border-radius: .5rem; background: #f0f1ef; overflow-x: auto; font-size: 13px; }
      @media (prefers-color-scheme: dark) { body { color: #e4e7ea; background: #14181d; } pre { background: #1d232a; } }
      </style></head><body>
      \(svg)
      <pre>\(text.escaped)</pre>
      </body></html>
      """
  }
}

/// Places a histogram on paper of 960 by 640.
private struct Drawing {
  let latency: LatencyHistogram
  private let left = 74.0
  private let right = 936.0
  private let curve = (top: 104.0, bottom: 372.0)
  private let bars = (top: 440.0, bottom: 596.0)
  private let low: Double
  private let high: Double
  private let nines: Double

  init(latency: LatencyHistogram) {
    self.latency = latency
    low = Decades.below(Double(max(latency.minNs, 100)))
    high = max(Decades.above(Double(max(latency.maxNs, 1000))), low * 10)
    // The curve ends where a percentile would stand for less than one answer.
    var nines = 2.0
    while nines < 6, Decades.power(nines + 1) <= Double(latency.count) { nines += 1 }
    self.nines = nines
  }

  func svg(title: String, subtitle: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 640" role="img" aria-label="Latencies">
    <style>
    .paper { fill: #fbfbfa } .ink { fill: #1c2430 } .dim { fill: #6b7480 } .grid { stroke: #dfe2e0; stroke-width: 1 }
    .line { fill: none; stroke: #1666c5; stroke-width: 2.5; stroke-linejoin: round }
    .area { fill: #1666c5; fill-opacity: .1 } .bar { fill: #1666c5; fill-opacity: .75 }
    .dot { fill: #fbfbfa; stroke: #1666c5; stroke-width: 2 } .mark { stroke: #c2410c; stroke-dasharray: 4 3 }
    .hot { fill: #c2410c } text { font: 12px system-ui, sans-serif } .title { font-size: 20px; font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #14181d } .ink { fill: #e4e7ea } .dim { fill: #8d97a3 } .grid { stroke: #2a313a }
      .line { stroke: #5aa2f5 } .area, .bar { fill: #5aa2f5 } .dot { fill: #14181d; stroke: #5aa2f5 }
      .mark { stroke: #fb923c } .hot { fill: #fb923c }
    }
    </style>
    <rect class="paper" width="960" height="640"/>
    <text class="ink title" x="24" y="36">\(title.escaped)</text>
    <text class="dim" x="24" y="58">\(subtitle.escaped)</text>
    \(curvePanel)
    \(barPanel)
    </svg>
    """
  }

  /// Latency over percentile: every nine takes the same room.
  private var curvePanel: String {
    var parts: [String] = []
    for value in decades {
      let y = vertical(value)
      parts.append("<line class=\"grid\" x1=\"\(left)\" x2=\"\(right)\" y1=\"\(fixed(y, 1))\" y2=\"\(fixed(y, 1))\"/>")
      parts.append(label(decade(value), left - 8, y + 4, "end"))
    }
    var ticks = [("0", 0.0), ("50 %", 0.5), ("90 %", 0.9), ("99 %", 0.99)]
    for count in 3...6 where Double(count) <= nines {
      ticks.append(("99." + String(repeating: "9", count: count - 2) + " %", 1 - 1 / Decades.power(Double(count))))
    }
    for (name, fraction) in ticks {
      let x = fixed(horizontal(fraction), 1)
      parts.append("<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(curve.top)\" y2=\"\(curve.bottom)\"/>")
      let anchor = horizontal(fraction) > right - 20 ? "end" : "middle"
      parts.append(label(name, horizontal(fraction), curve.bottom + 18, anchor))
    }
    let points = (0...240).map { step in
      let fraction = 1 - 1 / Decades.power(nines * Double(step) / 240)
      let y = vertical(Double(latency.percentile(fraction)))
      return "\(fixed(horizontal(fraction), 1)),\(fixed(y, 1))"
    }
    let path = points.joined(separator: " ")
    parts.append("<polygon class=\"area\" points=\"\(left),\(curve.bottom) \(path) \(right),\(curve.bottom)\"/>")
    parts.append("<polyline class=\"line\" points=\"\(path)\"/>")
    for (name, fraction) in ticks.dropFirst() where latency.count > 0 {
      let value = latency.percentile(fraction)
      let (x, y) = (horizontal(fraction), vertical(Double(value)))
      parts.append("<circle class=\"dot\" cx=\"\(fixed(x, 1))\" cy=\"\(fixed(y, 1))\" r=\"4\">")
      parts.append("<title>\(name): \(duration(value))</title></circle>")
      let anchor = x > right - 60 ? "end" : "middle"
      parts.append(label(duration(value), x, y - 10, anchor, "ink"))
    }
    parts.append(label("latency by percentile", left, curve.top - 12, "start"))
    return parts.joined(separator: "\n")
  }

  /// How many answers took how long: twenty bars a decade.
  private var barPanel: String {
    let count = Int((Decades.exponent(high / low) * 20).rounded())
    var heights = [Double](repeating: 0, count: max(count, 1))
    for bucket in latency.buckets {
      let middle = Double(bucket.fromNs + bucket.throughNs) / 2
      let place = Int(Decades.exponent(max(middle, low) / low) * 20)
      heights[min(max(place, 0), heights.count - 1)] += Double(bucket.count)
    }
    let tallest = max(heights.max() ?? 1, 1)
    let width = (right - left) / Double(heights.count)
    var parts = [label("how many answers took how long", left, bars.top - 10, "start")]
    parts.append("<line class=\"grid\" x1=\"\(left)\" x2=\"\(right)\" y1=\"\(bars.bottom)\" y2=\"\(bars.bottom)\"/>")
    for (place, height) in heights.enumerated() where height > 0 {
      let tall = max(height / tallest * (bars.bottom - bars.top), 1)
      let x = left + Double(place) * width
      parts.append("<rect class=\"bar\" x=\"\(fixed(x + 0.5, 1))\" y=\"\(fixed(bars.bottom - tall, 1))\"")
      parts.append("width=\"\(fixed(max(width - 1, 1), 1))\" height=\"\(fixed(tall, 1))\" rx=\"1\">")
      parts.append("<title>\(grouped(UInt64(height)))</title></rect>")
    }
    for value in decades {
      let x = left + (right - left) * Decades.exponent(value / low) / Decades.exponent(high / low)
      parts.append(label(decade(value), x, bars.bottom + 18, x > right - 20 ? "end" : "middle"))
    }
    for (name, fraction) in [("p50", 0.5), ("p99", 0.99)] where latency.count > 0 {
      let value = Double(latency.percentile(fraction))
      let x = left + (right - left) * Decades.exponent(max(value, low) / low) / Decades.exponent(high / low)
      let place = fixed(x, 1)
      parts.append("<line class=\"mark\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(bars.top)\" y2=\"\(bars.bottom)\"/>")
      parts.append(label(name, x + 4, bars.top + 10, "start", "hot"))
    }
    return parts.joined(separator: "\n")
  }

  private var decades: [Double] {
    var values: [Double] = []
    var value = low
    while value <= high * 1.001 {
      values.append(value)
      value *= 10
    }
    return values
  }
  private func decade(_ value: Double) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "us")]
    let (unit, name) = units.first { value >= $0.0 * 0.999 } ?? (1, "ns")
    return "\(fixed(value / unit, 0)) \(name)"
  }
  private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String, _ look: String = "dim") -> String {
    "<text class=\"\(look)\" x=\"\(fixed(x, 1))\" y=\"\(fixed(y, 1))\" text-anchor=\"\(anchor)\">\(text.escaped)</text>"
  }
  private func vertical(_ value: Double) -> Double {
    let share = Decades.exponent(max(value, low) / low) / Decades.exponent(high / low)
    return curve.bottom - share * (curve.bottom - curve.top)
  }
  private func horizontal(_ fraction: Double) -> Double {
    left + (right - left) * min(Decades.exponent(1 / (1 - min(fraction, 0.99999999))) / nines, 1)
  }
}

extension String {
  /// With the characters replaced that mean something in XML.
  fileprivate var escaped: String {
    var text = ""
    for character in self {
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.append(character)
      }
    }
    return text
  }
}
