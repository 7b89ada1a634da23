; The bosses. Four slots make one: the core, which can be shot while it is open; armour above
; and below it, which stops shots; the body, which is only a picture. Their ways of moving and
; firing differ by stage.
.include "common.inc"

.export boss_start, boss_frame, boss_core, boss_part
.import aim_at_ship, bullet_at, fire_aimed, fire_spread, spawn, random, explode, score_add
.import sfx_play, music_stop, free_object

CORE  = SLOT_ENEMY
UPPER = SLOT_ENEMY + 1
LOWER = SLOT_ENEMY + 2
BODY  = SLOT_ENEMY + 3
FIRST_FREE = SLOT_ENEMY + 4

; boss_state
CLOSED  = 1
OPENING = 2
OPEN    = 3
CLOSING = 4
DYING   = $10                   ; set by collide.s

ARMOUR_Y = 20                   ; how far the armour's centres lie from the core's
Y_MIN = 44
Y_MAX = 148
STAY_X = 204
MAX_AGE = 64                    ; times 64 frames: then it gives up

.segment "CODE"

; The boss of this stage appears at the right edge; all other enemies are gone.
.proc boss_start
    ldx #SLOTS-1
@clear:
    jsr free_object
    dex
    cpx #SLOT_ENEMY
    bcs @clear
    lda #0
    sta t0
    sta t1
    ldy #96
    lda #TYPE_BOSS
    jsr spawn                   ; takes slot CORE
    ldy #96
    lda #TYPE_BOSS_PART
    jsr spawn
    ldy #96
    lda #TYPE_BOSS_PART
    jsr spawn
    ldy #96
    lda #TYPE_BOSS_BODY
    jsr spawn
    ldy stage
    lda hits,y
    clc
    adc loop
    adc loop
    sta obj_hp+CORE
    lda bodies,y
    sta obj_sprite+BODY
    lda #MS_CORE_CLOSED
    sta obj_sprite+CORE
    lda #0
    sta boss_open
    sta boss_hold
    sta boss_timer
    sta boss_dir
    sta flash
    lda #CLOSED
    sta boss_state
    jmp place
.endproc

; Everything about the boss is done by boss_frame.
.proc boss_core
    rts
.endproc
boss_part = boss_core

; Armour and body follow the core.
.proc place
    ldy stage
    lda obj_x+CORE
    clc
    adc body_dx,y
    bcc :+
    lda #255                    ; still coming in
:   sec
    sbc #8
    sta obj_x+UPPER
    sta obj_x+LOWER
    sta obj_x+BODY
    lda obj_y+CORE
    sta obj_y+BODY
    sec
    sbc #ARMOUR_Y
    sta obj_y+UPPER
    lda obj_y+CORE
    clc
    adc #ARMOUR_Y
    sta obj_y+LOWER
    rts
.endproc

.proc boss_frame
    lda boss_state
    cmp #DYING
    bne :+
    jmp die
:   lda play_state
    cmp #PS_BOSS_IN
    bne @fight
    ; it comes in
    dec obj_x+CORE
    lda #0
    sta obj_vx+CORE
    lda obj_x+CORE
    cmp #STAY_X
    bcs @place
    lda #PS_BOSS
    sta play_state
    lda #0
    sta state_timer
@place:
    jmp place
@fight:
    inc state_timer
    lda state_timer
    and #$3F
    bne :+
    inc boss_hold
    lda boss_hold
    cmp #MAX_AGE
    bcc :+
    jmp give_up
:   jsr move
    jsr place
    jsr core_frame
    ; fire
    lda stage
    asl a
    tax
    lda volleys+1,x
    pha
    lda volleys,x
    pha
    ldx #CORE
    inc boss_fire
    rts
volleys:
    .addr volley1-1, volley2-1, volley3-1
.endproc

; --- the core ------------------------------------------------------------------------------------

; Closed, half open, open, half open, closed.
.proc core_frame
    lda flash
    beq :+
    dec flash
:   inc boss_timer
    ldx boss_state
    lda boss_timer
    cmp durations,x
    bcc @show
    lda #0
    sta boss_timer
    sta boss_fire
    inx
    cpx #CLOSING+1
    bcc :+
    ldx #CLOSED
:   stx boss_state
@show:
    lda #0
    cpx #OPEN
    bne :+
    lda #1
:   sta boss_open
    lda sprites,x
    sta obj_sprite+CORE
    lda flash                   ; a hit makes it blink
    and #2
    beq :+
    lda #NO_SPRITE
    sta obj_sprite+CORE
:   rts
durations:
    .byte 0, 100, 14, 110, 14
sprites:
    .byte 0, MS_CORE_CLOSED, MS_CORE_HALF, MS_CORE_OPEN, MS_CORE_HALF
.endproc

; --- movement --------------------------------------------------------------------------------------

.proc move
    lda #0
    sta obj_vx+CORE
    sta obj_vxf+CORE
    ldy stage
    cpy #1
    beq @hunt
    ; up and down
    lda boss_dir
    bne @up
    lda speed_low,y
    sta obj_vyf+CORE
    lda #0
    adc #0
    sta obj_vy+CORE
    lda obj_y+CORE
    cmp #Y_MAX
    bcc @side
    inc boss_dir
    bne @side
@up:
    lda #0
    sec
    sbc speed_low,y
    sta obj_vyf+CORE
    lda #$FF
    sta obj_vy+CORE
    lda obj_y+CORE
    cmp #Y_MIN
    bcs @side
    dec boss_dir
