/* Computes the features of an emulator; features.py says what they are. */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

enum { FREE_SLOT = 1024 }; /* farther away than any object */

static float look_up(const Column *c, const int64_t *vector) {
    int64_t k = vector[c->slot] - c->low;
    return c->table[k < 0 ? 0 : k < c->values ? k : c->values - 1];
}

static void put_objects(const Objects *g, const int64_t *vector, float *out) {
    int64_t far[MAX_OBJECTS];
    int order[MAX_OBJECTS];
    int64_t origin_x = vector[g->origin_x], origin_y = vector[g->origin_y];
    for (int i = 0; i < g->count; i++) {
        int64_t distance = llabs(vector[g->x + i] - origin_x) + llabs(vector[g->y + i] - origin_y);
        if (!vector[g->type + i]) distance += FREE_SLOT;
        int k = i; /* objects at equal distances stay in the order of their slots */
        for (; k > 0 && far[k - 1] > distance; k--) {
            far[k] = far[k - 1];
            order[k] = order[k - 1];
        }
        far[k] = distance;
        order[k] = i;
    }
    for (int k = 0; k < g->count; k++, out += g->fields) {
        int i = order[k];
        int64_t kind = vector[g->type + i] & 0xFF;
        memcpy(out, g->by_kind + kind * g->fields, (size_t)g->fields * sizeof *out);
        out[1] *= (float)(vector[g->x + i] - origin_x);
        out[2] *= (float)(vector[g->y + i] - origin_y);
    }
}

static int tile(const uint8_t *column, int row) { return column[row >> 2] >> 2 * (row & 3) & 3; }

static void put_terrain(const Terrain *g, const uint8_t *image, const int64_t *vector, float *out) {
    int64_t first = (vector[g->scroll] + vector[g->origin_x]) >> 3;
    int row = (int)((vector[g->origin_y] & 0xFF) >> 3);
    if (row >= MAP_ROWS) row = MAP_ROWS - 1;
    for (int i = 0; i < g->count; i++) {
        int64_t which = (first + g->offsets[i]) & (MAP_COLUMNS - 1);
        const uint8_t *column = image + g->address + MAP_COLUMN_SIZE * which;
        int above = row, below = row;
        while (above >= 0 && !tile(column, above)) above--;
        while (below < MAP_ROWS && !tile(column, below)) below++;
        *out++ = (float)(row - above) / MAP_ROWS;
        *out++ = (float)(below - row) / MAP_ROWS;
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
