; Stage play: a new game, pause, and the play states from control to the next stage.
.include "common.inc"

.export play_frame, play_start, power_clear, set_state
.import intro_clear, intro_screen, intro_columns, intro_hud, intro_wait, dying, over
.import scroll_ground, ship_frame, weapons_frame, spawners_frame, enemies_frame
.import bullets_frame, move_objects, collide, rank_frame
.import boss_start, boss_frame, ending_start, ending_frame
.import sprites_begin, sprites_end, draw_sprite_zero, draw_objects, hud_frame, score_clear
.import music_play, music_stop, music_pause, music_resume, sfx_play

QUIET_FRAMES = 60
GATE_X       = 224             ; how far into the corner the hidden way lies
GATE_Y       = 26

.segment "CODE"

; A new game: lives, score, power-ups, the first stage.
.proc play_start
    lda #0
    sta play_state
    sta player
    sta stage
    sta checkpoint
    sta paused
    sta capsules
    sta nests_down
    sta bonus_found
    sta kill_total
    sta kill_total+1
    sta lives2
    sta rank
    lda cursor
    sta loop
    lda #3
    sta lives
    lda #2
    sta extra_next
    jsr score_clear
    jmp power_clear
.endproc

; A death takes every power-up.
.proc power_clear
    lda #0
    sta speed
    sta missile
    sta meter
    sta weapon
    sta options
    sta shield
    rts
.endproc

; One frame of stage play.
.proc play_frame
    lda play_state
    bmi @running
    asl a
    tax
    lda intro+1,x
    pha
    lda intro,x
    pha
    rts
@running:
    cmp #PS_DYING
    bcs @no_pause
    cmp #PS_ENDING
    bcs @no_pause
    jsr pause_key
    lda paused
    bne @show
@no_pause:
    jsr dispatch
@show:
    lda split_on
    beq @out                    ; the state that ran has put out the screen
    jsr sprites_begin
    jsr draw_sprite_zero
    jsr draw_objects
    jsr sprites_end
    jmp hud_frame
@out:
    rts
dispatch:
    lda play_state
    ldx #state_keys_end-state_keys-1
@find:
    cmp state_keys,x
    beq @found
    dex
    bpl @find
    rts
@found:
    txa
    asl a
    tax
    lda states+1,x
    pha
    lda states,x
    pha
    rts
intro:
    .addr intro_clear-1, intro_screen-1, intro_columns-1, intro_hud-1, intro_wait-1
state_keys:
    .byte PS_PLAY, PS_END, PS_QUIET, PS_WARN, PS_BOSS_IN, PS_BOSS, PS_CLEARED
    .byte $87, $88, $89, $8A, $8B, $8C, $8D, PS_WARP, PS_WARP+1, PS_NEXT, PS_DYING, PS_OVER
state_keys_end:
states:
    .addr playing-1, stage_end-1, quiet-1, warning-1, boss-1, boss-1, cleared-1
    .addr ending_frame-1, ending_frame-1, ending_frame-1, ending_frame-1, ending_frame-1
    .addr ending_frame-1, ending_over-1, warp-1, warp_go-1, next_stage-1, dying-1, over-1
.endproc

.proc pause_key
    lda mode
    cmp #MODE_PLAY
    bne @out
    lda pad_new
    and #BTN_START
    beq @out
    lda paused
    eor #1
    sta paused
    beq @go_on
    jsr music_pause
    lda #SFX_PAUSE
    jmp sfx_play
@go_on:
    jmp music_resume
@out:
    rts
.endproc

; --- play ----------------------------------------------------------------------------------

; What every state with a living ship does.
.proc action
    jsr scroll_ground
    jsr ship_frame
    jsr weapons_frame
    jsr spawners_frame
    jsr enemies_frame
    jsr bullets_frame
    jsr move_objects
    jsr collide
    jsr rank_frame
    ; falls into gate_frame
.endproc

; The hidden way: into the upper right corner while it is open.
.proc gate_frame
    lda gate_left
    beq @out
    dec gate_left
    lda obj_y
    cmp #GATE_Y
    bcs @out
    lda obj_x
    cmp #GATE_X
    bcc @out
    lda obj_status
    cmp #1
    bne @out
    lda #0
    sta gate_left
    jmp warp_start
