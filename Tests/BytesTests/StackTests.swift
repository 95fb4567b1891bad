import Bytes
import Testing

struct StackTests {
  @Test func `what is put in last comes out first, and parts can be taken out`() {
    var stack = Stack([1, 2, 3])
    #expect(stack.popLast() == 3)
    stack.append(4)
    stack[0] = 7
    stack.remove(1..<2)
    let left = (stack.count, stack[0], stack[1])
    #expect(left == (2, 7, 4))
    stack.remove(0..<2)
    let isEmpty = stack.isEmpty
    #expect(isEmpty && stack.popLast() == nil)
  }

  @Test(arguments: 0..<20) func `it does what an array does`(_ seed: UInt64) {
    var generator = SystemRandomNumberGenerator()
    var stack = Stack<Int>(capacity: 50)
    var array: [Int] = []
    for step in 0..<500 {
      switch Int.random(in: 0..<5, using: &generator) {
      case 0:
        let (left, right) = (stack.popLast(), array.popLast())
        #expect(left == right)
      case 1:
        let start = Int.random(in: 0...array.count, using: &generator)
        let part = start..<min(start + 3, array.count)
        stack.remove(part)
        array.removeSubrange(part)
      default:
        guard array.count < 50 else { continue }
        stack.append(step)
        array.append(step)
      }
      let isSame = stack.count == array.count && array.indices.allSatisfy { stack[$0] == array[$0] }
      #expect(isSame)
    }
  }

  @Test func `beyond its room it stops the process`() async {
    await #expect(processExitsWith: .failure) {
      var stack = Stack([1, 2])
      stack.append(3)
    }
  }
}
