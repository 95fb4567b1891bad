/// `sluice schema …`: schemas before they hold for events.
let schemaCommands: [Command] = [
  Command(
    name: "schema check",
    summary: "see whether a schema is one, and compatible with the versions before it",
    details: """
      OLD are the versions before it, the oldest first. Modes: backward (NEW reads what the last one wrote), forward
      (the last one reads what NEW writes), full (both), the same with -transitive (all versions count), none. Each
      incompatibility is named with its path, in the schema that reads, and its reason. Ends with 0 when all is well, 1
      when something is wrong or incompatible, and 2 when that can't be told: a file can't be read, or there are too
      many alternatives to match.
      """,
    operands: Command.Operands(name: "NEW [OLD...]", count: 1...1000),
    options: [
      CommandOption("--mode", "MODE", "what is asked of NEW (backward)", short: "-m"),
      CommandOption("--json", nil, "print one JSON object"),
    ],
    examples: [
      "sluice schema check orders/2.json",
      "sluice schema check orders/3.json orders/1.json orders/2.json --mode full-transitive",
    ],
    perform: { arguments throws(CommandFailure) in try checkSchema(arguments) }
  ),
  Command(
    name: "schema infer",
    summary: "propose a schema for events",
    details: """
      FILE has an event a line, as 'sluice log cat' prints them under 'value'; '-' is standard input. The proposal takes
      every event of the file. Lines that are no JSON are named and left out, and the exit status is 1; it is 2 when the
      file can't be read.
      """,
    operands: Command.Operands(name: "FILE", count: 1...1),
    options: [
      CommandOption("--output", "FILE", "write it to a file that is not there yet (standard output)", short: "-o"),
      CommandOption("--bounds", nil, "propose limits of numbers, lengths and counts too, as they were seen"),
    ],
    examples: [
      "sluice schema infer events.ndjson --output schemas/orders/1.json",
      "sluice log cat --data ./sluice-data --topic orders | jq -c .value | sluice schema infer -",
    ],
    perform: { arguments throws(CommandFailure) in try inferSchema(arguments) }
  ),
]
