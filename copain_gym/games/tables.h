/* What a game's tables are in C: how variables are decoded, rules run and features computed, each for
 * one emulator. variables.py, rules.py and features_c.py fill the structures. */
#ifndef COPAIN_TABLES_H
#define COPAIN_TABLES_H

#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- variables (decode.c) ---------------------------------------------- */

/* A byte of a variable, and what it adds to the variable's value, by the byte. */
typedef struct {
    int32_t address, value;
    const int64_t *adds; /* [256] */
} Part;

typedef struct {
    int64_t count, variables;
    const Part *parts;
} Decoder;

void decode_one(const Decoder *decoder, const uint8_t *image, int64_t *vector);

/* ---- rules (rules.c) ---------------------------------------------------- */

typedef union {
    int64_t i;
    double f;
} Value;

/* The result of the k-th instruction is value k; a, b and c are numbers of values, or of what
 * the instruction fetches. */
typedef struct {
    int32_t op, a, b, c;
} Instruction;

typedef struct {
    int64_t length, events, terms;
    const Instruction *code;
    const Value *constant;
    const int32_t *event; /* values that say whether an event happened */
    const int32_t *term;  /* values, as doubles, of the terms of the reward */
    const double *weight;
} Rules;

/* Fills happened, [events] that are `stride` apart, and *reward. */
void judge_one(const Rules *rules, const int64_t *before, const int64_t *after, uint8_t *happened,
               int64_t stride, double *reward);

/* ---- features (features.c) ---------------------------------------------- */

/* A feature that is looked up by the value of a variable, `low` and more. */
typedef struct {
    int32_t at, slot, low, values;
    const float *table;
} Column;

/* Objects of some slots, the nearest first. */
typedef struct {
    int32_t at, count, fields, type, x, y, ship_x, ship_y;
    const float *by_kind; /* [256][fields]: 1 if there is one, scale of X and of Y, flags */
} Objects;

/* Free space above and below the ship in some columns of the map. */
typedef struct {
    int32_t at, count, address, scroll, ship_x, ship_y;
    const int32_t *offsets;
} Terrain;

typedef struct {
    int64_t size, columns, groups, maps;
    const Column *column;
    const Objects *objects;
    const Terrain *terrain;
} Features;

void features_one(const Features *features, const uint8_t *image, const int64_t *vector, float *out);

#endif
