#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why a text can't be JSON, as far as its bytes alone tell. Source: RFC 8259 §7, §8.1.
enum kernel_json_fault : uint8_t {
  kernel_json_fault_none = 0,
  /// A byte below 0x20 within a string.
  kernel_json_fault_control,
  /// The text ends within a string.
  kernel_json_fault_unclosed,
  /// Bytes that are no UTF-8: overlong, surrogates, beyond U+10FFFF, or cut.
  kernel_json_fault_encoding,
  /// More marks than there are places.
  kernel_json_fault_crowded,
};

/// What the first pass found.
struct kernel_json_marks {
  /// How many marks there are.
  uint32_t count;
  /// Where the fault is, if there is one.
  uint32_t fault_at;
  enum kernel_json_fault fault;
  /// Whether a backslash is anywhere.
  bool has_escapes;
  /// Whether every byte is below 0x80.
  bool is_ascii;
};

/// Marks where JSON's tokens begin, in one pass: `{ } [ ] : ,` and both quotes of every string, and the first byte of
/// every run of other bytes that are no blanks.
///
/// Writes at most `capacity` marks, in ascending order; whole blocks of them, so `capacity` counts 64 more than are
/// wanted.
void kernel_json_mark(const uint8_t *bytes, size_t n,
                      uint32_t *marks, size_t capacity,
                      struct kernel_json_marks *found);

/// The ways to mark, from the plainest to the widest.
enum kernel_json_kind {
  KERNEL_JSON_PORTABLE,
  KERNEL_JSON_HALVES,
  KERNEL_JSON_WIDE,
  KERNEL_JSON_PACKED,
  KERNEL_JSON_KINDS,
};
/// Whether this machine can mark in this way.
bool kernel_json_has(enum kernel_json_kind kind);
/// Marks in one particular way, or in the best one where this machine can't.
void kernel_json_mark_by(enum kernel_json_kind kind, const uint8_t *bytes, size_t n,
                         uint32_t *marks, size_t capacity,
                         struct kernel_json_marks *found);

/// Where the first bytes are that are no UTF-8, or `n`. Source: RFC 3629 §4.
size_t kernel_utf8_end(const uint8_t *bytes, size_t n);

/// A number of at most 16 bytes: its digits without the point, how many bytes it has, and
/// how many of its digits stand behind the point. No bytes where it is none, or one that must be read byte by byte.
struct kernel_json_plain {
  uint64_t digits;
  uint32_t count;
  uint32_t fraction;
};
#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

/// Reads the number, without its sign, that starts at `at` in a text of at least 16 bytes. What follows it is not
/// looked at: it may go on with an exponent or more digits. No branch depends on its digits.
static inline __attribute__((always_inline)) struct kernel_json_plain kernel_json_plain(const uint8_t *bytes, size_t n,
                                                                                        size_t at) {
#if defined(__SSE4_1__)
  // The text's last 16 bytes stand for what begins behind their start; zeros come in from behind.
  const size_t from = at + 16 <= n ? at : n - 16;
  const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m128i moved = _mm_adds_epu8(order, _mm_set1_epi8((char)(0x70 + (at - from))));
  const __m128i text = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + from)), moved);
  const __m128i digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
  const uint32_t are_digits =
      (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits));
  const uint32_t are_points = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
  const uint32_t whole = (uint32_t)__builtin_ctz(~are_digits);
  const uint32_t has_point = are_points >> whole & 1;
  const uint32_t fraction = (uint32_t)__builtin_ctz(~(are_digits >> whole >> 1)) & -has_point;
  // Digits move to the right end, those before the point by one more than those behind it.
  const __m128i place = _mm_sub_epi8(order, _mm_set1_epi8((char)(16 - whole - fraction)));
  const __m128i behind = _mm_cmpgt_epi8(place, _mm_set1_epi8((char)(whole - 1)));
  const __m128i aligned = _mm_shuffle_epi8(digits, _mm_sub_epi8(place, behind));
  const __m128i pairs = _mm_maddubs_epi16(aligned, _mm_set1_epi16(0x010A));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
  const uint64_t halves = (uint64_t)_mm_cvtsi128_si64(eights);
  const bool starts_well = (whole == 1) | ((_mm_cvtsi128_si32(digits) & 0xFF) != 0);
  const bool is_plain = (whole != 0) & starts_well & (fraction >= has_point);
  return (struct kernel_json_plain){(halves & 0xFFFFFFFF) * 100000000 + (halves >> 32),
                                    is_plain ? whole + has_point + fraction : 0, fraction};
#else
  struct kernel_json_plain found = {0, 0, 0};
  size_t end = at, point = n;
  for (; end < n && end - at < 16; end++) {
    if (bytes[end] == '.' && point == n) {
      point = end;
    } else if (bytes[end] >= '0' && bytes[end] <= '9') {
      found.digits = found.digits * 10 + (uint64_t)(bytes[end] - '0');
    } else {
      break;
    }
  }
  const size_t whole = (point < end ? point : end) - at;
  if (point < end) found.fraction = (uint32_t)(end - point - 1);
  if (whole == 0 || (whole > 1 && bytes[at] == '0') || (point < end && found.fraction == 0)) return found;
  found.count = (uint32_t)(end - at);
  return found;
#endif
}

/// A run of bytes of one class: how many it has at the least, and how many more it may have.
struct kernel_json_run {
  uint8_t kind, minimum, room;
};
/// A pattern that strings have from their start on: runs of bytes of four classes of ASCII at the most.
struct kernel_json_pattern {
  /// Bit h of byte l of a class says whether the byte with the halves h and l belongs to it.
  uint8_t classes[4][16];
  struct kernel_json_run runs[16];
  uint8_t class_count, run_count;
  /// Whether every run has one length: then they are `fixed_count` bytes, and these are the places of each class.
  bool is_fixed;
  uint8_t fixed_count;
  uint64_t places[4];
  /// Whether the string ends where the last one does.
  bool ends;
};
/// Whether up to 63 bytes at `at` have a pattern. The text has 16 bytes at least.
///
/// A bit for each byte says whether it belongs to a class, and counting them tells how long a run is: no branch depends
/// on that.
bool kernel_json_pattern_holds(const struct kernel_json_pattern *pattern, const uint8_t *bytes, size_t n, size_t at,
                               size_t count);
