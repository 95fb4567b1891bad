// The first pass over JSON text: where its tokens begin. 64 bytes at a time become masks, one bit a byte, and what is
// a string, an escape or a token is arithmetic on those.
#include "CKernels.h"
#include <string.h>

/// Blocks are classified, told apart and written down in one loop.
#define INLINE static inline __attribute__((always_inline))

/// One bit for each of 64 bytes.
struct classes {
  uint64_t quotes, backslashes, controls, blanks, operators, high;
};
/// What of a block concerns the next.
struct carry {
  uint64_t in_string;    // all ones while the block begins within a string
  uint64_t is_escaped;   // 1 when its first byte follows an escaping backslash
  uint64_t in_run;       // 1 when the byte before it belongs to a run of other bytes
};

/// Which bytes are escaped by a backslash before them, which is not escaped itself.
///
/// A run of backslashes escapes what follows it when its length is odd: adding the bits where runs begin at even places
/// carries each run to its end, and the parity of that end tells.
static inline uint64_t escaped(uint64_t backslashes, struct carry *carry) {
  if (backslashes == 0) {
    uint64_t first = carry->is_escaped;
    carry->is_escaped = 0;
    return first;
  }
  const uint64_t even = UINT64_C(0x5555555555555555);
  backslashes &= ~carry->is_escaped;
  uint64_t follows = backslashes << 1 | carry->is_escaped;
  uint64_t odd_starts = backslashes & ~even & ~follows;
  uint64_t ends;
  carry->is_escaped = __builtin_add_overflow(odd_starts, backslashes, &ends);
  return (even ^ (ends << 1)) & follows;
}

