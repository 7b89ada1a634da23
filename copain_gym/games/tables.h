/* The tables of a game in C, and the functions that use them to decode variables, run rules and
 * compute features, each for one emulator.
 *
 * Python fills the structures; c_tables.py has the same ones under the same names, and
 * tests/games/test_c_tables.py compares the two. copain_check (check.c) checks
 * all bounds once, so that a step needs no checks. */
#ifndef COPAIN_TABLES_H
#define COPAIN_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* ---- variables (decode.c) ---------------------------------------------- */

/* A byte of a variable, and what it adds to the variable's value, by the byte. */
typedef struct {
    int32_t address, value;
    const int64_t *adds; /* [256] */
} Part;

typedef struct {
    int64_t count, variables, image_size;
    const Part *parts;
} Decoder;

void decode_one(const Decoder *decoder, const uint8_t *image, int64_t *vector);

/* ---- rules (rules.c) ---------------------------------------------------- */

/* What the operands a, b and c of an instruction are: numbers of variables, of constants, or of the
 * values of earlier instructions. */
enum { A_VARIABLE, A_CONSTANT, ONE_VALUE, TWO_VALUES, THREE_VALUES, A_VALUE_AND_BITS };

/* The instructions of rules, X(name, operands). Those with F work on floating-point numbers. */
#define INSTRUCTIONS(X)                                                                            \
    X(BEFORE, A_VARIABLE)                                                                          \
    X(AFTER, A_VARIABLE)                                                                           \
    X(CONSTANT, A_CONSTANT)                                                                        \
    X(TO_FLOAT, ONE_VALUE)                                                                         \
    X(NOT, ONE_VALUE)                                                                              \
    X(INVERT, ONE_VALUE)                                                                           \
    X(NEGATE, ONE_VALUE)                                                                           \
    X(ABSOLUTE, ONE_VALUE)                                                                         \
    X(ADD, TWO_VALUES)                                                                             \
    X(SUBTRACT, TWO_VALUES)                                                                        \
    X(MULTIPLY, TWO_VALUES)                                                                        \
    X(MAXIMUM, TWO_VALUES)                                                                         \
    X(MINIMUM, TWO_VALUES)                                                                         \
    X(EQUAL, TWO_VALUES)                                                                           \
    X(NOT_EQUAL, TWO_VALUES)                                                                       \
    X(LESS, TWO_VALUES)                                                                            \
    X(LESS_EQUAL, TWO_VALUES)                                                                      \
    X(AND, TWO_VALUES)                                                                             \
    X(OR, TWO_VALUES)                                                                              \
    X(XOR, TWO_VALUES)                                                                             \
    X(SHIFT_LEFT, A_VALUE_AND_BITS)                                                                \
    X(SHIFT_RIGHT, A_VALUE_AND_BITS)                                                               \
    X(F_NEGATE, ONE_VALUE)                                                                         \
    X(F_ABSOLUTE, ONE_VALUE)                                                                       \
    X(F_ADD, TWO_VALUES)                                                                           \
    X(F_SUBTRACT, TWO_VALUES)                                                                      \
    X(F_MULTIPLY, TWO_VALUES)                                                                      \
    X(F_MAXIMUM, TWO_VALUES)                                                                       \
    X(F_MINIMUM, TWO_VALUES)                                                                       \
    X(F_EQUAL, TWO_VALUES)                                                                         \
    X(F_NOT_EQUAL, TWO_VALUES)                                                                     \
    X(F_LESS, TWO_VALUES)                                                                          \
    X(F_LESS_EQUAL, TWO_VALUES)                                                                    \
    X(SELECT, THREE_VALUES)

#define INSTRUCTION_ENUMERATOR(name, operands) name,
enum { INSTRUCTIONS(INSTRUCTION_ENUMERATOR) INSTRUCTION_COUNT };
#undef INSTRUCTION_ENUMERATOR

enum { MAX_INSTRUCTIONS = 512 };

typedef union {
    int64_t i;
    double f;
} Value;

/* The result of the k-th instruction is value k. */
typedef struct {
    int32_t op, a, b, c;
} Instruction;

typedef struct {
    int64_t length, constants, events, terms;
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

enum { MAX_OBJECTS = 64, MAP_COLUMNS = 64, MAP_COLUMN_SIZE = 8, MAP_ROWS = 26 };

/* A feature that is looked up by the value of a variable, `low` and more. */
typedef struct {
    int32_t at, slot, low, values;
    const float *table; /* [values] */
} Column;

/* Objects of some slots as seen from the origin, the nearest first. */
typedef struct {
    int32_t at, count, fields, type, x, y, origin_x, origin_y;
    const float *by_kind; /* [256][fields]: 1 if there is one, scale of X and of Y, flags */
} Objects;

/* Free space above and below the origin in some columns of the map. */
typedef struct {
    int32_t at, count, address, scroll, origin_x, origin_y;
    const int32_t *offsets; /* [count] */
} Terrain;

typedef struct {
    int64_t size, columns, groups, maps;
    const Column *column;
    const Objects *objects;
    const Terrain *terrain;
} Features;

void features_one(const Features *features, const uint8_t *image, const int64_t *vector,
                  float *out);

/* ---- all of it (reader.c) ------------------------------------------------ */

typedef struct {
    const Decoder *decoder;
    const Rules *rules;       /* NULL: NumPy computes them */
    const Features *features; /* NULL: none are needed */
    int64_t emulators;
    const uint8_t *images;   /* [emulators][image_size] */
    int64_t *before, *after; /* [emulators][variables] */
    uint8_t *happened;       /* [events][emulators] */
    double *rewards;         /* [emulators] */
    float *observed;         /* [emulators][features] */
} Reader;

/* The layout that Python assumes, on 64-bit systems. */
_Static_assert(sizeof(void *) == 8, "Python fills addresses of 64 bits");
_Static_assert(sizeof(Part) == 16 && offsetof(Part, adds) == 8, "Part");
_Static_assert(sizeof(Decoder) == 32 && offsetof(Decoder, parts) == 24, "Decoder");
_Static_assert(sizeof(Value) == 8, "Value");
_Static_assert(sizeof(Instruction) == 16, "Instruction");
_Static_assert(sizeof(Rules) == 72 && offsetof(Rules, code) == 32, "Rules");
_Static_assert(sizeof(Column) == 24 && offsetof(Column, table) == 16, "Column");
_Static_assert(sizeof(Objects) == 40 && offsetof(Objects, by_kind) == 32, "Objects");
_Static_assert(sizeof(Terrain) == 32 && offsetof(Terrain, offsets) == 24, "Terrain");
_Static_assert(sizeof(Features) == 56 && offsetof(Features, column) == 32, "Features");
_Static_assert(sizeof(Reader) == 80 && offsetof(Reader, observed) == 72, "Reader");

#endif
