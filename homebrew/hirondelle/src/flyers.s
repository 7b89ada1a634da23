; The enemies that fly: one routine a kind. Each gets its slot in X and must keep it.
.include "common.inc"

.export grive, alouette, faucon, corbeau, meduse, pie, epervier, moucheron
.import flap, maybe_fire, fire_spread, sine_table

.segment "CODE"

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
