; The ship: movement, trail and options, the power meter, its explosion.
.include "common.inc"

.export ship_start, ship_frame, ship_dying, power_step, rank_frame
.import terrain_at, ship_dies, sfx_play

TRAIL    = 24
OPTION_LAG1 = 11                ; how far the options follow behind in the trail
OPTION_LAG2 = 22

.segment "CODE"

.proc ship_start
    lda #1
    sta obj_status
    sta obj_type                ; drawn and scanned like any object
    lda #SHIP_X
    sta obj_x
    lda #SHIP_Y
    sta obj_y
    lda #0
    sta obj_xf
    sta obj_yf
    sta trail_pos
    sta fire_wait
    sta invincible
    lda #MS_SHIP_LEVEL
    sta obj_sprite
    ldx #TRAIL-1
@trail:
    lda #SHIP_X
    sta trail_x,x
    lda #SHIP_Y
    sta trail_y,x
    dex
    bpl @trail
    jmp options_frame
.endproc

.proc ship_frame
    lda obj_status
    cmp #1
    beq :+
    rts
:   lda invincible
    beq :+
    dec invincible
:   jsr buy
    jsr steer
    jsr options_frame
    ; the ground kills, shield or not
    lda play_state
    cmp #PS_CLEARED
    bcs @free
    ldy obj_y
    lda obj_x
    clc
    adc #6
    jsr terrain_at
    bne @crash
    ldy obj_y
    lda obj_x
    sec
    sbc #7
    jsr terrain_at
    bne @crash
    lda obj_y
    clc
    adc #4
    tay
    lda obj_x
    jsr terrain_at
    bne @crash
    lda obj_y
    sec
    sbc #4
    tay
    lda obj_x
    jsr terrain_at
    beq @free
@crash:
    jmp ship_dies
@free:
    rts
.endproc

; Eight ways, at the speed that was bought; the nose follows.
.proc steer
    ldx speed
    lda speed_low,x
    sta t0
    lda speed_high,x
    sta t1
    lda #MS_SHIP_LEVEL
    sta obj_sprite
    lda pad
    lsr a
    bcc @left
    ; right
    clc
    lda obj_xf
    adc t0
    sta obj_xf
    lda obj_x
    adc t1
    bcs @right_stop
    cmp #SHIP_X_MAX+1
    bcc @right_set
@right_stop:
    lda #0
    sta obj_xf
    lda #SHIP_X_MAX
@right_set:
    sta obj_x
@left:
    lda pad
    and #BTN_LEFT
    beq @down
    sec
    lda obj_xf
    sbc t0
    sta obj_xf
    lda obj_x
    sbc t1
    cmp #SHIP_X_MIN
    bcs @left_set
    lda #0
    sta obj_xf
    lda #SHIP_X_MIN
@left_set:
    sta obj_x
@down:
    lda pad
    and #BTN_DOWN
    beq @up
    lda #MS_SHIP_DOWN
    sta obj_sprite
    clc
    lda obj_yf
    adc t0
    sta obj_yf
    lda obj_y
    adc t1
    cmp #SHIP_Y_MAX+1
    bcc @down_set
    lda #0
    sta obj_yf
    lda #SHIP_Y_MAX
@down_set:
    sta obj_y
@up:
    lda pad
    and #BTN_UP
    beq @trail
    lda #MS_SHIP_UP
    sta obj_sprite
    sec
    lda obj_yf
    sbc t0
    sta obj_yf
    lda obj_y
    sbc t1
    cmp #SHIP_Y_MIN
    bcs @up_set
    lda #0
    sta obj_yf
    lda #SHIP_Y_MIN
@up_set:
    sta obj_y
@trail:
    ; the trail grows only while the ship moves
    lda pad
    and #BTN_RIGHT|BTN_LEFT|BTN_DOWN|BTN_UP
    beq @out
    ldx trail_pos
    inx
    cpx #TRAIL
    bcc :+
    ldx #0
:   stx trail_pos
    lda obj_x
    sta trail_x,x
    lda obj_y
    sta trail_y,x
@out:
    rts
.endproc

.proc options_frame
    ldx #1
@option:
    cpx options
    bcc @show
    lda #0
    sta obj_status+SLOT_OPTION,x
    sta obj_type+SLOT_OPTION,x
    beq @next
@show:
    lda #1
    sta obj_status+SLOT_OPTION,x
    sta obj_type+SLOT_OPTION,x
    lda trail_pos
    sec
    sbc lag,x
    bcs :+
    adc #TRAIL
:   tay
    lda trail_x,y
    sta obj_x+SLOT_OPTION,x
    lda trail_y,y
    sta obj_y+SLOT_OPTION,x
    lda frame
    lsr a
    lsr a
    lsr a
    and #1
    clc
    adc #MS_OPTION0
    sta obj_sprite+SLOT_OPTION,x
@next:
    dex
    bpl @option
    rts
lag:
    .byte OPTION_LAG1, OPTION_LAG2
.endproc

; --- the power meter -------------------------------------------------------------------------

; A capsule moves the cursor on.
.proc power_step
    inc capsules
    ldx meter
    inx
    cpx #7
    bcc :+
    ldx #1
:   stx meter
    lda hud_dirty
    ora #DIRTY_METER
    sta hud_dirty
    rts
.endproc

; B buys what the cursor is on, unless it is already owned.
.proc buy
    lda pad_new
    and #BTN_B
    beq no
    lda meter
    beq no
    asl a
    tax
    lda table-1,x
    pha
    lda table-2,x
    pha
no:
    rts
table:
    .addr buy_speed-1, buy_missile-1, buy_double-1, buy_laser-1, buy_option-1, buy_shield-1
buy_speed:
    lda speed
    cmp #5
    bcs no
    inc speed
    bcc bought
buy_missile:
    lda missile
    bne no
    inc missile
    bne bought
buy_double:
    lda weapon
    cmp #2
    beq no
    lda #2
    sta weapon
    bne bought
buy_laser:
    lda weapon
    cmp #1
    beq no
    lda #1
    sta weapon
    bne bought
buy_option:
    lda options
    cmp #2
    bcs no
    inc options
    bcc bought
buy_shield:
    lda shield
    bne no
    lda #5
    sta shield
bought:
    lda #0
    sta meter
    lda hud_dirty
    ora #DIRTY_METER
    sta hud_dirty
    lda #SFX_POWERUP
    jmp sfx_play
.endproc

; Rank: what the ship owns, how far the game has come; 0 to 15.
.proc rank_frame
    lda loop
    asl a
    asl a
    adc stage
    adc missile
    adc options
    ldx speed
    cpx #2
    adc #0                      ; two speed-ups and more count one
    ldx weapon
    beq :+
    clc
    adc #1
:   ldx shield
    beq :+
    clc
    adc #1
:   cmp #16
    bcc :+
    lda #15
:   sta rank
    rts
.endproc

; --- the explosion ---------------------------------------------------------------------------

; timer runs from 120 down.
.proc ship_dying
    lda #120
    sec
    sbc timer
    lsr a
    lsr a
    lsr a
    cmp #4
    bcs @gone
    adc #MS_SHIP_EXPLODE0
    sta obj_sprite
    rts
@gone:
    lda #NO_SPRITE
    sta obj_sprite
    rts
.endproc

.segment "RODATA"
; pixels a frame for the six speed levels
speed_low:
    .byte $40, $A0, $00, $60, $C0, $20
speed_high:
    .byte 1, 1, 2, 2, 2, 3
