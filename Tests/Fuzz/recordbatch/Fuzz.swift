import Bytes
import Events
import Formats

/// Reads hostile bytes as a batch, as a commit's body, as a stamp and as a quarantine record, and compresses them.
///
/// A check that fails would end every run at once, so a batch's length and check are made sound before it is read; what
/// is left to get wrong is what a producer with a working CRC could send.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count < 60_000 else { return 0 }
  let bytes = RawSpan(_unsafeStart: UnsafeRawPointer(start ?? UnsafePointer(bitPattern: 1)!), byteCount: count)
  readBatch(bytes)
  readBody(bytes)
  readStamp(bytes)
  readQuarantined(bytes)
  compress(bytes)
  return 0
}

func readBatch(_ bytes: RawSpan) {
  guard bytes.byteCount >= RecordBatchHeader.byteCount else { return }
  var sound = Region(id: RegionID(rawValue: 0), byteCount: 64 << 10)
  sound.append(bytes)
  sound.store(Int32(bytes.byteCount - 12), at: 8)
  sound.store(RecordBatchHeader.magic, at: 16)
  let checksum = Checksum.crc32c(sound.bytes.extracting(RecordBatchHeader.checkedFrom..<sound.count))
  sound.store(checksum, at: 17)
  var buffer = Region(id: RegionID(rawValue: 1), byteCount: 1 << 20)
  var decompressor = LZ4Decompressor()
  do throws(RecordBatchFault) {
    let batch = try RecordBatch(decoding: sound.bytes)
    var reader = try batch.records(through: &decompressor, into: &buffer)
    var again = Region(id: RegionID(rawValue: 2), byteCount: 2 << 20)
    var records = 0
    while let record = try reader.next() {
      records += 1
      readStamp(record.headers)
      let fits = again.append(
        record: record.timestampMs &- batch.header.baseTimestampMs,
        offsetDelta: Int32(record.offset - batch.header.baseOffset),
        key: record.key,
        hasKey: record.hasKey,
        value: record.value,
        hasValue: record.hasValue,
        headers: record.headers
      )
      precondition(fits, "what was read can be written")
    }
    precondition(records == Int(batch.header.recordCount), "a batch has as many records as it says")
  } catch {
    return
  }
}

func readBody(_ bytes: RawSpan) {
  var reader = BatchReader(bytes)
  do throws(RecordBatchFault) {
    while let element = try reader.next() {
      precondition(element.batch.bytes.byteCount == element.batch.header.batchBytes, "a batch is as long as it says")
    }
  } catch {
    return
  }
}

func readStamp(_ bytes: RawSpan) {
  let stamp: Stamp
  do throws(StampFault) { stamp = try Stamp(decoding: bytes) } catch { return }
  // A stamp that spells out an anonymous principal is read, but never written.
  let isPlain = bytes.byte(1) & StampFlags.principal.rawValue == 0 || stamp.principal != .anonymous
  precondition(!isPlain || StampHeader(stamp).byteCount == bytes.byteCount + 9, "a stamp has one form")
}

func readQuarantined(_ bytes: RawSpan) {
  do throws(QuarantineFault) {
    let record = try QuarantineRecord(decoding: bytes)
    var again = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    guard bytes.byte(0) == QuarantineRecord.version, bytes.byteCount <= again.byteCount else { return }
    again.write(atMost: bytes.byteCount) { $0.append(record) }
    precondition(again.bytes.equals(bytes), "a record has one form")
  } catch {
    return
  }
}

func compress(_ bytes: RawSpan) {
  var frame = Region(id: RegionID(rawValue: 0), byteCount: 64 << 10)
  var compressor = LZ4Compressor()
  guard compressor.begin(in: &frame, bytesMax: frame.byteCount), compressor.append(bytes, into: &frame),
    compressor.end(in: &frame)
  else { preconditionFailure("a frame has room for what does not shrink") }
  var found = Region(id: RegionID(rawValue: 1), byteCount: 64 << 10)
  var decompressor = LZ4Decompressor()
  do throws(LZ4Fault) { try decompressor.decompress(frame.bytes, into: &found) } catch {
    preconditionFailure("a frame that was written can be read")
  }
  precondition(found.bytes.equals(bytes), "what comes out went in")
}
