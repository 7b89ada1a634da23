/* Scales pictures down to shades of grey. The emulators do this, as they run in parallel. */
#include "native.h"
#include "protocol.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif
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
typedef int32_t Places __attribute__((vector_size(sizeof(int32_t) * BATCH)));
typedef int16_t BatchShorts __attribute__((vector_size(sizeof(int16_t) * BATCH)));
typedef uint8_t BatchBytes __attribute__((vector_size(BATCH)));

#if defined(__x86_64__) && defined(__GLIBC__)
#define WIDEST_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDEST_VECTORS
#endif


#ifdef __clang__
#define SHUFFLE(one, two, ...) __builtin_shufflevector(one, two, __VA_ARGS__)
#else
#define SHUFFLE(one, two, ...) __builtin_shuffle(one, two, (Places){__VA_ARGS__})
#endif

/* Swaps rows and columns of a square. */
static inline __attribute__((always_inline)) void transpose(Batch square[BATCH]) {
    Batch pairs[BATCH], fours[BATCH];
#pragma GCC unroll 8
    for (int i = 0; i < BATCH; i += 2) {
        pairs[i] = SHUFFLE(square[i], square[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[i + 1] = SHUFFLE(square[i], square[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma GCC unroll 8
    for (int i = 0; i < BATCH; i++) {
        Batch first = pairs[i / 4 * 4 + i / 2 % 2], second = pairs[i / 4 * 4 + i / 2 % 2 + 2];
        fours[i] = i % 2 ? SHUFFLE(first, second, 2, 3, 10, 11, 6, 7, 14, 15)
                         : SHUFFLE(first, second, 0, 1, 8, 9, 4, 5, 12, 13);
    }
#pragma GCC unroll 8
    for (int i = 0; i < BATCH / 2; i++) {
        square[i] = SHUFFLE(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        square[i + 4] = SHUFFLE(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* line = the sum of `taps` rows with their weights, in their order. */
static inline __attribute__((always_inline)) void mix_rows(float *line, const uint8_t *grey, int y, int height) {
    const Shares *rows = &kept.rows;
    enum { AT_ONCE = 4 };
    for (int k = 0; k < rows->taps; k += AT_ONCE) {
        const uint8_t *from[AT_ONCE];
        float weight[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++) {
            int tap = (k + i < rows->taps ? k + i : k) * height + y;
            from[i] = grey + WIDTH * rows->pixel[tap];
            weight[i] = k + i < rows->taps ? rows->weight[tap] : 0;
        }
        if (k == 0)
            for (int x = 0; x < WIDTH; x++)
                line[x] = from[0][x] * weight[0] + from[1][x] * weight[1] + from[2][x] * weight[2]
                          + from[3][x] * weight[3];
        else
            for (int x = 0; x < WIDTH; x++)
                line[x] = line[x] + from[0][x] * weight[0] + from[1][x] * weight[1]
                          + from[2][x] * weight[2] + from[3][x] * weight[3];
    }
}

/* Sums are made in the same order as in copain_gym/envs/pictures.py. A weight of 0 adds nothing. */
WIDEST_VECTORS static void scale(const uint8_t *grey, uint8_t *small, int height, int width) {
    static float lines[BATCH][WIDTH];
    static Batch across[WIDTH]; /* the same, with the lines of a pixel side by side */
    const Shares *columns = &kept.columns;
    for (int top = 0; top < height; top += BATCH) {
        int count = height - top < BATCH ? height - top : BATCH;
        for (int r = 0; r < count; r++) mix_rows(lines[r], grey, top + r, height);
        for (int x = 0; x < WIDTH; x += BATCH) {
            Batch square[BATCH];
#pragma GCC unroll 8
            for (int r = 0; r < BATCH; r++) memcpy(&square[r], &lines[r][x], sizeof square[r]);
            transpose(square);
#pragma GCC unroll 8
            for (int i = 0; i < BATCH; i++) across[x + i] = square[i];
        }
        for (int left = 0; left < width; left += BATCH) {
            Batch sums[BATCH];
            int size = width - left < BATCH ? width - left : BATCH;
            for (int i = 0; i < BATCH; i++) {
                Batch sum = {0};
                for (int k = 0; k < columns->taps; k++) {
                    int place = k * width + left + (i < size ? i : 0);
                    sum = sum + across[columns->pixel[place]] * columns->weight[place];
                }
                sums[i] = sum + 0.5f;
            }
            transpose(sums);
            for (int r = 0; r < count; r++) {
                Places whole = __builtin_convertvector(sums[r], Places);
                BatchBytes bytes = __builtin_convertvector(__builtin_convertvector(whole, BatchShorts), BatchBytes);
                uint8_t *to = small + (top + r) * width + left;
                if (size == BATCH)
                    memcpy(to, &bytes, BATCH);
                else
                    memcpy(to, &bytes, (size_t)size);
            }
        }
    }
}

static uint8_t shade(const uint8_t *rgb) {
    return (uint8_t)((299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2] + 500u) / 1000u);
}

/* grey = the shade of each palette index. */
static void look_up(uint8_t *grey, const uint8_t *indices, const uint8_t *shades, int count) {
    for (int i = 0; i < count; i++) grey[i] = shades[indices[i]];
}

#ifdef __x86_64__
/* The same, 32 pixels at once: the highest two bits of the indices, the emphasis, are the same in a row. */
__attribute__((target("avx2"))) static void look_up_rows(uint8_t *grey, const uint8_t *indices, const uint8_t *shades) {
    const __m256i limit = _mm256_set1_epi8(0x70);
    for (int y = 0; y < HEIGHT; y++, indices += WIDTH, grey += WIDTH) {
        const uint8_t emphasis = indices[0] & 0xC0;
        const __m256i first = _mm256_set1_epi8((char)emphasis);
        __m256i table[4], seen = _mm256_setzero_si256();
        for (int k = 0; k < 4; k++)
            table[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(shades + emphasis + 16 * k)));
        for (int x = 0; x < WIDTH; x += 32) {
            const __m256i index = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(indices + x)), first);
            __m256i sum = _mm256_setzero_si256();
            seen = _mm256_or_si256(seen, index);
            for (int k = 0; k < 4; k++) { /* the shuffle gives 0 where bit 7 is set */
                __m256i place = _mm256_xor_si256(index, _mm256_set1_epi8((char)(16 * k)));
                sum = _mm256_or_si256(sum, _mm256_shuffle_epi8(table[k], _mm256_adds_epu8(place, limit)));
            }
            _mm256_storeu_si256((__m256i *)(grey + x), sum);
        }
        if (!_mm256_testz_si256(seen, _mm256_set1_epi8((char)0xC0))) look_up(grey, indices, shades, WIDTH);
    }
}
#endif

static void grey_of_indices(uint8_t *grey, const uint8_t *indices, const uint8_t *palette) {
    static uint8_t shades[256], known[PALETTE_SIZE]; /* the palette of the shades; black at first */
    if (memcmp(known, palette, sizeof known) != 0) {
        memcpy(known, palette, sizeof known);
        for (int i = 0; i < 256; i++) shades[i] = shade(palette + 3 * i);
    }
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        look_up_rows(grey, indices, shades);
        return;
    }
#endif
    look_up(grey, indices, shades, WIDTH * HEIGHT);
}

static int set_size(int height, int width) {
    if (kept.height == height && kept.width == width) return 1;
    kept.height = kept.width = 0;
    if (!make_shares(&kept.rows, HEIGHT, height) || !make_shares(&kept.columns, WIDTH, width)) return 0;
    kept.height = height;
    kept.width = width;
    return 1;
}

static uint8_t grey[HEIGHT * WIDTH];

int picture_shrink(const uint8_t *indices, const uint8_t *palette, int height, int width, uint8_t *out) {
    if (!set_size(height, width)) return 0;
    grey_of_indices(grey, indices, palette);
    scale(grey, out, height, width);
    return 1;
}

/* shrink(height, width, picture) -> height * width bytes of grey; the picture is in GD's format.
 * shrink(height, width, indices, palette): of 256x240 palette indices at an address, with the palette (768 bytes) at
 * another one. */
int native_shrink(lua_State *L) {
    int height = (int)luaL_checkinteger(L, 1), width = (int)luaL_checkinteger(L, 2);
    luaL_argcheck(L, height >= 1 && height <= HEIGHT, 1, "allowed are 1 to 240");
    luaL_argcheck(L, width >= 1 && width <= WIDTH, 2, "allowed are 1 to 256");
    if (!set_size(height, width)) return luaL_error(L, "out of memory");
    static uint8_t small[HEIGHT * WIDTH];
    if (lua_islightuserdata(L, 3)) {
        luaL_argcheck(L, lua_islightuserdata(L, 4), 4, "the address of a palette expected");
        grey_of_indices(grey, lua_touserdata(L, 3), lua_touserdata(L, 4));
    } else {
        size_t size;
        const uint8_t *argb = (const uint8_t *)luaL_checklstring(L, 3, &size) + GD_HEADER_SIZE;
        luaL_argcheck(L, size == GD_HEADER_SIZE + 4 * WIDTH * HEIGHT, 3, "the picture has a wrong size");
        for (int i = 0; i < HEIGHT * WIDTH; i++) grey[i] = shade(argb + 4 * i + 1);
    }
    scale(grey, small, height, width);
    lua_pushlstring(L, (const char *)small, (size_t)(height * width));
    return 1;
}