/// Each bit becomes the parity of the bits up to it: ones from an opening quote up to the byte before its closing one.
static inline uint64_t parity(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

/// Writes down where the bits are; 64 places are there.
static inline uint32_t *flatten(uint64_t bits, uint32_t base, uint32_t *marks) {
  const int count = __builtin_popcountll(bits);
  // Eight at a time, whether there are as many or not: no branch but on the number of eights.
  for (int done = 0; done < count; done += 8)
    for (int i = 0; i < 8; i++) {
      marks[done + i] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
      bits &= bits - 1;
    }
  return marks + count;
}

/// What of a block to mark; its strings reach from each opening quote to the byte before the closing one.
INLINE uint64_t tokens(struct classes in, uint64_t quotes, uint64_t strings, struct carry *carry) {
  carry->in_string = (uint64_t)((int64_t)strings >> 63);
  const uint64_t others = ~(in.blanks | in.operators | quotes | strings);
  const uint64_t runs = others & ~(others << 1 | carry->in_run);
  carry->in_run = others >> 63;
  return (in.operators & ~strings) | quotes | runs;
}

typedef void (*mark_function)(const uint8_t *bytes, size_t n, uint32_t *marks, size_t capacity,
                              struct kernel_json_marks *found);

/// The pass, for one way to classify 64 bytes or what is left of them, to tell strings by their quotes, and to write
/// down marks. What is missing of the last block counts as blanks.
#define MARK(NAME, ATTRIBUTES, CLASSIFY, PARITY, FLATTEN)                                                              \
  ATTRIBUTES static void NAME(const uint8_t *bytes, size_t n, uint32_t *marks, size_t capacity,                        \
                              struct kernel_json_marks *found) {                                                       \
    struct carry carry = {0, 0, 0};                                                                                    \
    uint32_t *next = marks;                                                                                            \
    bool has_escapes = false, is_ascii = true;                                                                         \
    *found = (struct kernel_json_marks){0, 0, kernel_json_fault_none, false, true};                                    \
    for (size_t at = 0; at < n; at += 64) {                                                                            \
      if (__builtin_expect((size_t)(next - marks) + 64 > capacity, 0)) {                                               \
        found->fault = kernel_json_fault_crowded;                                                                      \
        found->fault_at = (uint32_t)at;                                                                                \
        break;                                                                                                         \
      }                                                                                                                \
      const struct classes in = CLASSIFY(bytes + at, n - at);                                                          \
      const uint64_t quotes = in.quotes & ~escaped(in.backslashes, &carry);                                            \
      const uint64_t strings = PARITY(quotes) ^ carry.in_string;                                                       \
      next = FLATTEN(tokens(in, quotes, strings, &carry), (uint32_t)at, next);                                         \
      has_escapes |= in.backslashes != 0;                                                                              \
      is_ascii &= in.high == 0;                                                                                        \
      const uint64_t wrong = in.controls & strings;                                                                    \
      if (__builtin_expect(wrong != 0, 0)) {                                                                           \
        found->fault = kernel_json_fault_control;                                                                      \
        found->fault_at = (uint32_t)at + (uint32_t)__builtin_ctzll(wrong);                                             \
        break;                                                                                                         \
      }                                                                                                                \
    }                                                                                                                  \
    found->count = (uint32_t)(next - marks);                                                                           \
    found->has_escapes = has_escapes;                                                                                  \
    found->is_ascii = is_ascii;                                                                                        \
    conclude(bytes, n, &carry, found);                                                                                 \
  }

/// Looks at what only the whole text tells.
static void conclude(const uint8_t *bytes, size_t n, const struct carry *carry, struct kernel_json_marks *found) {
  if (found->fault == kernel_json_fault_none && carry->in_string != 0) {
    found->fault = kernel_json_fault_unclosed;
    found->fault_at = (uint32_t)n;
  }
  if (found->is_ascii) return;
  const size_t end = kernel_utf8_end(bytes, n);
  if (end == n || (found->fault != kernel_json_fault_none && found->fault_at <= end)) return;
  found->fault = kernel_json_fault_encoding;
  found->fault_at = (uint32_t)end;
}

/// A block as it is, or less than one filled up with blanks. Which it is must be settled before it is classified: the
/// compiler takes masks apart where two ways meet.
INLINE const uint8_t *whole(const uint8_t *bytes, size_t n, uint8_t last[64]) {
  if (__builtin_expect(n >= 64, 1)) return bytes;
  memset(last, ' ', 64);
  return memcpy(last, bytes, n);
}

INLINE struct classes classify_portable(const uint8_t *bytes, size_t n) {
  uint8_t last[64];
  bytes = whole(bytes, n, last);
  struct classes classes = {0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 64; i++) {
    const uint8_t byte = bytes[i], folded = byte | 0x20;
    const uint64_t bit = UINT64_C(1) << i;
    if (byte == '"') classes.quotes |= bit;
    if (byte == '\\') classes.backslashes |= bit;
    if (byte < 0x20) classes.controls |= bit;
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') classes.blanks |= bit;
    if (folded == '{' || folded == '}' || byte == ':' || byte == ',') classes.operators |= bit;
    if (byte >= 0x80) classes.high |= bit;
  }
  return classes;
}
MARK(mark_portable, , classify_portable, parity, flatten)

#if defined(__x86_64__)
#include <immintrin.h>

#define HALVES __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,pclmul,popcnt")))
#define PACKED __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,pclmul,popcnt")))

HALVES INLINE uint64_t halves_equal(__m256i low, __m256i high, char byte) {
  const __m256i wanted = _mm256_set1_epi8(byte);
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) << 32;
}
HALVES INLINE struct classes classify_halves(const uint8_t *bytes, size_t n) {
  uint8_t last_bytes[64];
  bytes = whole(bytes, n, last_bytes);
  const __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
  const __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
  const __m256i bit5 = _mm256_set1_epi8(0x20), last = _mm256_set1_epi8(0x1F);
  const __m256i low_folded = _mm256_or_si256(low, bit5), high_folded = _mm256_or_si256(high, bit5);
  // A blank, looked up by its low four bits, is itself.
  const __m256i blanks = _mm256_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0, ' ', 0, 0, 0, 0, 0,
                                          0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0);
  struct classes classes;
  classes.quotes = halves_equal(low, high, '"');
  classes.backslashes = halves_equal(low, high, '\\');
  classes.operators = halves_equal(low_folded, high_folded, '{') | halves_equal(low_folded, high_folded, '}') |
                      halves_equal(low, high, ':') | halves_equal(low, high, ',');
  classes.blanks =
      (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(blanks, low), low)) |
      (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(blanks, high), high)) << 32;
  classes.controls =
      (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(low, last), low)) |
      (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(high, last), high)) << 32;
  classes.high =
      (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
  // Else the compiler keeps them as vectors across a branch, which it does a byte at a time.
  __asm__("" : "+r"(classes.operators));
  return classes;
}
MARK(mark_halves, HALVES, classify_halves, parity, flatten)

