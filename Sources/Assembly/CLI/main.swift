internal import Glibc

// Only a free function: what stands here is isolated to the main actor.
exit(commandLine(CommandLine.arguments))
