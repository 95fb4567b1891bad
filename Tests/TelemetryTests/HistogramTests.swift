import Testing

@testable import Telemetry

@Suite struct HistogramTests {
  @Test func `every bucket starts where the one before ends`() {
    #expect(Histogram.bucket(of: 0) == 0 && Histogram.bucket(of: .max) == Histogram.bucketCount - 1)
    for index in 0..<(Histogram.bucketCount - 1) {
      let last = Histogram.last(ofBucket: index)
      #expect(Histogram.bucket(of: last) == index && Histogram.bucket(of: last + 1) == index + 1)
    }
    #expect(Histogram.last(ofBucket: Histogram.bucketCount - 1) == .max)
  }

  @Test func `percentiles are within 1.6 percent of the sorted values and never below them`() {
    var state: UInt64 = 1
    var histogram = Histogram()
    var values: [UInt64] = []
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = (state >> 20) >> (state % 40)
      values.append(value)
      histogram.record(value)
    }
    values.sort()
    #expect(histogram.min == values.first && histogram.max == values.last && histogram.count == 20_000)
    #expect(histogram.sum == values.reduce(0, &+))
    for quantile in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1] {
      let exact = values[max(0, Int((quantile * 20_000).rounded(.up)) - 1)]
      let found = histogram.value(atQuantile: quantile)
      #expect(found >= exact && Double(found) <= Double(exact) * 1.016 + 1, "\(quantile): \(found), not \(exact)")
    }
  }

  @Test func `merging is the same as recording in one`() {
    var (left, right, both) = (Histogram(), Histogram(), Histogram())
    for value in 0..<1000 {
      let value = UInt64(value * value)
      if value % 3 == 0 { left.record(value) } else { right.record(value) }
      both.record(value)
    }
    left.merge(right)
    #expect(left.buckets.map(\.count) == both.buckets.map(\.count))
    #expect(left.count == both.count && left.max == both.max && left.min == both.min && left.mean == both.mean)
    left.merge(Histogram())
    #expect(left.min == 0 && left.count == 1000)
  }

  @Test func `an empty histogram says 0`() {
    var histogram = Histogram()
    #expect(
      histogram.value(atQuantile: 0.5) == 0 && histogram.mean == 0 && histogram.min == 0 && histogram.buckets.isEmpty
    )
    histogram.record(7, times: 3)
    #expect(histogram.value(atQuantile: 1) == 7 && histogram.count(atMost: 6) == 0 && histogram.count(atMost: 7) == 3)
    histogram.reset()
    #expect(histogram.count == 0 && histogram.max == 0 && histogram.count(atMost: .max) == 0)
  }

  @Test func `a latency counts up to the bound that it reaches`() {
    for index in 0..<LatencyBuckets.boundCount {
      let bound = LatencyBuckets.boundNs(index)
      for (ns, place) in [(bound, index), (bound + 1, index + 1)] {
        var buckets = LatencyBuckets()
        buckets.record(ns: ns)
        #expect(buckets.cumulative(place) == 1 && (place == 0 || buckets.cumulative(place - 1) == 0), "\(ns)")
      }
    }
    var buckets = LatencyBuckets()
    buckets.record(ns: 0)
    buckets.record(ns: .max)
    buckets.record(ns: 5000, times: 3)
    var other = buckets
    other.merge(buckets)
    #expect(buckets.cumulative(0) == 1 && buckets.count == 5 && other.count == 10 && other.cumulative(3) == 8)
  }
}
