#include "decimal.h"

char *ct_digits(char *at, uint64_t value, int width) {
  for (int i = width; i-- > 0; value /= 10) at[i] = (char)('0' + value % 10);
  return at + width;
}

char *ct_decimal(char *at, uint64_t value) {
  int width = 1;
  for (uint64_t rest = value; rest >= 10; rest /= 10) width++;
  char *end = ct_digits(at, value, width);
  *end = 0;
  return end;
}
