; What the enemy slots do in a frame: capsules, explosions, signs here, flyers in flyers.s, what
; stands or walks in ground.s; and the tables of hits, sizes, points and speeds.
; Each routine gets its slot in X and must keep it.
.include "common.inc"

.export enemies_frame, flap, type_hp, type_vx, type_vxf, type_w, type_h, type_score
.import grive, alouette, faucon, corbeau, meduse, pie, epervier, moucheron
.import tourelle, nid, crabe, guepe, boss_core, boss_part
.import ride, free_object

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

.segment "RODATA"
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
