/// `sluice log …`: what the log holds, while its gateway runs and when it doesn't.
let logCommands: [Command] = [
  Command(
    name: "log topics",
    summary: "list topics and partitions: offsets, events, bytes, times",
    details: """
      Reads the whole log, since that is where the figures come from. An offset is the place of an event in its
      partition; 'next' is the one that the next event gets. Bytes are those of the stored batches.
      """,
    options: LogDirectory.options + [
      CommandOption("--json", nil, "a line of JSON for each topic and partition")
    ],
    examples: ["sluice log topics --data ./sluice-data"],
    perform: { arguments throws(CommandFailure) in try listTopics(arguments) }
  ),
  Command(
    name: "log cat",
    summary: "print events as lines of JSON",
    details: eventDetails,
    options: LogDirectory.options + choice + [
      CommandOption("--from", "OFFSET", "no events before this one"),
      CommandOption("--to", "OFFSET", "no events after this one"),
      CommandOption("--since", "TIME", "received at TIME or later: 2026-01-31T12:00:00Z, or 15m, 2h, 3d ago"),
      CommandOption("--limit", "N", "no more than N events"),
    ],
    examples: [
      "sluice log cat --data ./sluice-data --topic orders",
      "sluice log cat --data ./sluice-data --since 15m | jq -c .value",
    ],
    perform: { arguments throws(CommandFailure) in try printEvents(arguments) }
  ),
  Command(
    name: "log tail",
    summary: "print the last events, and with -f those that follow",
    details: eventDetails,
    options: LogDirectory.options + choice + [
      CommandOption("--lines", "N", "how many of the last events, by time of receipt (10)", short: "-n"),
      CommandOption("--follow", nil, "print events as they become durable, until Ctrl-C", short: "-f"),
    ],
    examples: [
      "sluice log tail -f --data ./sluice-data", "sluice log tail -n 100 --data ./sluice-data --topic orders",
    ],
    perform: { arguments throws(CommandFailure) in try printLastEvents(arguments) }
  ),
  Command(
    name: "log verify",
    summary: "check every commit, record, offset and index",
    details: """
      Reads the whole log: each commit's checks and its place in the chain, every record, counts, offsets without a gap
      over commits and segments, and indexes. Of a log that no gateway has, it also finds the end as a start would. A
      lane's line says what was read; damage is named by file, offset in it, and commit. A write that a crash cut off is
      no damage: it was never acknowledged.
      """,
    options: LogDirectory.options + [partition],
    examples: ["sluice log verify --data ./sluice-data"],
    perform: { arguments throws(CommandFailure) in try verifyLog(arguments) }
  ),
  Command(
    name: "log export",
    summary: "copy a topic out of the log",
    details: """
      'json' writes lines as 'sluice log cat' prints them, to DIR/TOPIC-PARTITION.jsonl. 'raw' writes the record batches
      as they are stored, to DIR/TOPIC-PARTITION/FIRST-OFFSET.log, which is a segment of a Kafka log. Files that exist
      stay as they are. '-' is standard output.
      """,
    options: LogDirectory.options + [
      CommandOption("--topic", "NAME", "the topic", short: "-t", isRequired: true),
      partition,
      CommandOption("--format", "json|raw", "how (json)"),
      CommandOption("--out", "DIR|-", "where to", short: "-o", isRequired: true),
    ],
    examples: ["sluice log export --data ./sluice-data --topic orders --format raw --out backup"],
    perform: { arguments throws(CommandFailure) in try exportTopic(arguments) }
  ),
]

private let partition = CommandOption("--partition", "N", "this partition: the lane of that number", short: "-p")

private let choice = [
  CommandOption("--topic", "NAME", "this topic; may be given several times", short: "-t", isRepeatable: true),
  partition,
]

private let eventDetails = """
  A line is {"topic", "partition", "offset", "time", "clock", "id", "principal", "traceparent", "key", "value"}; what an
  event does not have is left out. 'time' is when it was received, and 'timeErrorNs' bounds its error where something
  vouches for the clock. A value that is JSON stands there as it is; other text is in 'valueText', and what is no UTF-8
  in 'valueBase64' (keys: 'keyBase64'). Partitions come one after the other, each in the order of its commits.
  """
