// CRC-32C (Castagnoli): reflected, polynomial 1EDC6F41, initial value and final XOR all ones.
//
// A register holds a polynomial over GF(2) bit-reversed, so bit 31 is x^0. Two facts carry everything below:
//   - appending n zero bits to a message multiplies its register by x^n mod P;
//   - crc32(0, clmul(a, k)) is a * k * x^33 mod P: x^32 from the instruction and one x because a product of two
//     reversed words comes out shifted by one place.
// So k = x^(n-33) moves a register n bits on, and that is how parts that were read side by side are joined.
#include "CKernels.h"
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0x82F63B78u
#define STRIDE 64        // bytes by which the length of an interleaved part grows
#define STRIDES_MAX 32   // so a part has at most 2 KiB: three of them stay in the first-level cache

typedef uint32_t (*crc32c_function)(uint32_t crc, const uint8_t *bytes, size_t n);

static uint32_t table[8][256];       // table[k][b]: the register after byte b and k zero bytes
static uint32_t power_of_two[64];    // x^(2^k) mod P
static uint32_t ahead[2 * STRIDES_MAX + 1];  // x^(8 * STRIDE * k - 33) mod P

/// a * b mod P.
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b & 1) ? (b >> 1) ^ POLYNOMIAL : b >> 1;
  }
  return product;
}
/// x^n mod P.
static uint32_t power(uint64_t n) {
  uint32_t result = 0x80000000u;
  for (int k = 0; n != 0; n >>= 1, k++)
    if (n & 1) result = multiply(result, power_of_two[k]);
  return result;
}

static uint32_t crc32c_portable(uint32_t crc, const uint8_t *bytes, size_t n) {
  for (; n >= 8; n -= 8, bytes += 8) {
    uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 24);
    crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^ table[4][low >> 24] ^
          table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
  }
  for (; n > 0; n--) crc = crc >> 8 ^ table[0][(crc ^ *bytes++) & 0xFF];
  return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define SERIAL __attribute__((target("sse4.2")))
#define FOLDING __attribute__((target("sse4.2,pclmul")))
#define WIDE __attribute__((target("sse4.2,pclmul,avx512f,avx512vl,vpclmulqdq")))

static inline __attribute__((always_inline)) uint64_t word(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, 8);
  return value;
}

SERIAL static uint32_t crc32c_serial(uint32_t start, const uint8_t *bytes, size_t n) {
  uint64_t crc = start;
  for (; n >= 8; n -= 8, bytes += 8) crc = _mm_crc32_u64(crc, word(bytes));
  for (; n > 0; n--) crc = _mm_crc32_u8((uint32_t)crc, *bytes++);
  return (uint32_t)crc;
}

/// a * k * x^33 mod P, not yet reduced: to be given to the crc32 instruction.
FOLDING static inline uint64_t product(uint64_t a, uint32_t k) {
  __m128i first = _mm_cvtsi64_si128((long long)a), second = _mm_cvtsi64_si128((long long)(uint64_t)k);
  return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(first, second, 0));
}

/// The instruction takes three cycles and one can start each cycle: three parts are read side by side, then joined.
FOLDING static uint32_t crc32c_interleaved(uint32_t start, const uint8_t *bytes, size_t n) {
  uint64_t a = start;
  while (n >= 3 * STRIDE) {
    size_t strides = n / (3 * STRIDE);
    if (strides > STRIDES_MAX) strides = STRIDES_MAX;
    const size_t part = strides * STRIDE;
    const uint8_t *p = bytes, *const end = bytes + part;
    uint64_t b = 0, c = 0;
    do {
#pragma unroll
      for (int i = 0; i < STRIDE; i += 8) {
        a = _mm_crc32_u64(a, word(p + i));
        b = _mm_crc32_u64(b, word(p + part + i));
        c = _mm_crc32_u64(c, word(p + 2 * part + i));
      }
      p += STRIDE;
    } while (p != end);
    a = _mm_crc32_u64(0, product(a, ahead[2 * strides]) ^ product(b, ahead[strides])) ^ c;
    bytes += 3 * part;
    n -= 3 * part;
  }
  return crc32c_serial((uint32_t)a, bytes, n);
}

/// Constants that move a 128-bit lane some bits on: for its first (higher) half, for its second half.
static struct { uint64_t first, second; } fold_2048, fold_512;

WIDE static inline __m512i folded(__m512i lanes, __m512i by, __m512i onto) {
  __m512i first = _mm512_clmulepi64_epi128(lanes, by, 0x00);
  __m512i second = _mm512_clmulepi64_epi128(lanes, by, 0x11);
  return _mm512_ternarylogic_epi64(first, second, onto, 0x96);  // a ^ b ^ c
}
WIDE static inline __m512i everywhere(uint64_t first, uint64_t second) {
  return _mm512_broadcast_i32x4(_mm_set_epi64x((long long)second, (long long)first));
}

