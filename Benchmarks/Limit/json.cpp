// What others make of the same events: simdjson's tree of each, or a bare copy. `json FILE what=parse|copy ms=N`
//
// The file holds an event a line. Rounds over all of them alternate with looks at the clock; the quickest one and the
// median are told, for whatever else the machine does only makes rounds slower.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <simdjson.h>
#include <string>
#include <vector>

struct Line {
  size_t start, count;
};

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static std::vector<Line> lines_of(const std::string &text) {
  std::vector<Line> lines;
  size_t start = 0;
  for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
    if (end > start) lines.push_back({start, end - start});
  return lines;
}

int main(int count, char **arguments) {
  std::string what = "parse";
  double ms = 1000;
  for (int i = 2; i < count; i++) {
    if (strncmp(arguments[i], "what=", 5) == 0) what = arguments[i] + 5;
    if (strncmp(arguments[i], "ms=", 3) == 0) ms = atof(arguments[i] + 3);
  }
  if (count < 2 || (what != "parse" && what != "copy")) {
    fprintf(stderr, "usage: json FILE [what=parse|copy] [ms=N]\n");
    return 2;
  }
  std::ifstream file(arguments[1], std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::vector<Line> lines = lines_of(text);
  if (lines.empty()) {
    fprintf(stderr, "json: %s has no events\n", arguments[1]);
    return 1;
  }
  // Every event has what follows it as the room that the parser wants to read.
  text.append(simdjson::SIMDJSON_PADDING, ' ');
  simdjson::dom::parser parser;
  std::vector<char> copy(1 << 20);
  const size_t part = std::min<size_t>(lines.size(), 2000);
  std::vector<double> rounds;
  size_t first = 0, bytes = 0;
  for (const Line &line : lines) bytes += line.count;
  const size_t whole = lines.size() / part * part;
  for (const double end = seconds() + ms / 1000; seconds() < end; first = (first + part) % whole) {
    const double start = seconds();
    for (size_t i = first; i < first + part; i++) {
      const char *event = text.data() + lines[i].start;
      if (what == "copy") {
        memcpy(copy.data(), event, std::min(lines[i].count, copy.size()));
        // Else the compiler sees that nobody reads it.
        __asm__ volatile("" : : "r"(copy.data()) : "memory");
      } else if (parser.parse(event, lines[i].count, false).error()) {
        fprintf(stderr, "json: line %zu is no JSON\n", i + 1);
        return 1;
      }
    }
    rounds.push_back((seconds() - start) / (double)part * 1e9);
  }
  std::sort(rounds.begin(), rounds.end());
  printf("{\"what\": \"%s\", \"bytes_per_event\": %zu, \"min_ns\": %.1f, \"median_ns\": %.1f}\n", what.c_str(),
         bytes / lines.size(), rounds.front(), rounds[rounds.size() / 2]);
}
