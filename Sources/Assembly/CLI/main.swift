internal import Glibc

func start() -> Int32 {
  let arguments = CommandLine.arguments
  guard arguments.count == 4, arguments[1] == "run", arguments[2] == "--config" else { return 2 }
  return runGateway(configuration: arguments[3])
}
exit(start())
