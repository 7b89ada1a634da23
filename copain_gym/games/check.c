/* Checks a reader's tables once, before they are used: whatever a game declares, no step reads or
 * writes outside of its arrays. The lengths of the tables' own arrays are trusted: Python
 * counts the arrays that it passes. */
#include "export.h"
#include "tables.h"

/* Whether `count` elements from `first` lie in an array of `length`. */
static int within(int64_t first, int64_t count, int64_t length) {
    return first >= 0 && count >= 0 && first <= length && count <= length - first;
}

static const char *check_decoder(const Decoder *d) {
    for (int64_t k = 0; k < d->count; k++) {
        if (!within(d->parts[k].address, 1, d->image_size))
            return "a variable lies outside of the image";
        if (!within(d->parts[k].value, 1, d->variables)) return "a byte belongs to no variable";
    }
    return NULL;
}

static int is_valid(const Instruction *at, int64_t number, int64_t constants, int64_t variables) {
#define INSTRUCTION_OPERANDS(name, operands) operands,
    static const int OPERANDS[] = {INSTRUCTIONS(INSTRUCTION_OPERANDS)};
#undef INSTRUCTION_OPERANDS
    if (!within(at->op, 1, INSTRUCTION_COUNT)) return 0;
    switch (OPERANDS[at->op]) {
    case A_VARIABLE: return within(at->a, 1, variables);
    case A_CONSTANT: return within(at->a, 1, constants);
    case A_VALUE_AND_BITS: return within(at->a, 1, number) && within(at->b, 1, 64);
    case THREE_VALUES:
        if (!within(at->c, 1, number)) return 0; /* fall through */
    case TWO_VALUES:
        if (!within(at->b, 1, number)) return 0; /* fall through */
    default: return within(at->a, 1, number);
    }
}

static const char *check_rules(const Rules *r, int64_t variables) {
    if (!within(0, r->length, MAX_INSTRUCTIONS)) return "the rules have too many instructions";
    for (int64_t k = 0; k < r->length; k++)
        if (!is_valid(&r->code[k], k, r->constants, variables))
            return "an instruction of the rules is not valid";
    for (int64_t e = 0; e < r->events; e++)
        if (!within(r->event[e], 1, r->length)) return "an event has no value";
    for (int64_t t = 0; t < r->terms; t++)
        if (!within(r->term[t], 1, r->length)) return "a term of the reward has no value";
    return NULL;
}

static const char *check_features(const Features *f, const Decoder *d) {
    int64_t variables = d->variables;
    for (int64_t k = 0; k < f->columns; k++) {
        const Column *c = &f->column[k];
        if (!within(c->at, 1, f->size)) return "a column lies outside of the features";
        if (!within(c->slot, 1, variables)) return "a column belongs to no variable";
        if (c->values < 1) return "a column has no values";
    }
    for (int64_t k = 0; k < f->groups; k++) {
        const Objects *g = &f->objects[k];
        if (!within(0, g->count, MAX_OBJECTS)) return "a group has too many objects";
        if (g->fields < 3 || !within(g->at, (int64_t)g->count * g->fields, f->size))
            return "objects lie outside of the features";
        if (!within(g->type, g->count, variables) || !within(g->x, g->count, variables) ||
            !within(g->y, g->count, variables) || !within(g->origin_x, 1, variables) ||
            !within(g->origin_y, 1, variables))
            return "objects have variables that do not exist";
    }
    for (int64_t k = 0; k < f->maps; k++) {
        const Terrain *g = &f->terrain[k];
        if (!within(g->at, 2 * (int64_t)g->count, f->size))
            return "terrain lies outside of the features";
        if (!within(g->address, MAP_COLUMNS * MAP_COLUMN_SIZE, d->image_size))
            return "the map of a terrain lies outside of the image";
        if (!within(g->scroll, 1, variables) || !within(g->origin_x, 1, variables) ||
            !within(g->origin_y, 1, variables))
            return "a terrain has variables that do not exist";
    }
    return NULL;
}

/* Returns what is wrong with the tables of a reader, or NULL. */
EXPORT const char *copain_check(const Reader *r) {
    const char *wrong = check_decoder(r->decoder);
    if (!wrong && r->rules) wrong = check_rules(r->rules, r->decoder->variables);
    if (!wrong && r->features) wrong = check_features(r->features, r->decoder);
    return wrong;
}
