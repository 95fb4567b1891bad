internal import Glibc

exit(benchmark(Array(CommandLine.arguments.dropFirst())))
