/* Decodes the variables of emulators; variables.py says what they are. */
#include "export.h"
#include "tables.h"

#include <string.h>

void decode_one(const Decoder *decoder, const uint8_t *image, int64_t *vector) {
    memset(vector, 0, (size_t)decoder->variables * sizeof *vector);
    for (const Part *part = decoder->parts; part < decoder->parts + decoder->count; part++)
        vector[part->value] += part->adds[image[part->address]];
}

/* Fills vector[n][variables] from n images, which are `stride` bytes apart. Decoder.vector of
 * variables.py checks their size. */
EXPORT void copain_decode(const Decoder *decoder, const uint8_t *images, int64_t stride,
                          int64_t *vector, int64_t n) {
    for (; n-- > 0; images += stride, vector += decoder->variables)
        decode_one(decoder, images, vector);
}
