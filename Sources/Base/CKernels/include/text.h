#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Which of 64 bytes of a text are of what kind, one bit for each.
struct kernel_text_block {
  /// Letters, digits, and bytes from 0x80 on.
  uint64_t tokens;
  uint64_t digits;
  /// Digits, and letters from A to F.
  uint64_t hex;
  /// Bytes from 0x80 on.
  uint64_t high;
  /// Bytes of the set that was asked for.
  uint64_t wanted;
};
/// A set of bytes below 0x80: a row of eight bits for each lower half, and in it a bit for each upper half.
struct kernel_text_set {
  uint64_t first_rows, last_rows;
};

/// Marks what a text consists of, in one pass. Writes a block for every 64 bytes and for what is left of them; the bits
/// behind the text's end are zeros.
void kernel_text_mark(const uint8_t *bytes, size_t n, const struct kernel_text_set *wanted,
                      struct kernel_text_block *blocks);

/// What a token consists of: letters, digits, both, or digits and bytes beyond ASCII.
enum kernel_text_token : uint32_t {
  kernel_text_letters,
  kernel_text_digits,
  kernel_text_mixed,
  kernel_text_wide,
};
/// Who asks for tokens of one kind and length, one bit for each who may ask.
struct kernel_text_row {
  uint64_t asked;
  /// Those who ask whatever the token starts with, stands behind, and stands before.
  uint64_t any_start, any_before, any_behind;
};
/// Who takes a byte as the first of a token, before it, behind it, and for itself.
struct kernel_text_column {
  uint64_t start, before, behind, alone;
};
/// Who is to be asked where: 64 rows for each kind of tokens, the last one for all of 63 bytes and more, and a column
/// for
/// each byte.
///
/// Of those who ask for digits, some want groups of them: digits with one other byte between each two. For each number
/// of digits in the first one, `groups` says who; for each number in all together, up to 63, `totals` says whom that is
/// enough.
struct kernel_text_questions {
  struct kernel_text_row *rows;
  struct kernel_text_column *columns;
  uint64_t *groups, *totals;
};
/// A token at which somebody is to be asked, or a byte outside of tokens, which counts as one of no bytes.
struct kernel_text_stop {
  uint64_t asked;
  uint32_t start, end;
  uint32_t digits;
  enum kernel_text_token kind;
};
/// How far a text was looked through.
struct kernel_text_progress {
  /// The block to go on with, and how many stops were written.
  size_t block, count;
  /// Whether any byte is beyond ASCII, in this part.
  bool has_high;
};
/// Finds where to ask in a marked text, from a block on, as long as there is room for a block's 64 stops.
///
/// At bytes of the set that was marked there is always a stop, at tokens only where one of `who` asks. The blocks end
/// with one of zeros.
struct kernel_text_progress kernel_text_stops(const uint8_t *bytes, size_t n, const struct kernel_text_block *blocks,
                                              size_t block, struct kernel_text_questions questions,
                                              uint64_t who, struct kernel_text_stop *stops, size_t capacity);

/// The ways to mark, from the plainest to the widest.
enum kernel_text_kind {
  KERNEL_TEXT_PORTABLE,
  KERNEL_TEXT_QUARTERS,
  KERNEL_TEXT_HALVES,
  KERNEL_TEXT_WIDE,
  KERNEL_TEXT_KINDS,
};
/// Whether this machine can mark in this way.
bool kernel_text_has(enum kernel_text_kind kind);
/// Marks in one particular way, or in the best one where this machine can't.
void kernel_text_mark_by(enum kernel_text_kind kind, const uint8_t *bytes, size_t n,
                         const struct kernel_text_set *wanted, struct kernel_text_block *blocks);
