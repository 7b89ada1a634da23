/* Decodes the variables of n emulators; variables.py says what they are. */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* A byte of a variable, and what it adds to the variable's value, by the byte. */
typedef struct {
    int32_t address, value;
    const int64_t *adds; /* [256] */
} Part;

/* Fills vector[n][variables] from n images, which are `stride` bytes apart. */
EXPORT void copain_decode(const Part *parts, int64_t count, const uint8_t *images, int64_t stride,
                          int64_t *vector, int64_t variables, int64_t n) {
    for (int64_t i = 0; i < n; i++, images += stride, vector += variables) {
        for (int64_t k = 0; k < variables; k++) vector[k] = 0;
        for (const Part *part = parts; part < parts + count; part++)
            vector[part->value] += part->adds[images[part->address]];
    }
}
