/// The country calling codes that are in use, and how many digits national numbers have behind them.
///
/// The lengths are those of numbers that reach people and businesses; short codes of the network are left out.
/// Source: ITU-T E.164 and the list of assigned codes of its Operational Bulletin, national numbering plans.
enum CallingCode {
  /// How many digits a national number may have behind a code of one to three digits; `nil` when it is not assigned.
  static func nationalDigits(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 1: 10...10
    case 7: 10...10
    case 20...99: europeAndAsia(code)
    case 200...299: africa(code)
    case 350...389, 420...423: europe(code)
    case 500...509, 590...599: america(code)
    case 670...699: oceania(code)
    case 800...888: eastAsiaAndServices(code)
    case 960...998: westAndCentralAsia(code)
    default: nil
    }
  }

  /// Codes of two digits.
  private static func europeAndAsia(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 27, 31, 33, 34, 40, 41, 48, 56, 61, 93, 94: 9...9
    case 45, 47, 53, 65: 8...8
    case 52, 57, 58, 90, 91, 98: 10...10
    case 32, 36, 51, 66: 8...9
    case 44, 81, 84: 9...10
    case 54, 55: 10...11
    case 20, 60, 63, 64, 82: 8...10
    case 30: 10...10
    case 39: 6...11
    case 43: 7...13
    case 46: 7...10
    case 49: 6...11
    case 62: 7...12
    case 86: 9...11
    case 92: 9...10
    case 95: 7...10
    default: nil
    }
  }

  private static func africa(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 211, 212, 221, 233, 240, 242, 244, 249, 251, 255, 256, 260, 261, 262: 9...9
    case 216, 222, 223, 226, 227, 228, 235, 236, 250, 253, 257, 266, 268: 8...9
    case 220, 238, 239, 246, 248, 269, 291, 297: 7...7
    case 213, 218, 224, 237, 258: 8...9
    case 230, 241, 267: 7...8
    case 225: 10...10
    case 229, 232, 234: 8...10
    case 231, 243, 245, 252, 264, 265: 7...9
    case 247, 290: 4...6
    case 254: 7...10
    case 263: 8...10
    case 298, 299: 6...6
    default: nil
    }
  }

  private static func europe(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 350, 356, 357, 370, 371, 373, 374, 386, 389: 8...8
    case 351, 375, 380, 420, 421: 9...9
    case 352: 6...9
    case 353, 354, 359, 423: 7...9
    case 355, 377, 381, 382, 383, 385, 387: 8...9
    case 358: 6...11
    case 372: 7...8
    case 376: 6...9
    case 378: 6...10
    default: nil
    }
  }

  private static func america(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 500: 5...5
    case 501, 592: 7...7
    case 502...506, 509, 591, 598: 8...8
    case 507, 599: 7...8
    case 508: 6...9
    case 590, 594, 596: 9...9
    case 593, 595: 8...9
    case 597: 6...7
    default: nil
    }
  }

  private static func oceania(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 670, 675: 7...8
    case 672, 681, 687: 6...6
    case 673, 674, 679, 680, 691, 692: 7...7
    case 676, 677, 678, 688: 5...7
    case 682: 5...5
    case 683, 690: 4...7
    case 685: 5...10
    case 686: 5...8
    case 689: 8...8
    default: nil
    }
  }

  /// The east of Asia, services without a country, and satellites.
  private static func eastAsiaAndServices(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 800, 808, 852, 853: 8...8
    case 850: 8...10
    case 855: 8...9
    case 856: 8...10
    case 870: 9...12
    case 878: 12...12
    case 880: 8...10
    case 881: 8...10
    case 882, 883: 7...12
    case 886: 8...9
    default: nil
    }
  }

  private static func westAndCentralAsia(_ code: Int) -> ClosedRange<Int>? {
    switch code {
    case 960: 7...7
    case 965, 968, 973, 974, 976, 993: 8...8
    case 961: 7...8
    case 966, 992, 994, 995, 996, 998: 9...9
    case 962, 963, 970, 971, 972: 8...9
    case 964, 977: 8...10
    case 967: 7...9
    case 975: 7...8
    case 979: 9...9
    default: nil
    }
  }
}
