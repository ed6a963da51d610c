#include "supervise.h"

/* Bytes of a JSON string that stand for themselves; Go's encoder, whose output this equals, also escapes < > &. */
static inline bool is_plain(uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' && byte != '&';
}

/* Size of the UTF-8 sequence at `at`; 0 when there is no valid one. */
static size_t sequence(const uint8_t *at, size_t left) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t size = at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;
  if (size == 0 || at[0] >= 0xf5 || size > left) return 0;
  uint32_t rune = at[0] & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0;
    rune = rune << 6 | (at[i] & 0x3f);
  }
  return rune < least[size] || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000) ? 0 : size;
}

static char *append(char *out, const void *text, size_t size) {
  memcpy(out, text, size);
  return out + size;
}

static char *escape_byte(char *out, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  const char *known = byte == '"' ? "\\\"" : byte == '\\' ? "\\\\" : byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : NULL;
  const char number[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
  return known != NULL ? append(out, known, 2) : append(out, number, sizeof number);
}

static char *escape(char *out, const uint8_t *at, size_t left) {
  while (left > 0) {
    size_t size = 0;
    while (size < left && is_plain(at[size])) size++;
    out = append(out, at, size);
    at += size, left -= size;
    if (left == 0) break;
    size = 1;
    if (at[0] < 0x80) {
      out = escape_byte(out, at[0]);
    } else if ((size = sequence(at, left)) == 0) {
      out = append(out, "\\ufffd", 6);
      size = 1;
    } else if (size == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8) { /* U+2028, U+2029 */
      out = append(out, at[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
    } else {
      out = append(out, at, size);
    }
    at += size, left -= size;
  }
  return out;
}

/* Writes exactly `width` digits, with leading zeros, and what comes after them; gives the place behind. */
static char *digits(char *at, int64_t value, int width, char after) {
  for (int i = width; i-- > 0; value /= 10) at[i] = (char)('0' + value % 10);
  at[width] = after;
  return at + width + 1;
}

/* The proleptic Gregorian date of a count of days since 1970. */
static char *date(char *out, int64_t days) {
  int64_t shifted = days + 719468, era = shifted / 146097; /* from 0000-03-01, in eras of 400 years */
  int64_t day = shifted - era * 146097;
  int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  int64_t inYear = day - (365 * year + year / 4 - year / 100), month = (5 * inYear + 2) / 153;
  int64_t inMonth = inYear - (153 * month + 2) / 5 + 1;
  month += month < 10 ? 3 : -9;
  out = digits(out, year + era * 400 + (month <= 2), 4, '-');
  return digits(digits(out, month, 2, '-'), inMonth, 2, 'T');
}

/* Sets `time` to now: 2026-01-02T03:04:05.123456789Z. */
static void stamp(struct ct_log *log) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != log->second) {
    int64_t inDay = now.tv_sec % 86400;
    char *at = date(log->time, now.tv_sec / 86400);
    at = digits(at, inDay / 3600, 2, ':');
    at = digits(at, inDay / 60 % 60, 2, ':');
    digits(at, inDay % 60, 2, '.');
    log->second = now.tv_sec;
  }
  digits(log->time + 20, now.tv_nsec, 9, 'Z');
}

static void flush(struct ct_log *log) {
  ssize_t n = log->used == 0 ? 0 : CT_RETRY(write(log->fd, log->out, log->used));
  if (n > 0 && (size_t)n < log->used) { /* the disk is full: take back the torn line */
    off_t end = lseek(log->fd, 0, SEEK_END);
    while (n > 0 && log->out[n - 1] != '\n') n--, end--;
    (void)!ftruncate(log->fd, end);
  }
  log->used = 0;
}

/* Adds one piece, with its newline when it has one. */
static void add(struct ct_log *log, int stream, const uint8_t *data, size_t size) {
  static const char *const middle[] = {"\",\"stream\":\"stdout\",\"time\":\"", "\",\"stream\":\"stderr\",\"time\":\""};
  enum { around = 128 };
  if (sizeof log->out - log->used < 6 * size + around) flush(log);
  char *out = append(log->out + log->used, "{\"log\":\"", 8);
  out = escape(out, data, size);
  out = append(out, middle[stream], 28);
  out = append(out, log->time, 30);
  out = append(out, "\"}\n", 3);
  log->used = (size_t)(out - log->out);
}

static void add_pending(struct ct_log *log, int stream) {
  if (log->pending[stream].size > 0) add(log, stream, log->pending[stream].data, log->pending[stream].size);
  log->pending[stream].size = 0;
}

/* How much of a full piece to log: a character whose end has not come yet waits for it. */
static size_t whole_characters(const uint8_t *data, size_t size) {
  for (size_t back = 1; back <= 3 && back <= size; back++) {
    uint8_t byte = data[size - back];
    if ((byte & 0xc0) == 0x80) continue;
    size_t needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? size - back : size;
  }
  return size;
}

/* Takes the next bytes of a line into its pending beginning, and logs that when it is full. */
static void keep(struct ct_log *log, int stream, const uint8_t *data, size_t size) {
  uint8_t *pending = log->pending[stream].data;
  size_t *have = &log->pending[stream].size;
  while (size > 0) {
    size_t part = size < CT_LOG_PIECE - *have ? size : CT_LOG_PIECE - *have;
    memcpy(pending + *have, data, part);
    *have += part, data += part, size -= part;
    if (*have < CT_LOG_PIECE) continue;
    size_t whole = whole_characters(pending, *have);
    add(log, stream, pending, whole);
    memmove(pending, pending + whole, *have - whole);
    *have -= whole;
  }
}

int ct_log_open(struct ct_log *log, const char *path) {
  log->second = -1;
  log->fd = *path == 0 ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640);
  return *path != 0 && log->fd < 0 ? -1 : 0;
}

void ct_log_write(struct ct_log *log, int stream, const uint8_t *data, size_t size) {
  if (log->fd < 0) return;
  stamp(log);
  while (size > 0) {
    const uint8_t *newline = memchr(data, '\n', size);
    size_t line = newline == NULL ? size : (size_t)(newline - data) + 1;
    if (newline != NULL && log->pending[stream].size == 0 && line <= CT_LOG_PIECE) {
      add(log, stream, data, line);
    } else {
      keep(log, stream, data, line);
      if (newline != NULL) add_pending(log, stream);
    }
    data += line, size -= line;
  }
  flush(log);
}

void ct_log_end(struct ct_log *log, int stream) {
  if (log->fd < 0 || log->pending[stream].size == 0) return;
  stamp(log);
  add_pending(log, stream);
  flush(log);
}
