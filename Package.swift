// swift-tools-version: 6.3
import PackageDescription

/// One baseline for Swift and C alike, so that C's inline functions inline into Swift. Wider kernels are whole-buffer
/// functions that are dispatched at run time.
#if arch(x86_64)
  let baseline = ["-march=x86-64-v2"]
#else
  let baseline: [String] = []
#endif

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .enableExperimentalFeature("SafeInteropWrappers"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .unsafeFlags(baseline.flatMap { ["-Xcc", $0] }),
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]
let testSettings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .unsafeFlags(baseline.flatMap { ["-Xcc", $0] }),
]
let cSettings: [CSetting] = [.unsafeFlags(baseline + ["-O2", "-Wall", "-Wextra", "-Werror"])]

/// A module under `Sources/<shelf>/<name>`.
func module(_ name: String, on shelf: String, uses: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: uses, path: "Sources/\(shelf)/\(name)", swiftSettings: settings)
}
/// A C library from Debian, under `Sources/Base/<name>`.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, path: "Sources/Base/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}
/// The tests of one module, under `Tests/<name>`.
func tests(_ name: String, of uses: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: uses, path: "Tests/\(name)", swiftSettings: testSettings)
}

/// Everything a shard is made of, for those who put one together.
let line: [Target.Dependency] = ["Bytes", "Events", "Formats", "Settings", "Telemetry", "World"]

/// The fuzz target that the environment names; `Tests/run --only fuzz` builds and runs each.
///
///     FUZZ=http swift build -c release --product fuzz-http --sanitize=fuzzer
let fuzzers: [Target] =
  Context.environment["FUZZ"].map { name in
    [
      .executableTarget(
        name: "fuzz-\(name)",
        dependencies: line + [
          "COpenSSL", "Decode", "Detection", "Inspect", "Kafka", "Redaction", "Schemas", "Store", "TLS",
        ],
        path: "Tests/Fuzz/\(name)",
        swiftSettings: testSettings + [.unsafeFlags(["-parse-as-library"])]
      )
    ]
  } ?? []

