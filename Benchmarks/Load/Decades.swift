internal import Glibc

/// Powers of ten, for axes.
enum Decades {
  /// 10 to the power of `exponent`.
  static func power(_ exponent: Double) -> Double { pow(10, exponent) }
  /// The power of 10 that gives `value`.
  static func exponent(_ value: Double) -> Double { log10(value) }
  /// The largest power of 10 that is not above `value`.
  static func below(_ value: Double) -> Double { pow(10, log10(value).rounded(.down)) }
  /// The smallest power of 10 that is not below `value`.
  static func above(_ value: Double) -> Double { pow(10, log10(value).rounded(.up)) }
}