/// A multiplication without carries by ones alone is the parity of all bits up to each.
WIDE INLINE uint64_t parity_wide(uint64_t bits) {
  const __m128i ones = _mm_set1_epi8((char)0xFF);
  return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), ones, 0));
}
WIDE INLINE struct classes classify_wide(const uint8_t *bytes, size_t n) {
  const __m512i all = n >= 64 ? _mm512_loadu_si512(bytes)
                              : _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), (UINT64_C(1) << n) - 1, bytes);
  const __m512i folded = _mm512_or_si512(all, _mm512_set1_epi8(0x20));
  // Blanks and operators, looked up by their low four bits, are themselves.
  const __m512i blanks = _mm512_broadcast_i32x4(
      _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0));
  const __m512i operators =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
  struct classes classes;
  classes.quotes = _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8('"'));
  classes.backslashes = _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8('\\'));
  classes.blanks = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(blanks, all), all);
  classes.controls = _mm512_cmplt_epu8_mask(all, _mm512_set1_epi8(0x20));
  // Folding takes two control bytes for a colon and a comma.
  classes.operators = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(operators, all), folded) & ~classes.controls;
  classes.high = _mm512_movepi8_mask(all);
  return classes;
}
MARK(mark_wide, WIDE, classify_wide, parity_wide, flatten)

/// Writes down where the bits are; 64 places are there. Half of a block's bytes are seldom marked, so most blocks take
/// no branch.
PACKED INLINE uint32_t *flatten_packed(uint64_t bits, uint32_t base, uint32_t *marks) {
  const __m512i order =
      _mm512_set_epi64(0x3F3E3D3C3B3A3938, 0x3736353433323130, 0x2F2E2D2C2B2A2928, 0x2726252423222120,
                       0x1F1E1D1C1B1A1918, 0x1716151413121110, 0x0F0E0D0C0B0A0908, 0x0706050403020100);
  const __m512i places = _mm512_maskz_compress_epi8(bits, order), start = _mm512_set1_epi32((int)base);
  const int count = __builtin_popcountll(bits);
#define QUARTER(I)                                                                                                     \
  _mm512_storeu_si512(marks + 16 * I,                                                                                  \
                      _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, I))))
  QUARTER(0);
  QUARTER(1);
  if (__builtin_expect(count > 32, 0)) {
    QUARTER(2);
    QUARTER(3);
  }
#undef QUARTER
  return marks + count;
}
MARK(mark_packed, PACKED, classify_wide, parity_wide, flatten_packed)

bool kernel_json_has(enum kernel_json_kind kind) {
  switch (kind) {
  case KERNEL_JSON_PORTABLE: return true;
  case KERNEL_JSON_HALVES: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  case KERNEL_JSON_WIDE:
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("pclmul");
  case KERNEL_JSON_PACKED: return kernel_json_has(KERNEL_JSON_WIDE) && __builtin_cpu_supports("avx512vbmi2");
  default: return false;
  }
}
static const mark_function ways[KERNEL_JSON_KINDS] = {mark_portable, mark_halves, mark_wide, mark_packed};
#else
bool kernel_json_has(enum kernel_json_kind kind) { return kind == KERNEL_JSON_PORTABLE; }
static const mark_function ways[KERNEL_JSON_KINDS] = {mark_portable, mark_portable, mark_portable,
                                                       mark_portable};
#endif

static mark_function best = mark_portable;

__attribute__((constructor)) static void choose(void) {
  for (int kind = 0; kind < KERNEL_JSON_KINDS; kind++)
    if (kernel_json_has((enum kernel_json_kind)kind)) best = ways[kind];
}

void kernel_json_mark(const uint8_t *bytes, size_t n, uint32_t *marks, size_t capacity,
                      struct kernel_json_marks *found) {
  best(bytes, n, marks, capacity, found);
}
void kernel_json_mark_by(enum kernel_json_kind kind, const uint8_t *bytes, size_t n, uint32_t *marks, size_t capacity,
                         struct kernel_json_marks *found) {
  (kernel_json_has(kind) ? ways[kind] : best)(bytes, n, marks, capacity, found);
}

