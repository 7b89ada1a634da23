/* What the headless engine offers to C modules of Lua: the program exports the symbol `copain_engine`.
 * A copy of the structure in engine/driver/engine.h; a test compares the two. */
#ifndef COPAIN_ENGINE_H
#define COPAIN_ENGINE_H

#include <stdint.h>

#define COPAIN_ENGINE_VERSION_OF_STRUCTURE 2

struct CopainEngine {
    uint32_t version; /* of this structure */
    /* The handle of a new snapshot; 0 if there is no room, and then `error` points to the reason. */
    uint64_t (*save)(const char **error);
    /* NULL, or why the snapshot was not loaded. */
    const char *(*load)(uint64_t handle);
    int (*has)(uint64_t handle);
    void (*free)(uint64_t handle);
    /* A hash of the machine without the picture and the movie. */
    uint64_t (*hash)(void);
    /* n bytes of the CPU's address space, as memory.readbyterange reads them. */
    void (*read)(uint32_t address, uint32_t n, uint8_t *out);
    void (*counts)(uint32_t *frames, uint32_t *lag_frames);
    /* Emulates frames with these buttons without resuming the script. Then the program calls `after`, which may
     * call `load`, `save` and `play` again. If it does not, the script goes on. No frame is drawn; with
     * `draw_last` the last one is. `in_script`: the script calls this, and then emu.frameadvance(). */
    void (*play)(uint32_t frames, const uint8_t *masks, int pads, int draw_last, void (*after)(void *),
                 void *context, int in_script);
    /* The picture of the last frame that was drawn, or loaded with a snapshot: 256x240 palette indices, and the
     * palette, red, green and blue of 256 colours. */
    void (*picture)(const uint8_t **indices, const uint8_t **palette);
    /* Forgets the `after` with this context, if it is still to come; the script goes on at the next frame. */
    void (*stop)(void *context);
};

#endif
