import Foundation
import Testing

@testable import CLI

@Suite struct CrashReportTests {
  @Test func `a report of a crash shows no registers, unless somebody asked for them or for no report`() {
    #expect(CrashReport.setting("") == "registers=none")
    #expect(CrashReport.setting("enable=yes,color=no") == "enable=yes,color=no,registers=none")
    for said in ["registers=none", "registers=all", "color=no,registers=crashed", "enable=no", "enable=off,limit=9"] {
      #expect(CrashReport.setting(said) == nil, "\(said)")
    }
  }
}
