import Bytes
import Glibc
import Testing

@Suite struct PrivatePagesTests {
  /// What the kernel says of the mapping that an address is in: its flags, of which `dd` is "not in dumps".
  private func flags(of address: UnsafeMutableRawPointer) -> [Substring] {
    let file = fopen("/proc/self/smaps", "r")!
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    var isInside = false
    while fgets(&line, CInt(line.count), file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        .split { $0 == " " || $0 == "\n" }
      let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if ends.count == 2 { isInside = (ends[0]..<ends[1]).contains(UInt(bitPattern: address)) }
      if isInside, words[0] == "VmFlags:" { return Array(words.dropFirst()) }
    }
    return []
  }

  @Test func `pages for events are zeros, and in no core dump`() {
    for byteCount in [0, 1, 4096, 10_000, 3 << 20] {
      let pages = PrivatePages(byteCount: byteCount)
      #expect(pages.byteCount == byteCount && pages.memory.count == byteCount)
      #expect(pages.memory.allSatisfy { $0 == 0 })
      #expect(flags(of: pages.first).contains("dd"), "\(byteCount)")
    }
  }

  @Test func `a region is in no core dump, alone or of a stretch`() {
    let region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    #expect(flags(of: region.memory.baseAddress!).contains("dd"))
    var stretch = RegionStretch(count: 2, byteCount: 64 << 10, areFilled: true)
    for index in 0..<UInt32(2) {
      let region = stretch.region(id: RegionID(rawValue: index), byteCount: 64 << 10)
      #expect(flags(of: region.memory.baseAddress! + (64 << 10) - 1).contains("dd"))
    }
  }

  @Test func `memory of malloc is in core dumps`() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    defer { memory.deallocate() }
    let flags = flags(of: memory)
    #expect(!flags.isEmpty && !flags.contains("dd"), "\(flags)")
  }
}
