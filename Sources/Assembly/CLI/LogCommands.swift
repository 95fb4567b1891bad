/// `sluice log …`.
let logCommands: [Command] = []
