// The first pass over JSON text: where its tokens begin. 64 bytes at a time become masks, one bit a byte, and what is
// a string, an escape or a token is arithmetic on those.
#include "CKernels.h"
#include <string.h>

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

/// Marks one block; whether all is well with it.
static inline __attribute__((always_inline)) bool mark_block(struct classes in, uint32_t base, struct carry *carry,
                                                             uint32_t **marks, struct kernel_json_marks *found) {
  const uint64_t quotes = in.quotes & ~escaped(in.backslashes, carry);
  const uint64_t strings = parity(quotes) ^ carry->in_string;
  carry->in_string = (uint64_t)((int64_t)strings >> 63);
  const uint64_t others = ~(in.blanks | in.operators | quotes | strings);
  const uint64_t runs = others & ~(others << 1 | carry->in_run);
  carry->in_run = others >> 63;
  *marks = flatten((in.operators & ~strings) | quotes | runs, base, *marks);
  found->has_escapes |= in.backslashes != 0;
  found->is_ascii &= in.high == 0;
  const uint64_t wrong = in.controls & strings;
  if (__builtin_expect(wrong == 0, 1)) return true;
  found->fault = kernel_json_fault_control;
  found->fault_at = base + (uint32_t)__builtin_ctzll(wrong);
  return false;
}

typedef void (*mark_function)(const uint8_t *bytes, size_t n, uint32_t *marks, size_t capacity,
                              struct kernel_json_marks *found);

/// The pass, for one way to classify 64 bytes. What is missing of the last block counts as blanks.
#define MARK(NAME, ATTRIBUTES, CLASSIFY)                                                                               \
  ATTRIBUTES static void NAME(const uint8_t *bytes, size_t n, uint32_t *marks, size_t capacity,                        \
                              struct kernel_json_marks *found) {                                                       \
    struct carry carry = {0, 0, 0};                                                                                    \
    uint32_t *next = marks;                                                                                            \
    *found = (struct kernel_json_marks){0, 0, kernel_json_fault_none, false, true};                                    \
    size_t at = 0;                                                                                                     \
    for (; at < n; at += 64) {                                                                                         \
      if (__builtin_expect((size_t)(next - marks) + 64 > capacity, 0)) {                                               \
        found->fault = kernel_json_fault_crowded;                                                                      \
        found->fault_at = (uint32_t)at;                                                                                \
        break;                                                                                                         \
      }                                                                                                                \
      struct classes classes;                                                                                          \
      if (__builtin_expect(n - at >= 64, 1)) {                                                                         \
        classes = CLASSIFY(bytes + at);                                                                                \
      } else {                                                                                                         \
        uint8_t last[64];                                                                                              \
        memset(last, ' ', 64);                                                                                         \
        memcpy(last, bytes + at, n - at);                                                                              \
        classes = CLASSIFY(last);                                                                                      \
      }                                                                                                                \
      if (!mark_block(classes, (uint32_t)at, &carry, &next, found)) break;                                             \
    }                                                                                                                  \
    found->count = (uint32_t)(next - marks);                                                                           \
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

static inline struct classes classify_portable(const uint8_t *bytes) {
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
MARK(mark_portable, , classify_portable)

#if defined(__x86_64__)
#include <immintrin.h>

#define HALVES __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,popcnt")))

HALVES static inline uint64_t halves_equal(__m256i low, __m256i high, char byte) {
  const __m256i wanted = _mm256_set1_epi8(byte);
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) << 32;
}
HALVES static inline struct classes classify_halves(const uint8_t *bytes) {
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
  return classes;
}
MARK(mark_halves, HALVES, classify_halves)

WIDE static inline struct classes classify_wide(const uint8_t *bytes) {
  const __m512i all = _mm512_loadu_si512(bytes), folded = _mm512_or_si512(all, _mm512_set1_epi8(0x20));
  const __m512i blanks = _mm512_broadcast_i32x4(
      _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0));
  struct classes classes;
  classes.quotes = _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8('"'));
  classes.backslashes = _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8('\\'));
  classes.operators = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('{')) |
                      _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('}')) |
                      _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8(':')) |
                      _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8(','));
  classes.blanks = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(blanks, all), all);
  classes.controls = _mm512_cmplt_epu8_mask(all, _mm512_set1_epi8(0x20));
  classes.high = _mm512_movepi8_mask(all);
  return classes;
}
MARK(mark_wide, WIDE, classify_wide)

bool kernel_json_has(enum kernel_json_kind kind) {
  switch (kind) {
  case KERNEL_JSON_PORTABLE: return true;
  case KERNEL_JSON_HALVES: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  case KERNEL_JSON_WIDE: return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  default: return false;
  }
}
static const mark_function ways[KERNEL_JSON_KINDS] = {mark_portable, mark_halves, mark_wide};
#else
bool kernel_json_has(enum kernel_json_kind kind) { return kind == KERNEL_JSON_PORTABLE; }
static const mark_function ways[KERNEL_JSON_KINDS] = {mark_portable, mark_portable, mark_portable};
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
