internal import Bytes
internal import Kafka

/// What a broker checks of a batch before it looks who sent it, in its order.
///
/// Source: `ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords` and `LogValidator` of Apache Kafka
/// 3.8; what each deviation is answered with was seen on 3.8.0.
struct BatchValidation {
  /// The largest batch, header included.
  var batchBytesMax: Int
  /// Whether every record must have a key.
  var isCompacted: Bool

  /// Finds the one batch that a producer may send for a partition.
  ///
  /// Throws: that there is none, or more than one, or of another format.
  static func findBatch(in bytes: ArraySlice<UInt8>, version: Int16) throws(ProduceFault) -> Range<Int> {
    var walk = BatchWalk(bytes)
    guard let (range, magic) = try walk.next() else { throw ProduceFault(.invalidRecord, "no batch") }
    guard magic == 2 else { throw ProduceFault(.invalidRecord, "format \(magic)") }
    if version < 7, range.count >= ClusterBatch.headerBytes {
      let codec = bytes[range.lowerBound + 22] & 7
      guard codec != 4 else { throw ProduceFault(.unsupportedCompressionType, "zstd before version 7") }
    }
    guard try walk.next() == nil else { throw ProduceFault(.invalidRecord, "more than one batch") }
    return range
  }

  /// Checks a batch and corrects what a broker corrects.
  ///
  /// Returns: the batch, ready to be numbered.
  func validated(_ bytes: [UInt8]) throws(ProduceFault) -> ClusterBatch {
    guard bytes.count >= ClusterBatch.headerBytes else { throw ProduceFault(.corruptMessage, "a cut header") }
    var batch = ClusterBatch(bytes)
    guard batch.baseOffset == 0 else { throw ProduceFault(.invalidRecord, "base offset \(batch.baseOffset)") }
    guard bytes.count <= batchBytesMax else { throw ProduceFault(.messageTooLarge, "\(bytes.count) bytes") }
    guard batch.checksum == batch.computedChecksum else { throw ProduceFault(.corruptMessage, "CRC") }
    guard batch.codec <= 4 else { throw ProduceFault(.unknownServerError, "codec \(batch.codec)") }
    try checkHeader(batch)
    guard let records = try recordBytes(of: batch) else { return batch }
    batch.keepTimestamps(maxMs: try checkRecords(records, of: batch))
    return batch
  }

  private func checkHeader(_ batch: ClusterBatch) throws(ProduceFault) {
    guard batch.lastOffsetDelta >= 0 else {
      throw ProduceFault(.invalidRecord, "last offset delta \(batch.lastOffsetDelta)")
    }
    guard batch.recordCount > 0 else { throw ProduceFault(.invalidRecord, "\(batch.recordCount) records") }
    guard Int64(batch.lastOffsetDelta) + 1 == Int64(batch.recordCount) else {
      throw ProduceFault(.invalidRecord, "\(batch.recordCount) records, last offset delta \(batch.lastOffsetDelta)")
    }
    guard !batch.isControl else { throw ProduceFault(.invalidRecord, "a control batch") }
    guard !batch.hasProducer || batch.baseSequence != -1 else {
      throw ProduceFault(.invalidRecord, "a producer id without a sequence")
    }
  }

  /// The records of a batch as they were before they were compressed; `nil` for a codec that is not read here.
  private func recordBytes(of batch: ClusterBatch) throws(ProduceFault) -> [UInt8]? {
    switch batch.codec {
    case 0: return batch.records
    case 3:
      do throws(ClusterLZ4.Fault) { return try ClusterLZ4.decompress(batch.records) } catch {
        throw ProduceFault(.unknownServerError, "LZ4: \(error.reason)")
      }
    default: return nil
    }
  }

  /// Walks the records; returns their latest time.
  private func checkRecords(_ bytes: [UInt8], of batch: ClusterBatch) throws(ProduceFault) -> Int64 {
    var walk = unsafe RecordWalk(bytes.span.bytes)
    var latestMs: Int64 = -1
    var isConsecutive = true
    var faults: [ProducedRecordError] = []
    for index in 0..<batch.recordCount {
      let record: StoredRecord
      do throws(RecordWalk.Fault) { record = try walk.next() } catch {
        switch error {
        case .invalid(let reason): throw ProduceFault(.invalidRecord, "record \(index): \(reason)")
        case .unexpected(let reason): throw ProduceFault(.unknownServerError, "record \(index): \(reason)")
        }
      }
      isConsecutive = isConsecutive && record.offset == Int64(index)
      latestMs = max(
        latestMs,
        batch.isLogAppendTime ? batch.maxTimestampMs : batch.baseTimestampMs &+ record.timestampMs
      )
      if isCompacted, record.key == nil {
        faults.append(Self.error(index, "Compacted topic cannot accept message without key."))
      }
    }
    guard !walk.hasMore else { throw ProduceFault(.invalidRecord, "more records than its header says") }
    guard faults.isEmpty else { throw Self.rejection(faults) }
    // A broker writes a compressed batch anew when its deltas are not in order, and stumbles over keys it has skipped.
    guard batch.codec == 0 || isConsecutive else {
      throw ProduceFault(.unknownServerError, "compressed records whose offset deltas are not consecutive")
    }
    return latestMs
  }

  static func error(_ index: Int32, _ message: String) -> ProducedRecordError {
    var error = ProducedRecordError()
    (error.index, error.message) = (index, message)
    return error
  }
  /// The refusal of a batch because of some of its records.
  ///
  /// Source: KIP-467.
  static func rejection(_ records: [ProducedRecordError]) -> ProduceFault {
    var fault = ProduceFault(.invalidRecord, "\(records.count) records are rejected")
    fault.records = records
    fault.message = "One or more records have been rejected"
    return fault
  }
}

extension StoredRecord {
  /// The records of a batch of a log; `nil` where their codec is not read here.
  static func all(of batch: ClusterBatch) -> [StoredRecord]? {
    content(of: batch).map { read($0, of: batch) }
  }
  private static func read(_ bytes: [UInt8], of batch: ClusterBatch) -> [StoredRecord] {
    var walk = unsafe RecordWalk(bytes.span.bytes)
    var records: [StoredRecord] = []
    for _ in 0..<batch.recordCount {
      do throws(RecordWalk.Fault) {
        var record = try walk.next()
        record.offset += batch.baseOffset
        record.timestampMs &+= batch.baseTimestampMs
        records.append(record)
      } catch { preconditionFailure("a log has sound records") }
    }
    return records
  }
  private static func content(of batch: ClusterBatch) -> [UInt8]? {
    switch batch.codec {
    case 0: return batch.records
    case 3:
      do { return try ClusterLZ4.decompress(batch.records) } catch { preconditionFailure("a log has sound frames") }
    default: return nil
    }
  }
}
