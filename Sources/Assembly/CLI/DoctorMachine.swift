internal import CHost
internal import Gate
internal import Glibc
internal import Host
internal import Settings
internal import World

func examineKernel(_ diagnosis: inout Diagnosis) {
  do throws(HostFailure) {
    let kernel = try Kernel.probe()
    diagnosis.ok("kernel", kernel.summary)
  } catch { diagnosis.fail("kernel", error.cause, remedy: error.remedy) }
}

/// Descriptors and locked memory.
func examineProcess(_ plan: NodePlan, _ diagnosis: inout Diagnosis) {
  let needed = ProcessLimits.descriptors(
    sizes: plan.sizes,
    shards: plan.shards,
    listeners: plan.settings.listeners.count
  )
  let files = hardLimit(7)
  let withoutConnections = needed - plan.sizes.connections * plan.shards
  let remedy = "raise the hard limit (systemd: LimitNOFILE=\(needed)), or lower 'limits.connections'"
  if files >= needed {
    diagnosis.ok("open files", "\(needed) needed, \(limitText(files)) allowed")
  } else if files > withoutConnections {
    let rest =
      "so \(counted(files - withoutConnections, "connection")) at a time instead of \(needed - withoutConnections)"
    diagnosis.warn("open files", "\(needed) needed, \(files) allowed, \(rest)", remedy: remedy)
  } else {
    diagnosis.fail("open files", "\(needed) needed, \(files) allowed", remedy: remedy)
  }
  let locked = plan.sizes.batches * plan.sizes.batchBytes * plan.shards
  let allowed = hardLimit(8)
  if allowed >= locked || geteuid() == 0 {
    diagnosis.ok(
      "locked memory",
      "\(readable(locked)) wanted, \(geteuid() == 0 ? "root may" : limitText(allowed) + " allowed")"
    )
  } else {
    diagnosis.warn(
      "locked memory",
      "\(readable(locked)) wanted for commits, \(readable(allowed)) allowed: they are pinned write by write",
      remedy: "raise the limit (systemd: LimitMEMLOCK=infinity)"
    )
  }
}

/// What the process may raise a limit to.
private func hardLimit(_ resource: UInt32) -> Int {
  var limit = rlimit()
  guard unsafe getrlimit(__rlimit_resource_t(resource), &limit) == 0 else { return 0 }
  return Int(clamping: limit.rlim_max)
}
private func limitText(_ limit: Int) -> String { limit == .max ? "any number" : "\(limit)" }

func examineMemory(_ plan: NodePlan, _ diagnosis: inout Diagnosis) {
  let needed = plan.bytesTotal
  let information = meminfo()
  let total = information["MemTotal"] ?? .max
  let available = information["MemAvailable"] ?? total
  let group = groupLimit("memory.max").flatMap { Int($0) } ?? .max
  let text = "\(readable(needed)) at most, with every connection and buffer in use"
  if needed > min(total, group) {
    let bound = group < total ? "the control group allows \(readable(group))" : "the machine has \(readable(total))"
    diagnosis.warn(
      "memory",
      "\(text); \(bound)",
      remedy: "lower 'limits.connections', 'limits.receive_buffers' or 'limits.large_messages'"
    )
  } else if needed > available {
    diagnosis.warn("memory", "\(text); \(readable(available)) is available", remedy: "make room, or lower the limits")
  } else {
    diagnosis.ok("memory", "\(text); \(readable(min(available, group))) is available")
  }
  if let pages = kernelText("/sys/kernel/mm/transparent_hugepage/enabled"), pages.contains("[always]") {
    diagnosis.warn(
      "huge pages",
      "transparent ones are always used, so tables that are touched here and there take memory as if full",
      remedy: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
    )
  }
}

private func meminfo() -> [String: Int] {
  var values: [String: Int] = [:]
  for line in (kernelText("/proc/meminfo") ?? "").split(separator: "\n") {
    let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
    if words.count >= 2, let value = Int(words[1]) { values[String(words[0])] = value << 10 }
  }
  return values
}

/// A file of the control group that the process is in, or of the nearest one above that has it.
private func groupLimit(_ name: String) -> String? {
  guard let groups = kernelText("/proc/self/cgroup"),
    let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
  else { return nil }
  var parts = line.dropFirst(3).split(separator: "/")
  while true {
    let path = (["/sys/fs/cgroup"] + parts.map(String.init) + [name]).joined(separator: "/")
    if let text = kernelText(path), !text.hasPrefix("max") { return text }
    guard parts.popLast() != nil else { return nil }
  }
}

func examineCPUs(shards: Int, _ allowed: [Int32], _ diagnosis: inout Diagnosis) {
  let quota = groupLimit("cpu.max").map { $0.split(separator: " ").compactMap { Int($0) } } ?? []
  if shards > allowed.count {
    diagnosis.warn(
      "CPUs",
      "\(counted(shards, "shard")) on \(counted(allowed.count, "CPU")): some share one",
      remedy: "set 'shards: \(allowed.count)' or fewer, or widen the affinity mask"
    )
  } else if quota.count == 2, quota[0] < shards * quota[1] {
    diagnosis.warn(
      "CPUs",
      "\(counted(shards, "shard")), but the control group allows \(quota[0] * 100 / quota[1]) % of a CPU",
      remedy: "set 'shards: \(max(1, quota[0] / quota[1]))', or raise the quota"
    )
  } else {
    diagnosis.ok("CPUs", "\(counted(shards, "shard")), \(counted(allowed.count, "CPU")) allowed")
  }
  let frequency = "/sys/devices/system/cpu/cpu\(allowed[0])/cpufreq"
  // The powersave of intel_pstate and amd-pstate follows the load; only that of other drivers stays slow.
  if let governor = kernelText("\(frequency)/scaling_governor") {
    let driver = kernelText("\(frequency)/scaling_driver") ?? ""
    if governor == "powersave", !driver.contains("pstate") {
      diagnosis.warn("CPU governor", governor, remedy: "cpupower frequency-set -g performance (or schedutil)")
    } else {
      diagnosis.ok("CPU governor", governor)
    }
  }
}

