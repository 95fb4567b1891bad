internal import Bytes

/// Counts connections, in total and by where they come from, and says which one is too many.
///
/// An IPv4 address counts alone; an IPv6 address counts with its /64, since that is what one subscriber gets. All
/// memory is allocated at start: a source stands in the table only while it has a connection.
public struct ConnectionLimits: ~Copyable {
  /// What happens to a connection that has been accepted.
  public enum Admittance: Hashable, Sendable {
    case admitted
    /// The shard has as many connections as it may.
    case refusedTotal
    /// Its source has as many connections as one may.
    case refusedSource
  }
  // Visible to importers, which destroy the table and so need its type.
  @usableFromInline struct Place: BitwiseCopyable {
    var source: UInt64 = 0
    /// 0 marks a free place.
    var count: UInt32 = 0
  }

  /// Connections at a time.
  public let connectionsMax: Int
  /// Connections at a time from one source.
  ///
  /// May change while the shard runs; those that are there stay.
  public var perSourceMax: Int
  /// Connections there are.
  public private(set) var connections = 0
  /// Sources there are.
  public private(set) var sources = 0
  private var places: Slots<Place>
  private let seed: UInt64

  /// No connections.
  ///
  /// `seed` is entropy, so that nobody can choose addresses that collide.
  public init(connectionsMax: Int, perSourceMax: Int, seed: UInt64) {
    require(connectionsMax > 0 && perSourceMax > 0, "a limit of connections lets one in")
    (self.connectionsMax, self.perSourceMax, self.seed) = (connectionsMax, perSourceMax, seed)
    var capacity = 2
    while capacity < connectionsMax + connectionsMax / 2 { capacity *= 2 }
    places = Slots(capacity) { _ in Place() }
  }

  /// Counts a connection from an address (IPv4 mapped into IPv6), unless it is one too many.
  ///
  /// Cost: a probe or two.
  public mutating func admit(_ address: UInt128) -> Admittance {
    guard connections < connectionsMax else { return .refusedTotal }
    let source = Self.source(of: address)
    let place = find(source)
    guard places[place].count < UInt32(clamping: perSourceMax) else { return .refusedSource }
    if places[place].count == 0 { sources += 1 }
    places[place] = Place(source: source, count: places[place].count + 1)
    connections += 1
    return .admitted
  }

  /// Forgets a connection that was admitted.
  public mutating func release(_ address: UInt128) {
    let place = find(Self.source(of: address))
    require(places[place].count > 0, "a connection that ends was admitted")
    connections -= 1
    places[place].count -= 1
    guard places[place].count == 0 else { return }
    sources -= 1
    close(gap: place)
  }

  /// How many connections an address's source has.
  public func count(of address: UInt128) -> Int { Int(places[find(Self.source(of: address))].count) }

  /// What counts as one: the IPv4 address, or the first half of an IPv6 address.
  ///
  /// An IPv4 address stands where no IPv6 address can: among the multicast ones, which send nothing.
  static func source(of address: UInt128) -> UInt64 {
    guard address >> 32 == 0xFFFF else { return UInt64(truncatingIfNeeded: address >> 64) }
    return 0xFFFF_FFFF << 32 | UInt64(UInt32(truncatingIfNeeded: address))
  }

  /// Where a source stands, or the free place where it would.
  private func find(_ source: UInt64) -> Int {
    var place = home(source)
    while places[place].count != 0, places[place].source != source { place = (place &+ 1) & (places.count &- 1) }
    return place
  }

  /// Moves up what stands behind a place that has become free, so that no search stops short of it.
  private mutating func close(gap: Int) {
    let mask = places.count - 1
    var gap = gap
    var place = (gap + 1) & mask
    while places[place].count != 0 {
      let fromHome = (place - home(places[place].source)) & mask
      if fromHome >= (place - gap) & mask {
        places[gap] = places[place]
        places[place] = Place()
        gap = place
      }
      place = (place + 1) & mask
    }
  }

  private func home(_ source: UInt64) -> Int {
    Int(truncatingIfNeeded: mixed(source ^ mixed(seed))) & (places.count &- 1)
  }
}

/// Spreads the bits of a number over all of its bits.
///
/// Source: the finaliser of Steele, Lea and Flood's SplitMix64, 2014.
@inline(__always) func mixed(_ value: UInt64) -> UInt64 {
  var bits = value &+ 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ bits &>> 30) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ bits &>> 27) &* 0x94D0_49BB_1331_11EB
  return bits ^ bits &>> 31
}

/// How many connections a shard takes in one turn, so that a flood of them does not keep it from those it has.
public struct AcceptBudget: Sendable {
  /// Connections a turn.
  ///
  /// May change while the shard runs.
  public var perTurn: Int
  private var spent = 0

  /// A budget that is not spent.
  public init(perTurn: Int) {
    require(perTurn > 0, "a turn takes a connection")
    self.perTurn = perTurn
  }
  /// Whether more may be taken this turn.
  ///
  /// Changes by `startTurn` and `spend`.
  public var isLeft: Bool { spent < perTurn }
  /// A turn begins.
  public mutating func startTurn() { spent = 0 }
  /// Counts a connection; `false` when it is over the budget, so that the shard should stop accepting until its next
  /// turn.
  public mutating func spend() -> Bool {
    spent &+= 1
    return spent <= perTurn
  }
}
