internal import Bytes

/// Places on Earth: pairs of a latitude and a longitude, of four decimals or more each.
///
///     52.520008, 13.404954   -33.8688°;151.2093°   geo:52.5200,13.4050
///         ^^^^^^ asked here
///
/// Four decimals are 11 metres. Two decimal numbers side by side may be anything: without a word beside them, only a
/// `geo:` tells of a place. Source: ISO 6709, RFC 5870.
enum Coordinates: Detector {
  static var type: PersonalType { .coordinates }
  static var triggers: [Trigger] { [.value, .preceded(by: ".", .digits(4...15)), .preceded(by: ".", .mixed(6...12))] }
  static var words: [StaticString] {
    [
      "gps", "geo", "coordinates", "coordinate", "coords", "coord", "lat lng", "lat lon", "lat long",
      "latitude longitude", "geolocation", "geopoint", "geo point", "koordinaten", "standort", "coordonnees",
      "coordenadas", "coordinate gps", "coordinaten", "wspolrzedne", "koordinater", "座標", "坐标",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard token.digits == 0 else { return pair(text, fraction: token) }
    let place = Degrees.skip(blanksIn: text, from: token.start)
    guard let first = Degrees(text, from: place), let second = next(text, behind: first), isPair(first, second),
      Degrees.skip(blanksIn: text, from: second.end) == token.end
    else { return nil }
    return Match(first.start..<second.end, alone: 10, inContext: 92)
  }

  /// Matches a pair, given the digits behind the first point.
  private static func pair(_ text: RawSpan, fraction: Token) -> Match? {
    let point = fraction.start &- 1
    guard text.byteOrZero(point) == UInt8(ascii: "."), text.byteOrZero(point &- 1).isDigit else { return nil }
    var start = text.start(before: point, most: 4) { $0.isDigit }
    let sign = text.byteOrZero(start &- 1)
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { start &-= 1 }
    let before = text.byteOrZero(start &- 1)
    guard !before.isWord, before != UInt8(ascii: "."), before != UInt8(ascii: "_"), before != UInt8(ascii: "-"),
      let first = Degrees(text, from: start), let second = next(text, behind: first), isPair(first, second)
    else { return nil }
    let behind = text.byteOrZero(second.end)
    guard !behind.isWord, behind != UInt8(ascii: "_"), behind != UInt8(ascii: "%") else { return nil }
    if behind == UInt8(ascii: "."), text.byteOrZero(second.end &+ 1).isDigit { return nil }
    let range = start..<second.end
    let isLink = text.has("geo:", at: start &- 4) && !text.byteOrZero(start &- 5).isWord
    if isLink { return Match(range, alone: 90, inContext: 95) }
    if first.hasSide, second.hasSide { return Match(range, alone: 80, inContext: 95) }
    return Match(range, alone: 25, inContext: 80)
  }

  /// The number behind another one, a comma, a semicolon or blanks.
  private static func next(_ text: RawSpan, behind first: Degrees) -> Degrees? {
    var place = Degrees.skip(blanksIn: text, from: first.end)
    let mark = text.byteOrZero(place)
    if mark == UInt8(ascii: ",") || mark == UInt8(ascii: ";") || mark == UInt8(ascii: "/") {
      place = Degrees.skip(blanksIn: text, from: place &+ 1)
    } else if place == first.end {
      return nil
    }
    return Degrees(text, from: place)
  }
  /// Whether one of them can be a latitude, and both are no fractions of one, as scores and weights are.
  private static func isPair(_ first: Degrees, _ second: Degrees) -> Bool {
    let hasLatitude = first.whole < 90 || second.whole < 90
    return hasLatitude && first.decimals >= 4 && second.decimals >= 4 && (first.whole > 0 || second.whole > 0)
  }
}

/// A latitude or a longitude on its own, where the name of the member says so.
enum CoordinateValue: Detector {
  static var type: PersonalType { .coordinates }
  static var triggers: [Trigger] { [.value] }
  static var words: [StaticString] {
    [
      "lat", "latitude", "lon", "lng", "longitude", "breitengrad", "laengengrad", "langengrad", "latitud", "longitud",
      "latitudine", "longitudine", "breedtegraad", "lengtegraad", "szerokosc geograficzna", "dlugosc geograficzna",
      "breddgrad", "langdgrad", "leveysaste", "pituusaste", "緯度", "経度", "纬度", "经度",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = Degrees.skip(blanksIn: text, from: token.start)
    guard let degrees = Degrees(text, from: start), degrees.decimals >= 4,
      Degrees.skip(blanksIn: text, from: degrees.end) == token.end
    else { return nil }
    return Match(start..<degrees.end, alone: 10, inContext: 92)
  }
}

/// A latitude or a longitude in a text, with its label directly before it.
///
///     moved to lat=52.520008&lon=13.404954
///                     ^^^^^^ asked here
enum LabelledCoordinate: Detector {
  static var type: PersonalType { .coordinates }
  static var triggers: [Trigger] { [.preceded(by: ".", .digits(4...15))] }
  static var words: [StaticString] { [] }