/// Sixteen lanes of 16 bytes are carried over the buffer, then folded into one.
WIDE static uint32_t crc32c_wide(uint32_t start, const uint8_t *bytes, size_t n) {
  if (n < 256) return crc32c_interleaved(start, bytes, n);
  __m512i a = _mm512_xor_si512(_mm512_loadu_si512(bytes), _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)start)));
  __m512i b = _mm512_loadu_si512(bytes + 64), c = _mm512_loadu_si512(bytes + 128), d = _mm512_loadu_si512(bytes + 192);
  const __m512i far = everywhere(fold_2048.first, fold_2048.second);
  for (bytes += 256, n -= 256; n >= 256; bytes += 256, n -= 256) {
    a = folded(a, far, _mm512_loadu_si512(bytes));
    b = folded(b, far, _mm512_loadu_si512(bytes + 64));
    c = folded(c, far, _mm512_loadu_si512(bytes + 128));
    d = folded(d, far, _mm512_loadu_si512(bytes + 192));
  }
  const __m512i near = everywhere(fold_512.first, fold_512.second);
  a = folded(a, near, b);
  a = folded(a, near, c);
  a = folded(a, near, d);
  for (; n >= 64; bytes += 64, n -= 64) a = folded(a, near, _mm512_loadu_si512(bytes));
  uint64_t lanes[8];
  memcpy(lanes, &a, sizeof lanes);
  // What is left is a message of 64 bytes in front of the rest; the register has gone into its first four.
  uint64_t crc = 0;
  for (int i = 0; i < 8; i++) crc = _mm_crc32_u64(crc, lanes[i]);
  return crc32c_serial((uint32_t)crc, bytes, n);
}
#endif

#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
__attribute__((target("crc"))) static uint32_t crc32c_serial(uint32_t crc, const uint8_t *bytes, size_t n) {
  for (; n >= 8; n -= 8, bytes += 8) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    crc = __crc32cd(crc, value);
  }
  for (; n > 0; n--) crc = __crc32cb(crc, *bytes++);
  return crc;
}
#endif

/// What this machine can run, by `enum kernel_crc32c_kind`, and the best of it. Set before `main`, then only read.
static crc32c_function kernels[KERNEL_CRC32C_KINDS];
static crc32c_function best = crc32c_portable;

static void offer(enum kernel_crc32c_kind kind, crc32c_function function) {
  kernels[kind] = function;
  best = function;
}

__attribute__((constructor)) static void prepare(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
    table[0][byte] = crc;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++)
      table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xFF];
  power_of_two[0] = 0x40000000u;
  for (int k = 1; k < 64; k++) power_of_two[k] = multiply(power_of_two[k - 1], power_of_two[k - 1]);
  for (uint64_t k = 1; k <= 2 * STRIDES_MAX; k++) ahead[k] = power(8 * STRIDE * k - 33);
  offer(KERNEL_CRC32C_PORTABLE, crc32c_portable);
#if defined(__x86_64__)
  fold_2048.first = power(2048 + 31), fold_2048.second = power(2048 - 33);
  fold_512.first = power(512 + 31), fold_512.second = power(512 - 33);
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) offer(KERNEL_CRC32C_SERIAL, crc32c_serial);
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
    offer(KERNEL_CRC32C_INTERLEAVED, crc32c_interleaved);
  if (kernels[KERNEL_CRC32C_INTERLEAVED] && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("vpclmulqdq"))
    offer(KERNEL_CRC32C_WIDE, crc32c_wide);
#elif defined(__aarch64__)
  if (getauxval(AT_HWCAP) & HWCAP_CRC32) offer(KERNEL_CRC32C_SERIAL, crc32c_serial);
#endif
}

uint32_t kernel_crc32c(uint32_t seed, const uint8_t *bytes, size_t n) { return ~best(~seed, bytes, n); }

bool kernel_crc32c_has(enum kernel_crc32c_kind kind) { return kind < KERNEL_CRC32C_KINDS && kernels[kind] != NULL; }

uint32_t kernel_crc32c_by(enum kernel_crc32c_kind kind, uint32_t seed, const uint8_t *bytes, size_t n) {
  return kernel_crc32c_has(kind) ? ~kernels[kind](~seed, bytes, n) : kernel_crc32c(seed, bytes, n);
}

uint32_t kernel_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_bytes) {
  return multiply(power(8 * second_bytes), first) ^ second;
}
