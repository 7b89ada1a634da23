/* Scales pictures down to shades of grey. The emulators do this, as they run in parallel. */
#include "native.h"
#include "protocol.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEIGHT = PICTURE_HEIGHT, WIDTH = PICTURE_WIDTH };

/* For each new pixel: the old pixels that it covers, and their weights, which sum to 1. */
typedef struct {
    int taps;
    int *pixel;    /* [tap * new + i] */
    float *weight; /* likewise */
} Shares;

static void free_shares(Shares *s) {
    free(s->pixel);
    free(s->weight);
    memset(s, 0, sizeof *s);
}

/* The same arithmetic as in copain_gym/envs/pictures.py, so that both give the same bytes. */
static int make_shares(Shares *s, int old, int new) {
    free_shares(s);
    s->taps = (int)ceil((double)old / new) + 1;
    size_t count = (size_t)s->taps * (size_t)new;
    s->pixel = malloc(count * sizeof *s->pixel);
    s->weight = malloc(count * sizeof *s->weight);
    if (!s->pixel || !s->weight) return 0;
    double width = (double)old / new, share = (double)new / old;
    for (int i = 0; i < new; i++) {
        double begin = i * width, end = (i + 1) * width;
        int first = (int)floor(begin + 1e-9);
        for (int k = 0; k < s->taps; k++) {
            int pixel = first + k;
            double covered = fmin(end, pixel + 1) - fmax(begin, pixel);
            s->pixel[k * new + i] = pixel < old ? pixel : old - 1;
            s->weight[k * new + i] = (float)(fmax(covered, 0) * share);
        }
    }
    return 1;
}

static struct {
    int height, width;
    Shares rows, columns;
} kept; /* for the size of the last call */

/* Rows of the new picture that are scaled together, one in each element of a vector. */
enum { BATCH = 8 };
typedef float Batch __attribute__((vector_size(sizeof(float) * BATCH)));

#if defined(__x86_64__) && defined(__GLIBC__)
#define WIDEST_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDEST_VECTORS
#endif

/* Sums are made in the same order as in copain_gym/envs/pictures.py. A weight of 0 adds nothing. */
WIDEST_VECTORS static void scale(const float *grey, uint8_t *small, int height, int width) {
    static float lines[BATCH][WIDTH];
    static Batch across[WIDTH]; /* the same, with the lines of a pixel side by side */
    const Shares *rows = &kept.rows, *columns = &kept.columns;
    for (int top = 0; top < height; top += BATCH) {
        int count = height - top < BATCH ? height - top : BATCH;
        for (int r = 0; r < count; r++) {
            float *line = lines[r];
            memset(line, 0, sizeof lines[r]);
            for (int k = 0; k < rows->taps; k++) {
                const float *from = grey + WIDTH * rows->pixel[k * height + top + r];
                float weight = rows->weight[k * height + top + r];
                if (weight > 0)
                    for (int x = 0; x < WIDTH; x++) line[x] = line[x] + from[x] * weight;
            }
        }
        for (int x = 0; x < WIDTH; x++)
            for (int r = 0; r < BATCH; r++) across[x][r] = lines[r][x];
        for (int x = 0; x < width; x++) {
            Batch sum = {0};
            for (int k = 0; k < columns->taps; k++)
                sum = sum + across[columns->pixel[k * width + x]] * columns->weight[k * width + x];
            for (int r = 0; r < count; r++) small[(top + r) * width + x] = (uint8_t)(sum[r] + 0.5f);
        }
    }
}

static uint8_t shade(const uint8_t *rgb) {
    return (uint8_t)((299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2] + 500u) / 1000u);
}

/* shrink(picture, height, width) -> height * width bytes of grey.
 * picture: 256x240 palette indices and the palette (768 bytes), or a picture in GD's format. */
int native_shrink(lua_State *L) {
    size_t size;
    const uint8_t *picture = (const uint8_t *)luaL_checklstring(L, 1, &size);
    int height = (int)luaL_checkinteger(L, 2), width = (int)luaL_checkinteger(L, 3);
    luaL_argcheck(L, height >= 1 && height <= HEIGHT, 2, "allowed are 1 to 240");
    luaL_argcheck(L, width >= 1 && width <= WIDTH, 3, "allowed are 1 to 256");
    int indexed = size == WIDTH * HEIGHT + PALETTE_SIZE;
    luaL_argcheck(L, indexed || size == GD_HEADER_SIZE + 4 * WIDTH * HEIGHT, 1, "the picture has a wrong size");
    if (kept.height != height || kept.width != width) {
        kept.height = kept.width = 0;
        if (!make_shares(&kept.rows, HEIGHT, height) || !make_shares(&kept.columns, WIDTH, width))
            return luaL_error(L, "out of memory");
        kept.height = height;
        kept.width = width;
    }
    static float grey[HEIGHT * WIDTH];
    if (indexed) {
        const uint8_t *palette = picture + WIDTH * HEIGHT;
        float shades[256];
        for (int i = 0; i < 256; i++) shades[i] = shade(palette + 3 * i);
        for (int i = 0; i < HEIGHT * WIDTH; i++) grey[i] = shades[picture[i]];
    } else {
        const uint8_t *argb = picture + GD_HEADER_SIZE;
        for (int i = 0; i < HEIGHT * WIDTH; i++) grey[i] = shade(argb + 4 * i + 1);
    }
    static uint8_t small[HEIGHT * WIDTH];
    scale(grey, small, height, width);
    lua_pushlstring(L, (const char *)small, (size_t)(height * width));
    return 1;
}
