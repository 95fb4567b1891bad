internal import Bytes

/// Numbers of taxpayers in Brazil: nine digits and two check digits by mod 11.
///
///     529.982.247-25
///
/// Source: Receita Federal, Instrução Normativa RFB 2172/2024; Norma de Execução SRF/Corat/Cotec 1/1997.
enum BrazilianCPF: Detector {
  static var type: PersonalType { .brCPF }
  static var triggers: [Trigger] { [.groups(3...3, digits: 11), .digits(9...9), .digits(11...11)] }
  static var words: [StaticString] {
    ["cpf", "cpfs", "cadastro de pessoas fisicas", "cadastro de pessoa fisica", "pessoa fisica", "contribuinte"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = read(text, at: token), !number.isOneDigitRepeated, holdsChecks(number) else { return nil }
    guard number.isWhole(in: text) else { return nil }
    if token.count == 3 { return Match(number.range, alone: 95, inContext: 99) }
    return Match(number.range, alone: number.separator.isEmpty ? 35 : 60, inContext: 98)
  }

  /// Reads 3.3.3-2, 9-2 or eleven digits.
  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    switch token.count {
    case 3:
      let marks: Separators = [.dot, .blank, .hyphen]
      guard var number = GroupedNumber(text, at: token.start, groups: [3, 3, 3], by: marks) else { return nil }
      let (kind, width) = text.separator(at: number.end)
      // Four numbers with dots are an address.
      guard kind == .hyphen || kind == .slash || kind == number.separator && kind != .dot else { return nil }
      return number.take(2, after: width, from: text) ? number : nil
    case 9: return GroupedNumber(text, at: token.start, groups: [9, 2], by: [.hyphen, .slash])
    default: return GroupedNumber(text, plain: token)
    }
  }

  private static func holdsChecks(_ number: GroupedNumber) -> Bool {
    let first = number.sum(weights: [10, 9, 8, 7, 6, 5, 4, 3, 2]) &* 10 % 11 % 10
    let second = number.sum(weights: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) &* 10 % 11 % 10
    return first == number[9] && second == number[10]
  }
}