  static func match(_ text: RawSpan, at fraction: Token) -> Match? {
    var start = text.start(before: fraction.start &- 1, most: 4) { $0.isDigit }
    if text.byteOrZero(start &- 1) == UInt8(ascii: "-") || text.byteOrZero(start &- 1) == UInt8(ascii: "+") {
      start &-= 1
    }
    guard let degrees = Degrees(text, from: start), degrees.decimals >= 4, isLabelled(text, start) else { return nil }
    guard !text.byteOrZero(degrees.end).isWord else { return nil }
    return Match(start..<degrees.end, alone: 88, inContext: 92)
  }
  /// Whether a label stands before a value, with `=` or `:` between them and a quote on either side of that.
  private static func isLabelled(_ text: RawSpan, _ value: Int) -> Bool {
    let gap = text.start(before: value, most: 6) { $0.isBlank || $0 == UInt8(ascii: "\"") || isMark($0) }
    guard (gap..<value).contains(where: { isMark(text.byte($0)) }) else { return false }
    let label = text.start(before: gap, most: 12) { $0.isWord }
    switch gap &- label {
    case 3: return text.has("lat", at: label) || text.has("lon", at: label) || text.has("lng", at: label)
    case 4: return text.has("long", at: label)
    case 8: return text.has("latitude", at: label)
    case 9: return text.has("longitude", at: label)
    default: return false
    }
  }
  private static func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") }
}

/// A number of degrees of at most 180, with a sign or a side of the world.
private struct Degrees {
  let start: Int
  let end: Int
  /// Without its sign and what is behind the point.
  let whole: Int
  /// How many digits there are behind the point.
  let decimals: Int
  /// Whether `N`, `S`, `E` or `W` stands behind it.
  let hasSide: Bool

  init?(_ text: RawSpan, from start: Int) {
    var place = start
    let sign = text.byteOrZero(place)
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { place &+= 1 }
    var whole = 0
    let digits = place
    while text.byteOrZero(place).isDigit, place &- digits < 4 {
      whole = whole &* 10 &+ Int(text.byte(place) &- 0x30)
      place &+= 1
    }
    let count = place &- digits
    guard count > 0, count < 4, whole <= 180, text.byteOrZero(place) == UInt8(ascii: ".") else { return nil }
    let fraction = place &+ 1
    place = text.end(from: fraction) { $0.isDigit }
    decimals = place &- fraction
    guard decimals > 0, decimals <= 15 else { return nil }
    if text.byteOrZero(place) == 0xC2, text.byteOrZero(place &+ 1) == 0xB0 { place &+= 2 }
    let side = text.byteOrZero(place) == UInt8(ascii: " ") ? place &+ 1 : place
    hasSide = Self.isSide(text.byteOrZero(side)) && !text.byteOrZero(side &+ 1).isWord
    (self.start, self.whole, end) = (start, whole, hasSide ? side &+ 1 : place)
  }

  private static func isSide(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "N") || byte == UInt8(ascii: "S") || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "W")
  }
  /// Where the first byte at or behind a place is that is no blank.
  static func skip(blanksIn text: RawSpan, from place: Int) -> Int { text.end(from: place) { $0.isBlank } }
}
