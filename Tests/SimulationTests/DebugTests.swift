import Testing
import Simulator
import Gateway
@Suite struct DebugTests {
  @Test func debug() {
    var story = Story(seed: Seeds.all.lowerBound)
    story.isDebugging = true
    print(story.run())
  }
}
