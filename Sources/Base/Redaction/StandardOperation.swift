extension OperatorCatalogue {
  /// What is done unless settings say something else: the value becomes the name of its kind.
  public static var standard: Operation { Operation(Replace.self) }
}