let package = Package(
  name: "sluice",
  products: [.executable(name: "sluice", targets: ["CLI"])],
  targets: [
    library("CLiburing", pkgConfig: "liburing", package: "liburing-dev"),
    library("CLZ4", pkgConfig: "liblz4", package: "liblz4-dev"),
    library("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev"),
    library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
    library("CPCRE2", pkgConfig: "libpcre2-8", package: "libpcre2-dev"),
    library("CIDN2", pkgConfig: "libidn2", package: "libidn2-dev"),
    library("COpenSSL", pkgConfig: "openssl", package: "libssl-dev"),
    .target(name: "CKernels", path: "Sources/Base/CKernels", cSettings: cSettings),
    .target(name: "CHost", path: "Sources/Base/CHost", cSettings: cSettings),
    .target(name: "CTLS", path: "Sources/Base/CTLS", cSettings: cSettings),

    module("Bytes", on: "Base", uses: ["CKernels"]),
    module("Events", on: "Base", uses: ["Bytes"]),
    module("Formats", on: "Base", uses: ["Bytes", "CKernels", "CLZ4", "COpenSSL", "CZlib", "Events"]),
    module("Kafka", on: "Base", uses: ["Bytes", "COpenSSL"]),
    module("Schemas", on: "Base", uses: ["Bytes", "CIDN2", "CPCRE2", "Formats"]),
    module("Detection", on: "Base", uses: ["Bytes", "CKernels", "COpenSSL"]),
    module("Redaction", on: "Base", uses: ["Bytes", "COpenSSL", "Detection"]),
    module("Settings", on: "Base", uses: ["CYAML", "Detection", "Events", "Redaction"]),
    module("Telemetry", on: "Base", uses: ["Bytes", "Events"]),
    module("TLS", on: "Base", uses: ["Bytes", "COpenSSL", "CTLS"]),
    module("World", on: "Base", uses: ["Bytes", "Events"]),

    module("Accept", on: "Line", uses: ["Bytes", "Events"]),
    module("Decode", on: "Line", uses: ["Bytes", "Events", "Formats", "CKernels", "COpenSSL"]),
    module("Gate", on: "Line", uses: ["Bytes", "Events", "COpenSSL"]),
    module("Inspect", on: "Line", uses: ["Bytes", "Detection", "Events", "Formats", "Redaction", "Schemas"]),
    module("Mark", on: "Line", uses: ["Bytes", "Events", "Formats"]),
    module("Pack", on: "Line", uses: ["Bytes", "Events", "Formats"]),
    module("Store", on: "Line", uses: ["Bytes", "Events", "Formats", "Kafka"]),

    module(
      "Gateway",
      on: "Assembly",
      uses: line + ["Accept", "Decode", "Gate", "Inspect", "Mark", "Pack", "Redaction", "Schemas", "Store", "TLS"]
    ),
    module("Host", on: "Assembly", uses: ["Bytes", "CHost", "CLiburing", "Events", "Formats", "World"]),
    .target(
      name: "Load",
      dependencies: ["Bytes", "CHost", "CLiburing", "Events", "TLS"],
      path: "Benchmarks/Load",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "CLI",
      dependencies: line + [
        "Accept", "CHost", "Decode", "Detection", "Gate", "Gateway", "Host", "Inspect", "Load", "Redaction", "Schemas",
        "Store", "TLS",
      ],
      path: "Sources/Assembly/CLI",
      swiftSettings: settings
    ),

    .target(
      name: "Simulator",
      dependencies: ["Bytes", "CLZ4", "Events", "Formats", "Kafka", "World"],
      path: "Tests/Simulator",
      exclude: ["mutations.txt"],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "strict-broker",
      dependencies: ["Kafka", "Simulator"],
      path: "Tests/StrictBroker",
      swiftSettings: testSettings
    ),
    .target(name: "KafkaCaptures", path: "Tests/KafkaCaptures", swiftSettings: settings),
    .target(
      name: "LogReading",
      dependencies: ["Bytes", "Events", "Formats", "Store"],
      path: "Tests/LogReading",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "line-benchmark",
      dependencies: line + ["Accept", "Decode", "Gate", "Gateway", "Host", "Simulator", "Store"],
      path: "Benchmarks/Line",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "lane-benchmark",
      dependencies: line + ["Gate", "Host", "Mark", "Pack", "Store"],
      path: "Benchmarks/Lane",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "micro-benchmark",
      dependencies: line + [
        "COpenSSL", "Decode", "Detection", "Gate", "Inspect", "Mark", "Pack", "Redaction", "Schemas", "Store", "TLS",
      ],
      path: "Benchmarks/Micro",
      swiftSettings: settings
    ),

    tests("BytesTests", of: ["Bytes"]),
    tests("FormatsTests", of: ["Bytes", "CKernels", "Events", "Formats"]),
    tests("KafkaTests", of: ["Bytes", "Kafka", "KafkaCaptures"]),
    tests("DetectionTests", of: ["Bytes", "Detection"]),
    tests("RedactionTests", of: ["Bytes", "COpenSSL", "Detection", "Redaction"]),
    tests("SchemasTests", of: ["Bytes", "Formats", "Schemas"]),
    tests("SettingsTests", of: ["Events", "Settings"]),
    tests("TelemetryTests", of: ["Bytes", "Events", "Telemetry"]),
    tests("TLSTests", of: ["Bytes", "COpenSSL", "TLS"]),
    tests("AcceptTests", of: ["Accept", "Bytes", "Events"]),
    tests("DecodeTests", of: ["Bytes", "Decode", "Events", "Formats"]),
    tests("GateTests", of: ["Bytes", "Events", "Gate"]),
    tests("InspectTests", of: ["Bytes", "Detection", "Events", "Formats", "Inspect", "Redaction", "Schemas"]),
    tests("MarkTests", of: ["Bytes", "Events", "Formats", "Mark"]),
    tests("PackTests", of: ["Bytes", "Events", "Formats", "Pack"]),
    tests("ProducerTests", of: ["Bytes", "Formats", "Kafka", "Simulator", "Store"]),
    tests("StoreTests", of: ["Bytes", "Events", "Formats", "Kafka", "LogReading", "Store"]),
    tests("CLITests", of: line + ["CLI", "Host", "Inspect", "Pack", "Schemas", "Store", "TLS"]),
    tests("HostTests", of: ["Bytes", "Events", "Formats", "Host", "World"]),
    tests(
      "SimulationTests",
      of: line + [
        "Accept", "Decode", "Detection", "Gate", "Gateway", "Inspect", "LogReading", "Redaction", "Schemas",
        "Simulator", "Store",
      ]
    ),
    tests("SimulatorKafkaTests", of: ["Bytes", "CLZ4", "Formats", "Kafka", "KafkaCaptures", "Simulator"]),
    tests("BenchmarkTests", of: ["line-benchmark", "micro-benchmark"]),
    tests("LoadTests", of: ["Bytes", "Load", "TLS"]),
    tests("EndToEndTests", of: line + ["Gate", "Gateway", "Host", "LogReading", "Store"]),
    tests("TidyTests", of: []),
  ] + fuzzers,
  swiftLanguageModes: [.v6]
)
