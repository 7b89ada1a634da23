; Stage play: the play states from the intro to the next stage, lives, pause.
.include "common.inc"

.export play_frame, play_start, ship_dies
.import stage_open, stage_column, scroll_ground, flush_column
.import screen_off, screen_on, load_palette, clear_screens, set_attributes
.import sprites_begin, sprites_end, draw_sprite_zero, draw_objects
.import ship_start, ship_frame, ship_dying, weapons_frame
.import enemies_frame, bullets_frame, move_objects, collide, spawners_frame
.import boss_start, boss_frame, ending_start, ending_frame
.import stage_name, hud_draw, hud_frame, hud_message, rank_frame, score_clear
.import music_play, music_stop, music_pause, music_resume, sfx_play, to_title
.import stage_music

INTRO_FRAMES = 27               ; from a black screen to control
DYING_FRAMES = 120
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

; --- the intro -----------------------------------------------------------------------------

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

; --- death ---------------------------------------------------------------------------------

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
    ora #4
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
    ora #2
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
