; The enemies that stand, walk or hop on the ground: one routine a kind. Each gets its slot in X
; and must keep it.
.include "common.inc"

.export tourelle, nid, crabe, guepe
.import flap, ride, random, spawn, maybe_fire, fire_aimed, terrain_at

SHORE_Y = 178                   ; crabs go no lower

.segment "CODE"

; Turret: points at the ship in five directions, fires at it. Argument 1: hangs from the ceiling.
.proc tourelle
    lda obj_attr,x
    and #1
    sta obj_attr,x
    lda obj_x
    sec
    sbc obj_x,x
    bcc @left
    pha
    lda obj_attr,x
    ora #$40                    ; mirrored: to the right
    sta obj_attr,x
    pla
    jmp @distance
@left:
    eor #$FF
@distance:
    ldy #0                      ; level
    cmp #88
    bcs @aim
    iny                         ; aslant
    cmp #28
    bcs @aim
    iny                         ; straight up or down
@aim:
    tya
    clc
    ldy obj_arg,x
    bne @ceiling
    adc #MS_TOURELLE_FLOOR0
    bne @set
@ceiling:
    adc #MS_TOURELLE_CEIL0
@set:
    sta obj_sprite,x
    jsr maybe_fire
    jmp ride
.endproc

; Nest: opens now and then and releases gnats. Argument 1: hangs from the ceiling.
.proc nid
    ldy obj_arg,x
    lda nid_sprites,y
    ldy obj_timer,x
    cpy #48
    adc #0                      ; carry: open
    sta obj_sprite,x
    inc obj_timer,x
    lda obj_timer,x
    cmp #80
    bne @out
    lda #0
    sta obj_timer,x
    lda obj_x,x
    cmp #40
    bcc @out
    lda obj_aux,x               ; at most six
    cmp #6
    bcs @out
    inc obj_aux,x
    stx t3
    lda #0
    sta t0
    sta t1
    ldy obj_y,x
    lda #TYPE_MOUCHERON
    jsr spawn
    bcs @none
    ldy t3
    lda obj_x,y
    sta obj_x,x
    lda #0
    sta obj_vx,x
    sta obj_vxf,x
    lda #$FE
    sta obj_vy,x
    lda obj_arg,y
    beq @none
    lda #2
    sta obj_vy,x
@none:
    ldx t3
@out:
    jmp ride
.endproc

; Crab: walks over the ground, stops to fire. Argument 1: towards the right.
.proc crabe
    lda #MS_CRABE0
    jsr flap
    jsr stand
    jsr ride
    lda obj_type,x
    beq @out
    ; 96 frames of walking, 32 of standing
    lda obj_anim,x
    and #$7F
    cmp #96
    bcc @walk
    beq @stop
    cmp #112
    bne @out
    jmp fire_aimed
@stop:
    lda #0
    sta obj_vx,x
    sta obj_vxf,x
    rts
@walk:
    jsr walk
    ; turn where a wall is
    lda obj_arg,x
    bne @right
    ldy obj_y,x
    lda obj_x,x
    sec
    sbc #9
    bcc @out
    jsr terrain_at
    beq @out
    inc obj_arg,x
    rts
@right:
    ldy obj_y,x
    lda obj_x,x
    clc
    adc #9
    bcs @out
    jsr terrain_at
    beq @out
    dec obj_arg,x
@out:
    rts
.endproc

; Keep the feet of X on the ground: up out of it, down to it; turn where the sea begins.
.proc stand
    lda obj_y,x
    clc
    adc #7
    tay
    lda obj_x,x
    jsr terrain_at
    beq @above
    dec obj_y,x
    dec obj_y,x
    rts
@above:
    lda obj_y,x
    clc
    adc #9
    tay
    lda obj_x,x
    jsr terrain_at
    bne @out
    lda obj_y,x
    cmp #SHORE_Y
    bcs @turn
    inc obj_y,x
    inc obj_y,x
@out:
    rts
@turn:
    lda obj_arg,x
    eor #1
    sta obj_arg,x
    jmp walk
.endproc

; Set the crab's speed by its direction.
.proc walk
    lda obj_arg,x
    bne @right
    lda #$FF
    sta obj_vx,x
    lda #$80
    sta obj_vxf,x
    rts
@right:
    lda #1
    sta obj_vx,x
    lda #0
    sta obj_vxf,x
    rts
.endproc

; Wasp: hops over the ground towards the ship.
.proc guepe
    lda #MS_GUEPE0
    jsr flap
    ; gravity
    clc
    lda obj_vyf,x
    adc #$20
    sta obj_vyf,x
    bcc :+
    inc obj_vy,x
:   lda obj_vy,x
    bmi @ceiling
    cmp #4
    bcc @fall
    lda #3
    sta obj_vy,x
@fall:
    lda obj_y,x
    cmp #SHIP_Y_MAX
    bcs @hop
    adc #9
    tay
    lda obj_x,x
    jsr terrain_at
    beq @out
@hop:
    jsr random
    and #1
    clc
    adc #$FC
    sta obj_vy,x
    lda #0
    sta obj_vyf,x
    ; towards the ship, faster against the ground's motion
    lda obj_x,x
    cmp obj_x
    lda #$FE
    bcs :+
    lda #1
:   sta obj_vx,x
    lda #$80
    sta obj_vxf,x
@out:
    jmp maybe_fire
@ceiling:
    lda obj_y,x
    sec
    sbc #9
    bcc @bounce
    tay
    lda obj_x,x
    jsr terrain_at
    beq @out
@bounce:
    lda #0
    sta obj_vy,x
    beq @out
.endproc

.segment "RODATA"
nid_sprites:
    .byte MS_NID_FLOOR0, MS_NID_CEIL0
