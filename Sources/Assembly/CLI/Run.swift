internal import Events
internal import Gate
internal import Gateway
internal import Glibc
internal import Host
internal import Settings
internal import Telemetry

/// `sluice run`: serves until told to stop.
///
/// Exit status: 0 after an orderly end, 1 when something failed while running, 2 for settings that can't be used, 3
/// when the machine does not allow it to start.
func runGateway(configuration path: String, tlsKeyLog: String?) -> Int32 {
  let settings: NodeSettings
  do throws(RunMistake) { settings = try readSettings(path) } catch {
    complain(error.text)
    return 2
  }
  let log = Log(form: settings.telemetry.logForm, level: settings.telemetry.logLevel)
  do throws(HostFailure) {
    let signals = try ControlSignals()
    let kernel = try Kernel.probe()
    log.info("kernel", ["found": .text(kernel.summary)])
    let keyLog = try tlsKeyLog.map { path throws(HostFailure) in try TLSKeyLog(path) }
    if let tlsKeyLog {
      log.warning(
        "TLS KEYS ARE BEING LOGGED: whoever reads the file can read all traffic",
        ["file": .text(tlsKeyLog), "remedy": .text("Start without --debug-tls-keys, and delete the file.")]
      )
    }
    let control = try Control(
      settings,
      path: path,
      keyLog: keyLog?.write,
      signals: signals,
      kernel: kernel,
      log: log
    )
    return control.run()
  } catch {
    log.error("cannot start", ["cause": .text(error.cause), "remedy": .text(error.remedy)])
    return 3
  }
}

/// Why settings can't be used, as text for the operator.
struct RunMistake: Error {
  let text: String
}

/// Reads a settings file.
func readSettings(_ path: String) throws(RunMistake) -> NodeSettings {
  let bytes: [UInt8]
  do throws(HostFailure) { bytes = try readWholeFile(path) } catch {
    throw RunMistake(text: "\(error.cause) \(error.remedy)")
  }
  do throws(SettingsMistakes) { return try NodeSettings.read(bytes, file: path, protocols: frontNames) } catch {
    throw RunMistake(text: error.description)
  }
}

/// Reads a small file: at most a mebibyte.
func readWholeFile(_ path: String) throws(HostFailure) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw HostFailure(
      cause: "Cannot read \(path): \(errorText(errno)).",
      remedy: "Check the path and its permissions.",
      errorNumber: errno
    )
  }
  defer { _ = close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: (1 << 20) + 1)
  var filled = 0
  while filled < bytes.count {
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress! + filled, $0.count - filled)
    }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else {
      throw HostFailure(
        cause: "Cannot read \(path): \(errorText(errno)).",
        remedy: "Check that it is a file.",
        errorNumber: errno
      )
    }
    if count == 0 { break }
    filled += count
  }
  guard filled <= 1 << 20 else {
    throw HostFailure(cause: "\(path) is larger than 1 MiB.", remedy: "Check that it is the right file.")
  }
  return Array(bytes.prefix(filled))
}

/// Writes a line to standard error.
func complain(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = unsafe write(2, line, line.count)
}

extension TelemetrySettings {
  var logForm: LogForm { log == .json ? .json : .logfmt }
  var logLevel: LogLevel {
    switch level {
    case .debug: .debug
    case .info: .info
    case .warning: .warning
    case .error: .error
    }
  }
}
