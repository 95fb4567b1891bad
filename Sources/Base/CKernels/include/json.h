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
