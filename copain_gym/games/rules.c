/* Runs the rules of a game for an emulator; rules.py compiles them. */
#include "export.h"
#include "tables.h"

/* Integers wrap as NumPy's do. */
static int64_t wrap(uint64_t value) { return (int64_t)value; }

static void run(const Rules *rules, const int64_t *before, const int64_t *after, Value *value) {
    for (int64_t k = 0; k < rules->length; k++) {
        const Instruction *at = &rules->code[k];
        const Value *x = &value[at->a], *y = &value[at->b];
        Value *out = &value[k];
        switch (at->op) {
        case BEFORE: out->i = before[at->a]; break;
        case AFTER: out->i = after[at->a]; break;
        case CONSTANT: *out = rules->constant[at->a]; break;
        case TO_FLOAT: out->f = (double)x->i; break;
        case NOT: out->i = !x->i; break;
        case INVERT: out->i = ~x->i; break;
        case NEGATE: out->i = wrap(-(uint64_t)x->i); break;
        case ABSOLUTE: out->i = x->i < 0 ? wrap(-(uint64_t)x->i) : x->i; break;
        case ADD: out->i = wrap((uint64_t)x->i + (uint64_t)y->i); break;
        case SUBTRACT: out->i = wrap((uint64_t)x->i - (uint64_t)y->i); break;
        case MULTIPLY: out->i = wrap((uint64_t)x->i * (uint64_t)y->i); break;
        case MAXIMUM: out->i = x->i > y->i ? x->i : y->i; break;
        case MINIMUM: out->i = x->i < y->i ? x->i : y->i; break;
        case EQUAL: out->i = x->i == y->i; break;
        case NOT_EQUAL: out->i = x->i != y->i; break;
        case LESS: out->i = x->i < y->i; break;
        case LESS_EQUAL: out->i = x->i <= y->i; break;
        case AND: out->i = x->i & y->i; break;
        case OR: out->i = x->i | y->i; break;
        case XOR: out->i = x->i ^ y->i; break;
        case SHIFT_LEFT: out->i = wrap((uint64_t)x->i << at->b); break;
        case SHIFT_RIGHT: out->i = x->i >> at->b; break;
        case F_NEGATE: out->f = -x->f; break;
        case F_ABSOLUTE: out->f = __builtin_fabs(x->f); break;
        case F_ADD: out->f = x->f + y->f; break;
        case F_SUBTRACT: out->f = x->f - y->f; break;
        case F_MULTIPLY: out->f = x->f * y->f; break;
        case F_MAXIMUM: out->f = x->f > y->f ? x->f : y->f; break;
        case F_MINIMUM: out->f = x->f < y->f ? x->f : y->f; break;
        case F_EQUAL: out->i = x->f == y->f; break;
        case F_NOT_EQUAL: out->i = x->f != y->f; break;
        case F_LESS: out->i = x->f < y->f; break;
        case F_LESS_EQUAL: out->i = x->f <= y->f; break;
        case SELECT: *out = x->i ? *y : value[at->c]; break;
        }
    }
}

void judge_one(const Rules *rules, const int64_t *before, const int64_t *after, uint8_t *happened,
               int64_t stride, double *reward) {
    Value value[MAX_INSTRUCTIONS];
    run(rules, before, after, value);
    for (int64_t e = 0; e < rules->events; e++)
        happened[e * stride] = (uint8_t)value[rules->event[e]].i;
    *reward = 0.0;
    for (int64_t t = 0; t < rules->terms; t++)
        *reward += rules->weight[t] * value[rules->term[t]].f;
}

/* The name of an instruction by its number, or NULL. For the test that compares this table with
 * Python's. */
EXPORT const char *copain_instruction(uint32_t op) {
#define INSTRUCTION_NAME(name, operands) #name,
    static const char *const NAMES[] = {INSTRUCTIONS(INSTRUCTION_NAME)};
#undef INSTRUCTION_NAME
    return op < INSTRUCTION_COUNT ? NAMES[op] : NULL;
}
