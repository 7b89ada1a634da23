; The enemies: one routine a kind, and what capsules and explosions do.
; Each routine gets its slot in X and must keep it.
.include "common.inc"

.export enemies_frame, type_hp, type_vx, type_vxf, type_w, type_h, type_score
.import ride, random, maybe_fire, fire_spread, fire_aimed, free_object, spawn, terrain_at
.import sine_table, boss_core, boss_part

SHORE_Y = 178                   ; crabs go no lower

.segment "CODE"

.proc enemies_frame
    ldx #SLOT_ENEMY
@enemy:
    lda obj_type,x
    beq @next
    inc obj_anim,x
    jsr dispatch
@next:
    inx
    cpx #SLOT_BULLET
    bne @enemy
    rts
dispatch:
    and #$7F
    asl a
    tay
    lda routines+1,y
    pha
    lda routines,y
    pha
    rts
.endproc

; Show sprite A or A + 1, changing every eight frames.
.proc flap
    sta t0
    lda obj_anim,x
    lsr a
    lsr a
    lsr a
    and #1
    clc
    adc t0
    sta obj_sprite,x
    rts
.endproc

.proc nothing
    rts
.endproc

; --- what is not an enemy ----------------------------------------------------------------------

.proc capsule
    lda #MS_CAPSULE0
    jsr flap
    jmp ride
.endproc

.proc explosion
    inc obj_timer,x
    lda obj_timer,x
    lsr a
    lsr a
    lsr a
    cmp #3
    bcs @over
    adc #MS_EXPLODE0
    sta obj_sprite,x
    jmp ride
@over:
    lda obj_drop,x
    cmp #1
    bne @gone
    lda #0
    sta obj_drop,x
    lda #TYPE_CAPSULE
    sta obj_type,x
    lda #MS_CAPSULE0
    sta obj_sprite,x
    rts
@gone:
    jmp free_object
.endproc

; "5000" or "1UP", for less than a second.
.proc sign
    inc obj_timer,x
    lda obj_timer,x
    cmp #48
    bcc @ride
    jmp free_object
@ride:
    jmp ride
.endproc

; --- flyers --------------------------------------------------------------------------------------

; Thrush: straight on. Argument 1: heads for the ship's height, gently.
.proc grive
    lda #MS_GRIVE0
    jsr flap
    lda obj_arg,x
    beq @fire
    ldy #$60
    jsr steer_y
@fire:
    jmp maybe_fire
.endproc

; Vertical speed of Y / 256 pixels towards the ship.
.proc steer_y
    lda obj_y
    cmp obj_y,x
    beq @level
    bcc @up
    tya
    sta obj_vyf,x
    lda #0
    sta obj_vy,x
    rts
@up:
    tya
    eor #$FF
    clc
    adc #1
    sta obj_vyf,x
    lda #$FF
    sta obj_vy,x
    rts
@level:
    lda #0
    sta obj_vy,x
    sta obj_vyf,x
    rts
.endproc

; Lark: a sine around the height where it came in.
.proc alouette
    lda #MS_ALOUETTE0
    jsr flap
    lda obj_anim,x
    and #$3F
    tay
    lda sine_table,y
    ldy obj_arg,x
    beq :+
    eor #$FF                    ; argument 1: begins upwards
:   clc
    adc obj_aux,x
    sta obj_y,x
    jmp maybe_fire
.endproc

; Falcon: from behind, waits at the left edge, then rushes through.
.proc faucon
    lda #MS_FAUCON0
    jsr flap
    lda obj_sub,x
    bne @rush
    inc obj_sub,x
    lda #10
    sta obj_x,x
    rts
@rush:
    cmp #1
    bne @out
    lda obj_timer,x
    inc obj_timer,x
    cmp #40
    bcs @go
    ldy #$A0
    jmp steer_y
@go:
    inc obj_sub,x
    lda #3
    sta obj_vx,x
    lda #0
    sta obj_vy,x
    sta obj_vyf,x
@out:
    rts
.endproc

; Raven: flies in, drops or climbs to the ship's height, then dives ahead.
.proc corbeau
    lda #MS_CORBEAU0
    jsr flap
    lda obj_sub,x
    beq @in
    cmp #1
    bne @out
    ; turning
    lda obj_y,x
    sec
    sbc obj_y
    bcs :+
    eor #$FF
:   cmp #4
    bcc @dive
    ldy #$FF
    jmp steer_y
@dive:
    inc obj_sub,x
    lda #0
    sta obj_vy,x
    sta obj_vyf,x
    sta obj_vxf,x
    lda #$FD
    sta obj_vx,x
@out:
    rts
@in:
    lda obj_x,x
    cmp #176
    bcs @out
    inc obj_sub,x
    lda #0
    sta obj_vx,x
    sta obj_vxf,x
    rts
.endproc

