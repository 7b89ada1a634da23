; The modes: title, menu, attract demo, start jingle, hand-over, stage play.
.include "common.inc"

.export run_mode, to_title
.import play_frame, play_start, queue_end
.import screen_off, screen_on, load_palette, clear_screens, draw_map, title_map
.import sprites_begin, sprites_end, draw_meta
.import music_play, music_stop, sfx_play, demo_start, demo_input

MENU_WAIT = 10                  ; units of 64 frames until the attract demo
MENU_ROW  = 20                  ; the menu's two lines are two rows apart

.segment "CODE"

; One frame of whatever is going on.
.proc run_mode
    jsr dispatch
    jmp queue_end
dispatch:
    lda mode
    asl a
    tax
    lda table+1,x
    pha
    lda table,x
    pha
    rts
table:
    .addr title-1, menu-1, demo-1, jingle-1, handover-1, play_frame-1
.endproc

; Back to the title from anywhere.
.proc to_title
    lda #MODE_TITLE
    sta mode
    lda #0
    sta phase
    sta play_state
    sta paused
    rts
.endproc

; --- mode 0: the title slides in -----------------------------------------------------------
.proc title
    lda phase
    bne @drawn
    jsr screen_off
    lda #0
    jsr load_palette
    jsr clear_screens
    inc phase
    rts
@drawn:
    cmp #1
    bne @slide
    lda #$20
    sta t1
    lda #0
    sta t0
    lda #<title_map
    sta ptr
    lda #>title_map
    sta ptr+1
    jsr draw_map
    jsr sprites_begin
    jsr sprites_end
    lda #1                      ; the title is on the first nametable, the view on the second
    sta scroll_page
    lda #0
    sta scroll_low
    sta scroll_sub
    sta cursor
    jsr screen_on
    lda #MUSIC_TITLE
    jsr music_play
    inc phase
    rts
@slide:
    lda pad_new
    and #BTN_START
    bne @menu
    lda scroll_low
    clc
    adc #2
    sta scroll_low
    bne @out
@menu:
    lda #MODE_MENU
    sta mode
    lda #0
    sta phase
    sta scroll_low
    sta scroll_page
    sta mode_timer
    sta state_high
    jsr draw_cursor
@out:
    rts
.endproc

; --- mode 1: the menu ----------------------------------------------------------------------
.proc menu
    lda pad_new
    and #BTN_START
    bne @start
    lda pad_new
    and #BTN_SELECT|BTN_UP|BTN_DOWN
    beq @wait
    lda cursor
    eor #1
    sta cursor
    lda #0
    sta mode_timer
    sta state_high
    lda #SFX_SELECT
    jsr sfx_play
@wait:
    jsr draw_cursor
    inc mode_timer
    lda mode_timer
    and #$3F
    bne @out
    inc state_high
    lda state_high
    cmp #MENU_WAIT
    bcc @out
    jsr music_stop
    lda #MODE_DEMO
    sta mode
    lda #0
    sta phase
    rts
@start:
    lda #MODE_JINGLE
    sta mode
    lda #0
    sta mode_timer
    jsr music_stop
    lda #SFX_POWERUP
    jsr sfx_play
@out:
    rts
.endproc

; The ship stands before the chosen line.
.proc draw_cursor
    jsr sprites_begin
    lda #64
    sta meta_x
    lda cursor
    asl a
    asl a
    asl a
    asl a
    clc
    adc #MENU_ROW*8+4
    sta meta_y
    lda #0
    sta meta_attr
    lda #MS_SHIP_LEVEL
    jsr draw_meta
    jmp sprites_end
.endproc

; --- mode 3: the chosen line blinks while the jingle plays ----------------------------------
.proc jingle
    inc mode_timer
    lda mode_timer
    cmp #79
    bcc :+
    lda #MODE_HANDOVER
    sta mode
    rts
:   and #7
    bne @out
    lda mode_timer
    and #8
    bne @hide
    jmp draw_cursor
@hide:
    jsr sprites_begin
    jmp sprites_end
@out:
    rts
.endproc

; --- mode 4: a new game ----------------------------------------------------------------------
.proc handover
    jsr screen_off
    jsr play_start
    lda #MODE_PLAY
    sta mode
    rts
.endproc

; --- mode 2: the game plays itself from a table of inputs ------------------------------------
.proc demo
    lda pad_new
    and #BTN_START|BTN_SELECT
    bne @end
    lda phase
    bne @play
    jsr screen_off
    lda #0
    sta cursor
    jsr play_start
    jsr demo_start
    inc phase
    rts
@play:
    jsr demo_input
    bcs @end
    jsr play_frame
    lda play_state
    and #$E0
    cmp #$A0
    beq @end
    rts
@end:
    jsr music_stop
    jmp to_title
.endproc