func examineNetwork(_ settings: NodeSettings, isRunning: Bool, _ diagnosis: inout Diagnosis) {
  let backlog = settings.listeners.map(\.backlog).max() ?? 0
  if let text = kernelText("/proc/sys/net/core/somaxconn"), let most = Int(text), most < backlog {
    diagnosis.warn(
      "backlog",
      "listeners want \(backlog) waiting connections, the kernel keeps \(most)",
      remedy: "sysctl -w net.core.somaxconn=\(backlog)"
    )
  } else {
    diagnosis.ok("backlog", "\(backlog) waiting connections")
  }
  for (name, address) in settings.listeners.map({ ($0.name, $0.address) }) + [("admin", settings.adminAddress)] {
    let what = "listener \(name)"
    switch bindable(address) {
    case 0: diagnosis.ok(what, "\(address) is free")
    case EADDRINUSE where isRunning:
      diagnosis.ok(what, "\(address) is in use, most likely by the gateway that is running")
    case EADDRINUSE:
      diagnosis.fail(
        what,
        "\(address) is in use",
        remedy: "stop who listens there (ss -ltnp), or choose another address"
      )
    case EACCES:
      let remedy = "choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=)"
      diagnosis.fail(what, "\(address) may not be used", remedy: remedy)
    case let errorNumber:
      diagnosis.fail(what, "\(address): \(errorText(errorNumber))", remedy: "choose an address that this machine has")
    }
  }
}

/// Whether an address can be listened on: 0, or an error number.
private func bindable(_ address: ListenAddress) -> Int32 {
  let family = address.isIPv4 ? AF_INET : AF_INET6
  let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return errno }
  defer { _ = close(descriptor) }
  var on: Int32 = 1
  _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
  if address.isIPv4 {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(family)
    name.sin_port = address.port.bigEndian
    name.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.bits).bigEndian
    return bound(descriptor, &name, family)
  }
  var name = sockaddr_in6()
  name.sin6_family = sa_family_t(family)
  name.sin6_port = address.port.bigEndian
  let bits = address.bits.bigEndian
  // SAFETY: both are 16 bytes of plain data.
  unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { unsafe $0.storeBytes(of: bits, as: UInt128.self) }
  _ = unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
  return bound(descriptor, &name, family)
}
private func bound<Name>(_ descriptor: Int32, _ name: inout Name, _ family: Int32) -> Int32 {
  let count = socklen_t(MemoryLayout<Name>.size)
  // SAFETY: the kernel reads `count` bytes of a name of this family.
  let result = unsafe withUnsafePointer(to: &name) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, count) }
  }
  return result == 0 ? 0 : errno
}

func examineKeys(_ path: String, _ diagnosis: inout Diagnosis) throws(CommandFailure) {
  switch try KeysOnDisk.check(path) {
  case .good(let keys): diagnosis.ok("keys", "\(path): \(counted(keys.entries.count { !$0.isRevoked }, "key"))")
  case .wrong(let lines):
    diagnosis.fail("keys", lines[0], remedy: "sluice check lists every mistake in the file")
  }
}

func examineClock(_ diagnosis: inout Diagnosis) {
  let daemons = timeDaemons()
  let seen = daemons.isEmpty ? "no time daemon is seen" : "kept by \(daemons.joined(separator: ", "))"
  // The kernel's own estimate is nobody's promise: it never becomes the bound of an event's time.
  if host_clock_is_synchronised() == 1 {
    diagnosis.ok("clock", "synchronised, \(seen); events' times carry no bound of error")
  } else if daemons.isEmpty {
    diagnosis.warn(
      "clock",
      "not synchronised, and \(seen)",
      remedy: "run chrony, or ptp4l and phc2sys where there is PTP"
    )
  } else {
    diagnosis.warn(
      "clock",
      "not synchronised, though \(seen)",
      remedy: "ask the daemon (chronyc tracking, timedatectl)"
    )
  }
  if let source = kernelText("/sys/devices/system/clocksource/clocksource0/current_clocksource") {
    if ["hpet", "acpi_pm", "jiffies", "refined-jiffies"].contains(source) {
      diagnosis.warn(
        "clock source",
        "\(source): each reading is a system call",
        remedy: "boot with clocksource=tsc if the CPU's is reliable"
      )
    } else {
      diagnosis.ok("clock source", source)
    }
  }
}

/// Programs that keep clocks, among the processes that can be seen.
private func timeDaemons() -> [String] {
  let known = ["chronyd", "ntpd", "ntpsec", "systemd-timesyn", "ptp4l", "phc2sys", "clockbound"]
  guard let stream = unsafe opendir("/proc") else { return [] }
  defer { _ = unsafe closedir(stream) }
  var found: [String] = []
  while let entry = unsafe readdir(stream) {
    // SAFETY: readdir ends the name with a zero; it is copied before the next call.
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    guard name.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let program = kernelText("/proc/\(name)/comm"),
      known.contains(program), !found.contains(program)
    else { continue }
    found.append(program)
  }
  return found
}

/// A size rounded to what people read.
func readable(_ bytes: Int) -> String {
  guard bytes != .max else { return "any amount" }
  let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
  for (name, shift) in units where bytes >= 1 << shift {
    let tenths = Int((Double(bytes) / Double(1 << shift) * 10).rounded())
    return tenths >= 100 || tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
  }
  return "\(bytes) B"
}
