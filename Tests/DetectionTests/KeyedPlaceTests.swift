import Testing

@testable import Detection

/// Coordinates by their keys and their form.
@Suite struct KeyedPlaceTests {
  @Test func `a precise number under the name of a coordinate is one`() {
    for name in ["lat", "latitude", "gps_lat", "Longitude", "lng", "homeLon", "latitud", "Längengrad"] {
      #expect(KeyedScan.findNumber(.coordinates, "52.520008", name: name) == ["52.520008"], "\(name)")
      #expect(KeyedScan.findNumber(.coordinates, "-0.1278", name: name) == ["-0.1278"], "\(name)")
      #expect(KeyedScan.find(.coordinates, in: "13.404954° E", name: name) == ["13.404954° E"], "\(name)")
    }
    for number in ["52.52", "52", "52.520", "181.12345", "1e5", "5252.52000"] {
      #expect(KeyedScan.findNumber(.coordinates, number, name: "lat") == [], "\(number)")
    }
    for name in ["latency", "flat", "ratio", "along", "gps_accuracy", "plate"] {
      #expect(KeyedScan.findNumber(.coordinates, "52.520008", name: name) == [], "\(name)")
    }
  }

  @Test func `a pair is one where a word or its form tells`() {
    for (text, found) in [
      ("gps 52.520008, 13.404954 ok", "52.520008, 13.404954"),
      ("coords=[-33.868820,151.209290]", "-33.868820,151.209290"),
      ("geo:48.2010,16.3695,183", "48.2010,16.3695"), ("at 40.7128° N, 74.0060° W.", "40.7128° N, 74.0060° W"),
      ("latlng: 35.6895;139.6917", "35.6895;139.6917"),
    ] { #expect(KeyedScan.find(.coordinates, in: text) == [found], "\(text)") }
    #expect(KeyedScan.find(.coordinates, in: "52.520008,13.404954", name: "geo") == ["52.520008,13.404954"])
  }

  @Test func `a precise number with its label before it is one`() {
    for (text, found) in [
      ("moved to lat=52.520008&lon=13.404954", ["52.520008", "13.404954"]),
      (#"{"latitude": "-33.868820", "longitude":151.209290}"#, ["-33.868820", "151.209290"]),
      ("LAT: 35.6895 LONG: 139.6917", ["35.6895", "139.6917"]),
    ] { #expect(KeyedScan.find(.coordinates, in: text) == found, "\(text)") }
    for text in ["lat=52.52", "flat=52.520008", "lat 52.520008ms", "latency=52.520008", "lat=252.520008", "v52.520008"]
    {
      #expect(KeyedScan.find(.coordinates, in: text) == [], "\(text)")
    }
  }

  @Test func `two numbers without a word, or that are no place, are none`() {
    for text in [
      "loss 0.123456, 0.234567", "values 52.520008, 13.404954", "gps 52.52, 13.40", "gps 252.520008, 13.404954",
      "gps 152.520008, 113.404954", "oid 1.3.6.1.4.1.51721.7601", "gps 1.52.520008, 13.404954", "10.0.22252.5750",
      "gps v52.520008, 13.404954", "gps 52.520008, 13.404954.7",
    ] { #expect(KeyedScan.find(.coordinates, in: text) == [], "\(text)") }
  }
}
