/* Numbers as text, without stdio. */
#ifndef CT_DECIMAL_H
#define CT_DECIMAL_H

#include <stdint.h>

/* Writes digits and a NUL, at most 21 bytes; gives where the NUL stands. */
char *ct_decimal(char *at, uint64_t value);
/* Writes exactly `width` digits, with leading zeros and without a NUL; gives the place behind. */
char *ct_digits(char *at, uint64_t value, int width);

#endif
