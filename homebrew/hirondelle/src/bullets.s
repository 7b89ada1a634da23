; The enemies' bullets: when they are fired, where to, how fast.
.include "common.inc"

.export maybe_fire, fire_aimed, fire_spread, aim_at_ship, bullet_at, bullets_frame
.import random, free_object, terrain_at
.import aim_table, direction_cos, direction_sin

.segment "CODE"

; Count object X's fire timer down and fire at the ship when it is due.
.proc maybe_fire
    dec obj_fire,x
    bne @out
    jsr random
    and #$1F
    ldy rank
    clc
    adc reload,y
    sta obj_fire,x
    lda obj_x,x                 ; not from the edge, not from close by
    cmp #240
    bcs @out
    sec
    sbc obj_x
    bcs :+
    eor #$FF
:   cmp #28
    bcc @out
    jmp fire_aimed
@out:
    rts
.endproc

; One bullet from object X at the ship. Keeps X.
.proc fire_aimed
    jsr aim_at_ship
    jmp bullet_at
.endproc

; Three bullets, the middle one at the ship. Keeps X.
.proc fire_spread
    jsr aim_at_ship
    pha
    jsr bullet_at
    pla
    pha
    clc
    adc #2
    and #$1F
    jsr bullet_at
    pla
    sec
    sbc #2
    and #$1F
    jmp bullet_at
.endproc

; Direction from object X to the ship, in A: 0 right, 8 down, 16 left, 24 up. Keeps X.
.proc aim_at_ship
    lda #0
    sta aim_sign
    lda obj_x
    sec
    sbc obj_x,x
    bcs :+
    eor #$FF
    adc #1
    inc aim_sign                ; 1: to the left
:   sta aim_dx
    lda obj_y
    sec
    sbc obj_y,x
    bcs :+
    eor #$FF
    adc #1
    inc aim_sign
    inc aim_sign                ; 2: up
:   sta aim_dy
@scale:
    lda aim_dx
    ora aim_dy
    cmp #8
    bcc @small
    lsr aim_dx
    lsr aim_dy
    jmp @scale
@small:
    lda aim_dy
    asl a
    asl a
    asl a
    ora aim_dx
    tay
    lda aim_table,y             ; 0 to 8: right to down
    lsr aim_sign
    bcc @not_left
    sta aim_dx
    lda #16
    sec
    sbc aim_dx
@not_left:
    lsr aim_sign
    bcc @out
    eor #$FF
    clc
    adc #33
    and #$1F
@out:
    rts
.endproc

; A bullet from object X in direction A, as fast as the rank says. Keeps X.
.proc bullet_at
    sta aim_dx
    ldy #SLOT_BULLET
@look:
    lda obj_type,y
    beq @found
    iny
    cpy #SLOTS
    bne @look
    rts
@found:
    lda obj_x,x
    sta obj_x,y
    lda obj_y,x
    sta obj_y,y
    lda #TYPE_BULLET
    sta obj_type,y
    lda #MS_BULLET
    sta obj_sprite,y
    lda #1
    sta obj_status,y
    lda #0
    sta obj_xf,y
    sta obj_yf,y
    sta obj_attr,y
    sta obj_anim,y
    stx aim_sign
    ; index: speed level * 32 + direction
    lda rank
    lsr a
    lsr a
    asl a
    asl a
    asl a
    asl a
    asl a
    ora aim_dx
    tax
    lda direction_cos,x
    jsr split_speed
    sta obj_vxf,y
    lda aim_dy
    sta obj_vx,y
    lda direction_sin,x
    jsr split_speed
    sta obj_vyf,y
    lda aim_dy
    sta obj_vy,y
    ldx aim_sign
    rts
; A in 1/32 px: whole pixels to aim_dy, 1/256 px in A
split_speed:
    pha
    lsr a
    lsr a
    lsr a
    lsr a
    lsr a
    cmp #4
    bcc :+
    ora #$F8
:   sta aim_dy
    pla
    asl a
    asl a
    asl a
    rts
.endproc

; Bullets end at the ground.
.proc bullets_frame
    ; half of them each frame: a bullet moves less than half a tile
    lda frame
    and #1
    clc
    adc #SLOT_BULLET
    tax
@bullet:
    lda obj_type,x
    beq @next
    ldy obj_y,x
    lda obj_x,x
    jsr terrain_at
    beq @next
    jsr free_object
@next:
    inx
    inx
    cpx #SLOTS
    bcc @bullet
    rts
.endproc

.segment "RODATA"
; frames between shots by rank; up to 31 more by chance
reload:
    .byte 130, 122, 114, 106, 98, 92, 86, 80, 74, 68, 62, 58, 54, 50, 46, 42
