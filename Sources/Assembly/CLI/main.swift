internal import Glibc

CrashReport.hideMemory()
if CommandLine.arguments.dropFirst().first != "run" { CrashReport.forbidDumps() }
// Only a free function: what stands here is isolated to the main actor.
exit(commandLine(CommandLine.arguments))
