/* Octets written as hexadecimal digits, as test vectors print them. */
#ifndef CG_TEST_HEX_H
#define CG_TEST_HEX_H

#include "unit.h"

static inline unsigned hex_digit(char c)
{
    const char *at = strchr("0123456789abcdef", c);
    assert_true(c != '\0' && at != NULL);
    return (unsigned)(at - "0123456789abcdef");
}

/* The number of octets. `room` is how many may be written. */
static inline size_t hex_read(const char *digits, unsigned char *octets, size_t room)
{
    size_t len = strlen(digits) / 2;
    assert_true(strlen(digits) % 2 == 0 && len <= room);
    for (size_t i = 0; i < len; i++) {
        octets[i] = (unsigned char)(hex_digit(digits[2 * i]) << 4 | hex_digit(digits[2 * i + 1]));
    }
    return len;
}

static inline void assert_hex(const char *what, const unsigned char *is, const char *wanted)
{
    unsigned char octets[512];
    size_t len = hex_read(wanted, octets, sizeof octets);
    if (memcmp(is, octets, len) != 0) {
        fail_msg("%s is not %s", what, wanted);
    }
}

#endif
