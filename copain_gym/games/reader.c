/* Reads the results of a step in some of the emulators, in one call; reader.py owns the arrays. */
#include "export.h"
#include "tables.h"

#include <string.h>

/* Reads the images of the n emulators that `rows` names, or of the first n if it is NULL. What was
 * decoded before moves to `before`. Nothing is read when a row is out of range; returns the number
 * of rows before that one, or n. */
EXPORT int64_t copain_read(const Reader *r, const int64_t *rows, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        if (row < 0 || row >= r->emulators) return i;
    }
    int64_t variables = r->decoder->variables;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        const uint8_t *image = r->images + row * r->decoder->image_size;
        int64_t *before = r->before + row * variables, *after = r->after + row * variables;
        memcpy(before, after, (size_t)variables * sizeof *after);
        decode_one(r->decoder, image, after);
        if (r->rules)
            judge_one(r->rules, before, after, r->happened + row, r->emulators, r->rewards + row);
        if (r->features)
            features_one(r->features, image, after, r->observed + row * r->features->size);
    }
    return n;
}
