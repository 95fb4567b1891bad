internal import Bytes
internal import CHost
internal import Glibc
internal import World

/// Handing over and waiting.
extension Host {
  /// Hands over what is queued and waits, as the policy says, until there is something to take.
  public mutating func wait() {
    if found == nil { found = pull() }
    // The shard has work: hand over, collect what else is ready, and do not sleep.
    if found != nil { return handOver() }
    pool.publish()
    shutDownQueued()
    repeat {
      rest()
      found = pull()
      pool.publish()
    } while found == nil
  }

  /// Hands over and waits for a time; see `Machine`.
  public mutating func wait(atMostNs limitNs: Int64) {
    guard limitNs > 0 else { return handOver() }
    if found == nil { found = pull() }
    guard found == nil else { return handOver() }
    pool.publish()
    shutDownQueued()
    let asked = word.goToSleep()
    guard asked.isEmpty else {
      hear(asked)
      return handOver()
    }
    ring.enter(waitingFor: 1, timeoutNs: limitNs)
    hear(word.wakeUp())
  }
  /// Hands over and collects what is ready; who asks for the shard is heard.
  private mutating func handOver() {
    pool.publish()
    shutDownQueued()
    if word.isAsked { hear(word.wakeUp()) }
    if ring.queued > 0 || ring.wantsEnter { ring.enter(waitingFor: 0) }
  }

  /// Hands over and waits once, as the policy says; may find nothing.
  private mutating func rest() {
    if case .latency(let spinNs) = policy {
      if ring.queued > 0 { ring.enter(waitingFor: 0) }
      if spin(spinNs) {
        if ring.wantsEnter { ring.enter(waitingFor: 0) }
        return
      }
    }
    let asked = word.goToSleep()
    guard asked.isEmpty else {
      hear(asked)
      if ring.queued > 0 || ring.wantsEnter { ring.enter(waitingFor: 0) }
      return
    }
    switch policy {
    case .latency, .balanced: ring.enter(waitingFor: 1)
    case .economy(let minimumWaitNs): economise(minimumWaitNs)
    }
    hear(word.wakeUp())
  }

  /// Takes note of what other threads asked for.
  private mutating func hear(_ asked: WakeWord.Contents) {
    if asked.contains(.woken) { isWoken = true }
    if asked.contains(.prepared) { hasProgress = true }
  }

  /// Waits for many completions, for one after the minimum of time.
  private mutating func economise(_ minimumWaitNs: Int64) {
    let many: UInt32 = 256
    guard minimumWaitNs > 0 else { return ring.enter(waitingFor: 1) }
    if kernel.features.contains(.minimumWait) {
      ring.enter(waitingFor: many, minimumWaitUs: UInt32(clamping: max(1, minimumWaitNs / 1000)))
    } else {
      ring.enter(waitingFor: many, timeoutNs: minimumWaitNs)
      if !ring.isReady { ring.enter(waitingFor: 1) }
    }
  }

  /// Watches the ring from user space for so long; whether something is there.
  private func spin(_ durationNs: Int64) -> Bool {
    let end = nanoseconds(of: CLOCK_MONOTONIC) &+ durationNs
    repeat {
      for _ in 0..<16 {
        if ring.isReady { return true }
        if word.isAsked { return false }
        host_pause()
      }
    } while nanoseconds(of: CLOCK_MONOTONIC) < end
    return false
  }
}