; Jellyfish: drifts after the ship, slow and hard to shake off.
.proc meduse
    lda #MS_MEDUSE0
    jsr flap
    lda obj_x
    cmp obj_x,x
    lda #$00
    ldy #$70
    bcs @set                    ; the ship is to the right
    lda #$FF
    ldy #$80
@set:
    sta obj_vx,x
    tya
    sta obj_vxf,x
    ldy #$50
    jsr steer_y
    inc obj_timer,x
    bne @out
    lda #1                      ; after 256 frames it gives up and leaves
    sta obj_sub,x
@out:
    lda obj_sub,x
    beq :+
    lda #$FE
    sta obj_vx,x
:   rts
.endproc

; Magpie: a boomerang.
.proc pie
    lda #MS_PIE0
    jsr flap
    clc
    lda obj_vxf,x
    adc #10
    sta obj_vxf,x
    bcc :+
    inc obj_vx,x
:   lda obj_vx,x
    bmi @away
    lda obj_attr,x
    ora #$40
    sta obj_attr,x
@away:
    ldy #$30
    jsr steer_y
    jmp maybe_fire
.endproc

; Sparrowhawk: comes in, hovers, sends spreads, leaves.
.proc epervier
    lda #MS_EPERVIER0
    jsr flap
    lda obj_sub,x
    bne @hover
    lda obj_x,x
    cmp #200
    bcs @out
    inc obj_sub,x
    lda #0
    sta obj_vx,x
    sta obj_vxf,x
    lda #50
    sta obj_fire,x
    rts
@hover:
    cmp #2
    bcs @out
    ldy #$40
    jsr steer_y
    dec obj_fire,x
    bne @out
    lda #90
    sec
    sbc rank
    sbc rank
    sta obj_fire,x
    inc obj_timer,x
    lda obj_timer,x
    cmp #5
    bcs @leave
    jmp fire_spread
@leave:
    inc obj_sub,x
    lda #$FE
    sta obj_vx,x
    lda #0
    sta obj_vy,x
    sta obj_vyf,x
@out:
    rts
.endproc

; Gnat: rises from its nest to the ship's height, then darts at it.
.proc moucheron
    lda #MS_MOUCHERON0
    jsr flap
    lda obj_sub,x
    bne @out
    inc obj_timer,x
    lda obj_timer,x
    cmp #90
    bcs @dart
    cmp #12
    bcc @out
    lda obj_y,x
    sec
    sbc obj_y
    bcs :+
    eor #$FF
:   cmp #4
    bcs @out
@dart:
    inc obj_sub,x
    lda #0
    sta obj_vy,x
    sta obj_vyf,x
    sta obj_vxf,x
    lda obj_x,x
    cmp obj_x
    lda #$FE
    bcs :+
    lda obj_attr,x
    ora #$40
    sta obj_attr,x
    lda #2
:   sta obj_vx,x
@out:
    rts
.endproc

; --- on the ground ---------------------------------------------------------------------------------

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

; --- tables by type & $7F ------------------------------------------------------------------------
routines:
    .addr nothing-1, capsule-1, explosion-1, sign-1
    .addr grive-1, alouette-1, guepe-1, crabe-1, faucon-1, corbeau-1
    .addr meduse-1, tourelle-1, nid-1, moucheron-1, pie-1, epervier-1
    .addr nothing-1, nothing-1, nothing-1, nothing-1, nothing-1, nothing-1, nothing-1, nothing-1
    .addr boss_core-1, boss_part-1
;                  -------- not enemies  gri ala gue cra fau cor med tou nid mou pie epe
type_hp:
    .byte 1, 1, 1, 1,                   1,  1,  1,  1,  1,  1,  2,  1,  4,  1,  1,  4
    .byte 1, 1, 1, 1, 1, 1, 1, 1, 8, 255
; half width and half height for hits, pixels
type_w:
    .byte 8, 10, 8, 8,                 10, 10,  9, 10, 10, 10,  9, 10, 10,  8, 10, 10
    .byte 8, 8, 8, 8, 8, 8, 8, 8, 10, 20
type_h:
    .byte 8, 10, 8, 8,                  8,  8,  9,  9,  8,  8,  9,  9,  9,  6,  8,  9
    .byte 8, 8, 8, 8, 8, 8, 8, 8, 10, 11
; tens of points shown, BCD
type_score:
    .byte 0, $50, 0, 0,               $10, $10, $10, $10, $20, $20, $20, $10, $50, $10, $10, $50
    .byte 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
; speed at birth
type_vx:
    .byte 0, 0, 0, 0,               $FE, $FE, $FE, $FF, 0, $FE, 0, 0, 0, 0, $FC, $FE
    .byte 0, 0, 0, 0, 0, 0, 0, 0, $FF, 0
type_vxf:
    .byte 0, 0, 0, 0,               $80, $80, $80, $80, 0, 0, 0, 0, 0, 0, $80, 0
    .byte 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
