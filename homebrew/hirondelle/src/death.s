; The end of a life, and of the game.
.include "common.inc"

.export ship_dies, dying, over
.import power_clear, set_state, to_title, screen_off
.import ship_dying, enemies_frame, move_objects, hud_message
.import music_play, music_stop, sfx_play

DYING_FRAMES = 120

.segment "CODE"

; The ship is hit for good.
.proc ship_dies
    lda play_state
    cmp #PS_CLEARED
    beq @out
    cmp #PS_WARP
    beq @out
    lda obj_status
    cmp #1
    bne @out
    lda #2
    sta obj_status
    lda #PS_DYING
    sta play_state
    lda #DYING_FRAMES
    sta timer
    lda #0
    sta obj_status+SLOT_OPTION
    sta obj_status+SLOT_OPTION+1
    sta squad_kind
    sta storm_kind
    jsr power_clear
    lda hud_dirty
    ora #DIRTY_METER
    sta hud_dirty
    jsr music_stop
    lda #SFX_DIE
    jmp sfx_play
@out:
    rts
.endproc

; $A0: 120 frames of explosion, then a life less.
.proc dying
    jsr ship_dying
    jsr enemies_frame
    jsr move_objects
    dec timer
    bne @out
    lda hud_dirty
    ora #DIRTY_LIVES
    sta hud_dirty
    dec lives
    beq @over
    lda #0
    sta play_state
    rts
@over:
    lda #$FF
    sta lives
    lda #PS_OVER
    jsr set_state
    jsr hud_message
    lda #MUSIC_GAME_OVER
    jmp music_play
@out:
    rts
.endproc

; $C0: game over, then the title.
.proc over
    jsr enemies_frame
    jsr move_objects
    inc state_timer
    beq @title
    lda state_timer
    cmp #60
    bcc @out
    lda pad_new
    and #BTN_START
    beq @out
@title:
    jsr screen_off
    jmp to_title
@out:
    rts
.endproc
