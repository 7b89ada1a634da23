; The play states 0 to 4: from a black screen to control, INTRO_FRAMES frames after each start.
.include "common.inc"

.export intro_clear, intro_screen, intro_columns, intro_hud, intro_wait
.import stage_open, stage_column, flush_column, stage_music
.import screen_off, screen_on, load_palette, clear_screens, set_attributes
.import sprites_begin, sprites_end, draw_sprite_zero, draw_objects
.import ship_start, stage_name, hud_draw, hud_frame, music_play, music_stop

INTRO_FRAMES = 27

.segment "CODE"

; State 0: screen off, all objects gone, ship and ground at the checkpoint.
.proc intro_clear
    jsr screen_off
    jsr music_stop
    ldx #SLOTS-1
    lda #0
@object:
    sta obj_status,x
    sta obj_type,x
    sta obj_attr,x
    dex
    bpl @object
    sta squad_kind
    sta squad_alive
    sta storm_kind
    sta gate_left
    sta boss_state
    sta boss_open
    sta flash
    jsr ship_start
    jsr stage_open
    ldx stage
    inx
    txa
    jsr load_palette
    lda #0
    sta state_timer
    inc play_state
    rts
.endproc

; State 1: empty nametables, the stage's attributes.
.proc intro_screen
    jsr clear_screens
    clc
    lda stage_ptr
    adc #16
    sta ptr
    lda stage_ptr+1
    adc #0
    sta ptr+1
    jsr set_attributes
    inc state_timer
    inc play_state
    rts
.endproc

; State 2: the first 33 columns, three a frame.
.proc intro_columns
    lda #3
    sta t6
@column:
    jsr stage_column
    jsr flush_column
    dec t6
    bne @column
    inc state_timer
    lda state_timer
    cmp #12
    bne @out
    inc play_state
@out:
    rts
.endproc

; State 3: the status bar; the picture comes back.
.proc intro_hud
    jsr hud_draw
    lda checkpoint
    bne :+
    jsr stage_name
:   jsr screen_on
    lda #1
    sta split_on
    inc state_timer
    inc play_state
    ldx stage
    lda stage_music,x
    jsr music_play
    rts
.endproc

; State 4: the ship is there but does not listen yet.
.proc intro_wait
    jsr sprites_begin
    jsr draw_sprite_zero
    jsr draw_objects
    jsr sprites_end
    jsr hud_frame
    inc state_timer
    lda state_timer
    cmp #INTRO_FRAMES-1
    bne @out
    lda #PS_PLAY
    sta play_state
    lda #0
    sta state_timer
@out:
    rts
.endproc