size_t kernel_utf8_end(const uint8_t *bytes, size_t n) {
  size_t at = 0;
  while (at < n) {
    uint64_t word;
    if (n - at >= 8 && (memcpy(&word, bytes + at, 8), (word & UINT64_C(0x8080808080808080)) == 0)) {
      at += 8;
      continue;
    }
    const uint8_t first = bytes[at];
    if (first < 0x80) {
      at++;
      continue;
    }
    // How many bytes follow, and what the first of those may be: that excludes what is overlong, what is a surrogate
    // and what is beyond U+10FFFF.
    size_t following;
    uint8_t least = 0x80, most = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
      following = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      following = 2;
      if (first == 0xE0) least = 0xA0;
      if (first == 0xED) most = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      following = 3;
      if (first == 0xF0) least = 0x90;
      if (first == 0xF4) most = 0x8F;
    } else {
      return at;
    }
    if (n - at <= following || bytes[at + 1] < least || bytes[at + 1] > most) return at;
    for (size_t i = 2; i <= following; i++)
      if ((bytes[at + i] & 0xC0) != 0x80) return at;
    at += following + 1;
  }
  return n;
}

/// Which of a string's bytes belong to each class of a pattern.
static inline void class_bits(const struct kernel_json_pattern *pattern, const uint8_t *bytes, size_t n, size_t at,
                              size_t count, uint64_t bits[4]) {
#if defined(__SSE4_1__)
  const __m128i low = _mm_set1_epi8(0x0F);
  const __m128i halves = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t done = 0; done < count; done += 16) {
    // The text's last 16 bytes stand for what begins behind their start.
    const size_t from = at + done + 16 <= n ? at + done : n - 16;
    const __m128i moved = _mm_adds_epu8(order, _mm_set1_epi8((char)(0x70 + (at + done - from))));
    const __m128i text = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + from)), moved);
    const __m128i wanted = _mm_shuffle_epi8(halves, _mm_and_si128(_mm_srli_epi16(text, 4), low));
    const __m128i column = _mm_and_si128(text, low);
    for (int class_ = 0; class_ < pattern->class_count; class_++) {
      const __m128i table = _mm_loadu_si128((const __m128i *)pattern->classes[class_]);
      const __m128i found = _mm_and_si128(_mm_shuffle_epi8(table, column), wanted);
      const uint32_t lacking = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(found, _mm_setzero_si128()));
      bits[class_] |= (uint64_t)(~lacking & 0xFFFF) << done;
    }
  }
#else
  (void)n;
  for (size_t i = 0; i < count; i++)
    for (int class_ = 0; class_ < pattern->class_count; class_++)
      if (bytes[at + i] < 0x80)
        bits[class_] |= (uint64_t)(pattern->classes[class_][bytes[at + i] & 15] >> (bytes[at + i] >> 4) & 1) << i;
#endif
}

bool kernel_json_pattern_holds(const struct kernel_json_pattern *pattern, const uint8_t *bytes, size_t n, size_t at,
                               size_t count) {
  uint64_t bits[4] = {0, 0, 0, 0};
  class_bits(pattern, bytes, n, at, count, bits);
  if (pattern->is_fixed) {
    uint64_t lacking = 0;
    for (int i = 0; i < 4; i++) lacking |= pattern->places[i] & ~bits[i];
    return lacking == 0 && (pattern->ends ? count == pattern->fixed_count : count >= pattern->fixed_count);
  }
  const uint64_t there = (UINT64_C(1) << count) - 1;
  size_t place = 0;
  for (int i = 0; i < pattern->run_count; i++) {
    const uint64_t run = (bits[pattern->runs[i].kind] & there) >> place;
    const size_t length = (size_t)__builtin_ctzll(~run), minimum = pattern->runs[i].minimum;
    if (length < minimum) return false;
    const size_t most = minimum + pattern->runs[i].room;
    place += length < most ? length : most;
  }
  return !pattern->ends || place == count;
}