@out:
    rts
.endproc

.proc playing
    jsr action
    lda play_state
    cmp #PS_PLAY
    bne @out
    ; end of the stage: the scroll has come to column end_col
    lda end_col+1
    sta t1
    lda end_col
    asl a
    rol t1
    asl a
    rol t1
    asl a
    rol t1
    cmp scroll_low
    bne @out
    lda t1
    cmp scroll_page
    bne @out
    lda #1
    sta scroll_stop
    lda #PS_END
    jmp set_state
@out:
    rts
.endproc

; A: the new play state.
.proc set_state
    sta play_state
    lda #0
    sta state_timer
    sta state_high
    rts
.endproc

; $81: wait for the last enemies, not longer than four seconds.
.proc stage_end
    jsr action
    lda play_state
    cmp #PS_END
    bne @out
    inc state_timer
    lda state_timer
    cmp #240
    bcs @next
    ldx #SLOT_BULLET-1
@look:
    lda obj_type,x
    bmi @out
    dex
    cpx #SLOT_ENEMY
    bcs @look
@next:
    lda nests_down
    cmp #4
    bcc :+
    lda stage
    bne :+
    lda #2                      ; all nests of stage 1: the corner leads past stage 2
    sta warp_to
    lda #2*QUIET_FRAMES
    sta gate_left
:   lda #PS_QUIET
    jsr set_state
    jmp music_stop
@out:
    rts
.endproc

; $82: silence.
.proc quiet
    jsr action
    lda play_state
    cmp #PS_QUIET
    bne @out
    inc state_timer
    lda state_timer
    cmp #QUIET_FRAMES
    bcc @out
    lda #MUSIC_BOSS
    jsr music_play
    lda #PS_WARN
    jmp set_state
@out:
    rts
.endproc

; $83: the boss is announced.
.proc warning
    jsr action
    lda play_state
    cmp #PS_WARN
    bne @out
    inc state_timer
    lda state_timer
    cmp #QUIET_FRAMES
    bcc @out
    jsr boss_start
    lda #PS_BOSS_IN
    jmp set_state
@out:
    rts
.endproc

; $84, $85: the boss; boss_frame goes from one to the other and on to $86.
.proc boss
    jsr action
    lda play_state
    cmp #PS_BOSS_IN
    beq @fight
    cmp #PS_BOSS
    bne @out
@fight:
    jmp boss_frame
@out:
    rts
.endproc

; $86: stage cleared. Nothing can hurt the ship any more.
.proc cleared
    lda #2
    sta invincible
    jsr action
    inc state_timer
    lda state_timer
    cmp #40
    bne :+
    lda #MUSIC_STAGE_CLEAR
    jsr music_play
    lda state_timer
:   cmp #200
    bcc @out
    lda stage
    cmp #2
    beq @ending
    lda #PS_NEXT
    jmp set_state
@ending:
    lda #PS_ENDING
    jsr set_state
    jmp ending_start
@out:
    rts
.endproc

; $8D: the ending is over; the next loop begins.
.proc ending_over
    lda #0
    sta stage
    lda loop
    cmp #9
    bcs :+
    inc loop
:   jmp begin_stage
.endproc

.proc warp_start
    jsr music_stop
    lda #SFX_WARP
    jsr sfx_play
    lda #PS_WARP
    jmp set_state
.endproc

; $8E: the warp flashes; $8F: gone.
.proc warp
    lda #2
    sta invincible
    jsr action
    inc state_timer
    lda state_timer
    cmp #96
    bcc @out
    lda #PS_WARP+1
    jmp set_state
@out:
    rts
.endproc

.proc warp_go
    lda warp_to
    sta stage
    jmp begin_stage
.endproc

; $90: on to the next stage.
.proc next_stage
    inc stage
    ; falls into begin_stage
.endproc
.proc begin_stage
    lda #0
    sta checkpoint
    sta nests_down
    sta play_state
    rts
.endproc
