; What all objects share: chance, movement, birth, death.
.include "common.inc"

.export random, move_objects, ride, free_object, spawn, explode
.import type_hp, type_vx, type_vxf

.segment "CODE"

; --- chance ----------------------------------------------------------------------------------

; A random byte in A. seed starts from the frame counter each frame. Keeps X and Y.
.proc random
    lda seed
    asl a
    asl a
    adc seed
    adc #$3B
    eor frame
    sta seed
    rts
.endproc

; --- movement --------------------------------------------------------------------------------

; Add its speed to every shot, enemy and bullet; who leaves the screen is gone.
.proc move_objects
    ldx #SLOTS-1
@object:
    lda obj_type,x
    beq @next
    clc
    lda obj_xf,x
    adc obj_vxf,x
    sta obj_xf,x
    lda obj_vx,x
    bmi @left
    adc obj_x,x
    bcs @gone
    bcc @x
@left:
    adc obj_x,x
    bcc @gone
@x:
    sta obj_x,x
    clc
    lda obj_yf,x
    adc obj_vyf,x
    sta obj_yf,x
    lda obj_vy,x
    bmi @up
    adc obj_y,x
    cmp #SPLIT_Y
    bcs @gone
    bcc @y
@up:
    adc obj_y,x
    bcc @gone
@y:
    sta obj_y,x
@next:
    dex
    cpx #SLOT_SHOT_A
    bcs @object
    rts
@gone:
    lda #0
    sta obj_type,x
    sta obj_status,x
    beq @next
.endproc

; The object X stands on the ground: move it with the ground. Keeps X.
.proc ride
    lda obj_xf,x
    sec
    sbc scroll_step
    sta obj_xf,x
    lda obj_x,x
    sbc #0
    sta obj_x,x
    bcs @out
    jmp free_object
@out:
    rts
.endproc

.proc free_object
    lda #0
    sta obj_type,x
    sta obj_status,x
    rts
.endproc

; --- birth -----------------------------------------------------------------------------------

; A new enemy of type A at height Y, argument t0, drop t1, at the right edge.
; Carry clear: X is its slot. Carry set: all slots are taken.
.proc spawn
    sta t2
    ldx #SLOT_ENEMY
@look:
    lda obj_type,x
    beq @found
    inx
    cpx #SLOT_BULLET
    bne @look
    sec
    rts
@found:
    tya
    sta obj_y,x
    sta obj_aux,x
    lda t2
    sta obj_type,x
    and #$7F
    tay
    lda type_hp,y
    sta obj_hp,x
    lda type_vx,y
    sta obj_vx,x
    lda type_vxf,y
    sta obj_vxf,x
    lda #252
    sta obj_x,x
    lda #1
    sta obj_status,x
    lda t0
    sta obj_arg,x
    lda t1
    sta obj_drop,x
    lda #NO_SPRITE
    sta obj_sprite,x
    lda #0
    sta obj_xf,x
    sta obj_yf,x
    sta obj_vy,x
    sta obj_vyf,x
    sta obj_damage,x
    sta obj_sub,x
    sta obj_timer,x
    sta obj_anim,x
    lda t1
    cmp #1
    beq :+
    lda #0
:   sta obj_attr,x              ; who carries a capsule is red
    jsr random
    and #$3F
    clc
    adc #24
    sta obj_fire,x
    clc
    rts
.endproc

; --- death -----------------------------------------------------------------------------------

; The enemy X becomes an explosion; what it drops appears when that is over. Keeps X.
.proc explode
    lda #TYPE_EXPLOSION
    sta obj_type,x
    lda #0
    sta obj_vx,x
    sta obj_vxf,x
    sta obj_vy,x
    sta obj_vyf,x
    sta obj_attr,x
    sta obj_timer,x
    lda #MS_EXPLODE0
    sta obj_sprite,x
    rts
.endproc
