/* Computes the features of an emulator; features.py says what they are. */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 26, COLUMNS = 64, FREE_SLOT = 1024, MOST_OBJECTS = 64 };

static float look_up(const Column *c, const int64_t *vector) {
    int64_t k = vector[c->slot] - c->low;
    return c->table[k < 0 ? 0 : k < c->values ? k : c->values - 1];
}

static void put_objects(const Objects *g, const int64_t *vector, float *out) {
    int64_t far[MOST_OBJECTS];
    int order[MOST_OBJECTS];
    int64_t ship_x = vector[g->ship_x], ship_y = vector[g->ship_y];
    for (int i = 0; i < g->count; i++) {
        int64_t distance = llabs(vector[g->x + i] - ship_x) + llabs(vector[g->y + i] - ship_y);
        if (!vector[g->type + i]) distance += FREE_SLOT;
        int k = i; /* those that are as far stay in the order of their slots */
        for (; k > 0 && far[k - 1] > distance; k--) {
            far[k] = far[k - 1];
            order[k] = order[k - 1];
        }
        far[k] = distance;
        order[k] = i;
    }
    for (int k = 0; k < g->count; k++, out += g->fields) {
        int i = order[k];
        memcpy(out, g->by_kind + (vector[g->type + i] & 0xFF) * g->fields, g->fields * sizeof *out);
        out[1] *= (float)(vector[g->x + i] - ship_x);
        out[2] *= (float)(vector[g->y + i] - ship_y);
    }
}

static int tile(const uint8_t *column, int row) { return column[row >> 2] >> 2 * (row & 3) & 3; }

static void put_terrain(const Terrain *g, const uint8_t *image, const int64_t *vector, float *out) {
    int64_t first = (vector[g->scroll] + vector[g->ship_x]) >> 3;
    int row = (int)((vector[g->ship_y] & 0xFF) >> 3);
    if (row >= ROWS) row = ROWS - 1;
    for (int i = 0; i < g->count; i++) {
        const uint8_t *column = image + g->address + 8 * ((first + g->offsets[i]) & (COLUMNS - 1));
        int above = row, below = row;
        while (above >= 0 && !tile(column, above)) above--;
        while (below < ROWS && !tile(column, below)) below++;
        *out++ = (float)(row - above) / ROWS;
        *out++ = (float)(below - row) / ROWS;
    }
}

void features_one(const Features *features, const uint8_t *image, const int64_t *vector, float *out) {
    for (int64_t k = 0; k < features->columns; k++)
        out[features->column[k].at] = look_up(&features->column[k], vector);
    for (int64_t k = 0; k < features->groups; k++)
        put_objects(&features->objects[k], vector, out + features->objects[k].at);
    for (int64_t k = 0; k < features->maps; k++)
        put_terrain(&features->terrain[k], image, vector, out + features->terrain[k].at);
}
