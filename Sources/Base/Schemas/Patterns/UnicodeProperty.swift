/// A property of characters that PCRE2 looks up.
///
/// Source: ECMA-262 §21.2.1.8.3 (UnicodeMatchProperty): names are exact, in case and underscores too.
struct UnicodeProperty: Hashable, Sendable {
  /// As PCRE2 writes it between the braces.
  let name: String
  let isNegated: Bool

  /// What a name in braces means: members that are known here, or a property that PCRE2 knows.
  enum Meaning {
    case set(ScalarSet)
    case property(String)
  }

  /// What `text`, the inside of `\p{…}`, means.
  static func named(_ text: String) -> Meaning? {
    guard let equals = text.firstIndex(of: "=") else {
      if let short = categories[text] { return .property(short) }
      return binary(text)
    }
    let value = String(text[text.index(after: equals)...])
    switch text[..<equals] {
    case "General_Category", "gc": return categories[value].map { .property($0) }
    case "Script", "sc": return scripts[value].map { .property("sc:\($0)") }
    case "Script_Extensions", "scx": return scripts[value].map { .property("scx:\($0)") }
    default: return nil
    }
  }

  private static func binary(_ text: String) -> Meaning? {
    switch text {
    case "Any": return .set(.all)
    case "ASCII": return .set(.ascii)
    case "ASCII_Hex_Digit", "AHex": return .set(.hexDigits)
    case "Assigned": return .property("^Cn")
    case "Changes_When_NFKC_Casefolded", "CWKCF": return .set(changesWhenFolded)
    default: return binaries[text].map { .property($0) }
    }
  }

  /// The one property that PCRE2 lacks; taken from the Swift library when it is first asked for.
  private static let changesWhenFolded = ScalarSet(
    (0...0x10FFFF).compactMap { (value: UInt32) -> ClosedRange<UInt32>? in
      Unicode.Scalar(value).flatMap { $0.properties.changesWhenNFKCCaseFolded ? value...value : nil }
    }
  )

  /// Every name in `table`, each row being one thing's names with PCRE2's first.
  private static func names(_ table: String) -> [String: String] {
    var names: [String: String] = [:]
    for row in table.split(whereSeparator: { $0 == "," || $0.isNewline }) {
      let words = row.split(separator: " ").map(String.init)
      for word in words { names[word] = words[0] }
    }
    return names
  }

  static let categories: [String: String] = {
    var found = names(
      """
      C Other, Cc Control cntrl, Cf Format, Cn Unassigned, Co Private_Use, Cs Surrogate
      L Letter, Ll Lowercase_Letter, Lm Modifier_Letter, Lo Other_Letter, Lt Titlecase_Letter, Lu Uppercase_Letter
      M Mark Combining_Mark, Mc Spacing_Mark, Me Enclosing_Mark, Mn Nonspacing_Mark
      N Number, Nd Decimal_Number digit, Nl Letter_Number, No Other_Number
      P Punctuation punct, Pc Connector_Punctuation, Pd Dash_Punctuation, Pe Close_Punctuation
      Pf Final_Punctuation, Pi Initial_Punctuation, Po Other_Punctuation, Ps Open_Punctuation
      S Symbol, Sc Currency_Symbol, Sk Modifier_Symbol, Sm Math_Symbol, So Other_Symbol
      Z Separator, Zl Line_Separator, Zp Paragraph_Separator, Zs Space_Separator
      """
    )
    found["LC"] = "L&"
    found["Cased_Letter"] = "L&"
    return found
  }()

  static let binaries = names(
    """
    Alphabetic Alpha, Bidi_Control Bidi_C, Bidi_Mirrored Bidi_M, Case_Ignorable CI, Cased, Changes_When_Casefolded CWCF
    Changes_When_Casemapped CWCM, Changes_When_Lowercased CWL, Changes_When_Titlecased CWT, Changes_When_Uppercased CWU
    Dash, Default_Ignorable_Code_Point DI, Deprecated Dep, Diacritic Dia, Emoji, Emoji_Component EComp
    Emoji_Modifier EMod, Emoji_Modifier_Base EBase, Emoji_Presentation EPres, Extended_Pictographic ExtPict
    Extender Ext, Grapheme_Base Gr_Base, Grapheme_Extend Gr_Ext, Hex_Digit Hex, IDS_Binary_Operator IDSB
    IDS_Trinary_Operator IDST, ID_Continue IDC, ID_Start IDS, Ideographic Ideo, Join_Control Join_C
    Logical_Order_Exception LOE, Lowercase Lower, Math, Noncharacter_Code_Point NChar, Pattern_Syntax Pat_Syn
    Pattern_White_Space Pat_WS, Quotation_Mark QMark, Radical, Regional_Indicator RI, Sentence_Terminal STerm
    Soft_Dotted SD, Terminal_Punctuation Term, Unified_Ideograph UIdeo, Uppercase Upper, Variation_Selector VS
    White_Space space, XID_Continue XIDC, XID_Start XIDS
    """
  )

