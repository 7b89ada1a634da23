/* Reads what a step has led to in some emulators of many, in one call; envs/reader.py owns the arrays. */
#include "tables.h"

#include <string.h>

typedef struct {
    const Decoder *decoder;
    const Rules *rules;       /* NULL: others judge */
    const Features *features; /* NULL: nobody wants them */
    int64_t emulators;
    const uint8_t *images; /* [emulators][stride] */
    int64_t stride;
    int64_t *before, *after; /* [emulators][variables] */
    uint8_t *happened;       /* [events][emulators] */
    double *rewards;
    float *observed; /* [emulators][features] */
} Reader;

/* Reads the images of `rows`, or of the first n. What was decoded before moves to `before`. */
EXPORT void copain_read(const Reader *r, const int64_t *rows, int64_t n) {
    int64_t variables = r->decoder->variables;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        const uint8_t *image = r->images + row * r->stride;
        int64_t *before = r->before + row * variables, *after = r->after + row * variables;
        memcpy(before, after, (size_t)variables * sizeof *after);
        decode_one(r->decoder, image, after);
        if (r->rules)
            judge_one(r->rules, before, after, r->happened + row, r->emulators, r->rewards + row);
        if (r->features) features_one(r->features, image, after, r->observed + row * r->features->size);
    }
}