@side:
    cpy #2
    bne @out
    ; the third one comes forward while its core is open
    lda boss_state
    cmp #OPEN
    beq @forward
    lda obj_x+CORE
    cmp #STAY_X
    bcs @out
    lda #1
    sta obj_vx+CORE
    rts
@forward:
    lda obj_x+CORE
    cmp #136
    bcc @out
    lda #$FF
    sta obj_vx+CORE
@out:
    rts
@hunt:
    ; the second one goes after the ship's height, slowly
    lda #0
    sta obj_vy+CORE
    sta obj_vyf+CORE
    lda obj_y+CORE
    cmp obj_y
    beq @out
    bcs @higher
    cmp #Y_MAX
    bcs @out
    lda #$90
    sta obj_vyf+CORE
    rts
@higher:
    cmp #Y_MIN
    bcc @out
    lda #$70
    sta obj_vyf+CORE
    lda #$FF
    sta obj_vy+CORE
    rts
.endproc

; --- volleys: X is the core's slot, boss_fire counts the frames -----------------------------------

; How many frames between volleys: A less twice the rank.
.proc due
    sec
    sbc rank
    sbc rank
    cmp boss_fire
    beq @now
    bcs @not
@now:
    lda #0
    sta boss_fire
    sec
    rts
@not:
    clc
    rts
.endproc

; The crab: single shots from behind its shell, spreads when open.
.proc volley1
    lda boss_open
    bne @open
    lda #72
    jsr due
    bcc @out
    jmp fire_aimed
@open:
    lda #62
    jsr due
    bcc @out
    jmp fire_spread
@out:
    rts
.endproc

; The gate: lets gnats out, fires all round when open.
.proc volley2
    lda boss_open
    bne @open
    lda #60
    jsr due
    bcc @out
    lda #0
    sta t0
    sta t1
    ldy obj_y+CORE
    lda #TYPE_MOUCHERON
    jsr spawn
    bcs @out
    lda obj_x+CORE
    sta obj_x,x
    lda #$FE
    sta obj_vy,x
    lda frame
    and #1
    beq @out
    lda #1
    sta obj_vy,x
@out:
    rts
@open:
    lda #66
    jsr due
    bcc @out
    lda frame
    and #3
    sta t4
@ring:
    lda t4
    jsr bullet_at
    lda t4
    clc
    adc #4
    sta t4
    cmp #32
    bcc @ring
    rts
.endproc

; The storm bird: spreads all the time, five-fold when open.
.proc volley3
    lda boss_open
    bne @open
    lda #74
    jsr due
    bcc @out
    jmp fire_spread
@open:
    lda #64
    jsr due
    bcc @out
    jsr fire_spread
    jsr aim_at_ship
    sta t4
    clc
    adc #4
    and #$1F
    jsr bullet_at
    lda t4
    sec
    sbc #4
    and #$1F
    jmp bullet_at
@out:
    rts
.endproc

; --- the end -----------------------------------------------------------------------------------------

; Explosions all over it, then points and silence. Nothing can hurt the ship any more.
.proc die
    lda #2
    sta invincible
    lda boss_timer
    cmp #$FF
    beq @over
    lda boss_open
    beq @running
    ; the first frame: bullets and smaller enemies vanish
    lda #0
    sta boss_open
    sta boss_timer
    sta obj_vx+CORE
    sta obj_vxf+CORE
    sta obj_vy+CORE
    sta obj_vyf+CORE
    ldx #SLOTS-1
@clear:
    jsr free_object
    dex
    cpx #FIRST_FREE
    bcs @clear
    jsr music_stop
    lda #SFX_BOSS_EXPLODE
    jsr sfx_play
@running:
    inc boss_timer
    lda boss_timer
    cmp #110
    bcs @finish
    and #7
    bne @out
    ; another explosion, in the next of six slots
    lda boss_timer
    lsr a
    lsr a
    lsr a
@slot:
    cmp #6
    bcc :+
    sbc #6
    bcs @slot
:   adc #FIRST_FREE
    tax
    jsr random
    and #$1F
    adc obj_x+CORE
    bcc :+
    lda #250
:   sec
    sbc #16
    sta obj_x,x
    jsr random
    and #$3F
    clc
    adc obj_y+CORE
    sec
    sbc #32
    sta obj_y,x
    lda #0
    sta obj_drop,x
    lda #1
    sta obj_status,x
    jmp explode
@out:
    rts
@finish:
    ldy stage
    lda rewards,y
    tay
    lda #0
    jsr score_add
@over:
    ldx #CORE
@gone:
    jsr free_object
    inx
    cpx #FIRST_FREE
    bne @gone
    lda #0
    sta boss_state
    sta state_timer
    lda #PS_CLEARED
    sta play_state
    rts
.endproc

; The fight has lasted too long: the boss ends itself, without points.
.proc give_up
    lda #$FF
    sta boss_timer
    lda #DYING
    sta boss_state
    rts
.endproc

.segment "RODATA"
hits:
    .byte 10, 14, 18
bodies:
    .byte MS_BOSS1, MS_BOSS2, MS_BOSS3
; the body's middle, as seen from the core, plus 8
body_dx:
    .byte 8 - BOSS1_CORE_DX, 8 - BOSS2_CORE_DX, 8 - BOSS3_CORE_DX
; vertical speed, 1/256 pixel a frame
speed_low:
    .byte $C0, 0, $F0
; thousands of points shown, BCD
rewards:
    .byte $10, $20, $30