  static let scripts = names(
    """
    Adlam Adlm, Ahom, Anatolian_Hieroglyphs Hluw, Arabic Arab, Armenian Armn, Avestan Avst, Balinese Bali, Bamum Bamu
    Bassa_Vah Bass, Batak Batk, Bengali Beng, Bhaiksuki Bhks, Bopomofo Bopo, Brahmi Brah, Braille Brai, Buginese Bugi
    Buhid Buhd, Canadian_Aboriginal Cans, Carian Cari, Caucasian_Albanian Aghb, Chakma Cakm, Cham, Cherokee Cher
    Chorasmian Chrs, Common Zyyy, Coptic Copt Qaac, Cuneiform Xsux, Cypriot Cprt, Cypro_Minoan Cpmn, Cyrillic Cyrl
    Deseret Dsrt, Devanagari Deva, Dives_Akuru Diak, Dogra Dogr, Duployan Dupl, Egyptian_Hieroglyphs Egyp
    Elbasan Elba, Elymaic Elym, Ethiopic Ethi, Georgian Geor, Glagolitic Glag, Gothic Goth, Grantha Gran, Greek Grek
    Gujarati Gujr, Gunjala_Gondi Gong, Gurmukhi Guru, Han Hani, Hangul Hang, Hanifi_Rohingya Rohg, Hanunoo Hano
    Hatran Hatr, Hebrew Hebr, Hiragana Hira, Imperial_Aramaic Armi, Inherited Zinh Qaai, Inscriptional_Pahlavi Phli
    Inscriptional_Parthian Prti, Javanese Java, Kaithi Kthi, Kannada Knda, Katakana Kana, Kayah_Li Kali
    Kharoshthi Khar, Khitan_Small_Script Kits, Khmer Khmr, Khojki Khoj, Khudawadi Sind, Lao Laoo, Latin Latn
    Lepcha Lepc, Limbu Limb, Linear_A Lina, Linear_B Linb, Lisu, Lycian Lyci, Lydian Lydi, Mahajani Mahj
    Makasar Maka, Malayalam Mlym, Mandaic Mand, Manichaean Mani, Marchen Marc, Masaram_Gondi Gonm, Medefaidrin Medf
    Meetei_Mayek Mtei, Mende_Kikakui Mend, Meroitic_Cursive Merc, Meroitic_Hieroglyphs Mero, Miao Plrd, Modi
    Mongolian Mong, Mro Mroo, Multani Mult, Myanmar Mymr, Nabataean Nbat, Nandinagari Nand, New_Tai_Lue Talu, Newa
    Nko Nkoo, Nushu Nshu, Nyiakeng_Puachue_Hmong Hmnp, Ogham Ogam, Ol_Chiki Olck, Old_Hungarian Hung, Old_Italic Ital
    Old_North_Arabian Narb, Old_Permic Perm, Old_Persian Xpeo, Old_Sogdian Sogo, Old_South_Arabian Sarb
    Old_Turkic Orkh, Old_Uyghur Ougr, Oriya Orya, Osage Osge, Osmanya Osma, Pahawh_Hmong Hmng, Palmyrene Palm
    Pau_Cin_Hau Pauc, Phags_Pa Phag, Phoenician Phnx, Psalter_Pahlavi Phlp, Rejang Rjng, Runic Runr, Samaritan Samr
    Saurashtra Saur, Sharada Shrd, Shavian Shaw, Siddham Sidd, SignWriting Sgnw, Sinhala Sinh, Sogdian Sogd
    Sora_Sompeng Sora, Soyombo Soyo, Sundanese Sund, Syloti_Nagri Sylo, Syriac Syrc, Tagalog Tglg, Tagbanwa Tagb
    Tai_Le Tale, Tai_Tham Lana, Tai_Viet Tavt, Takri Takr, Tamil Taml, Tangsa Tnsa, Tangut Tang, Telugu Telu
    Thaana Thaa, Thai, Tibetan Tibt, Tifinagh Tfng, Tirhuta Tirh, Toto, Ugaritic Ugar, Vai Vaii, Vithkuqi Vith
    Wancho Wcho, Warang_Citi Wara, Yezidi Yezi, Yi Yiii, Zanabazar_Square Zanb, Unknown Zzzz
    """
  )
}
