; The player's shots: three shooters (ship, two options), each with two shots and a missile.
.include "common.inc"

.export weapons_frame
.import terrain_at, terrain_kind, terrain_clear, sfx_play, score_add, bonus_here

FIRE_DELAY = 9                  ; frames between shots while A is held

.segment "CODE"

.proc weapons_frame
    jsr shots_against_ground
    jsr missiles_frame
    lda obj_status
    cmp #1
    bne @out
    lda fire_wait
    beq :+
    dec fire_wait
:   lda pad_new
    bmi @fire                   ; A
    lda pad
    bpl @out
    lda fire_wait
    bne @out
@fire:
    lda #FIRE_DELAY
    sta fire_wait
    ldx #0                      ; shooter
@shooter:
    lda obj_status,x
    beq @next
    jsr shoot
    lda missile
    beq @next
    lda obj_type+SLOT_MISSILE,x
    bne @next
    jsr drop_missile
@next:
    inx
    cpx #3
    bne @shooter
@out:
    rts
.endproc

; Shooter X fires what it may.
.proc shoot
    stx t0
    lda weapon
    cmp #2
    beq @double
    ; the first free one of shot A and shot B
    lda obj_type+SLOT_SHOT_A,x
    beq @straight
    lda obj_type+SLOT_SHOT_B,x
    bne @out
    inx
    inx
    inx
@straight:
    lda weapon
    cmp #1
    beq @laser
    lda #SHOT_NORMAL
    ldy #7
    jsr launch
    lda #MS_SHOT
    sta obj_sprite+SLOT_SHOT_A,x
    lda #SFX_SHOT
    jmp @sound
@laser:
    lda #SHOT_LASER
    ldy #8
    jsr launch
    lda #MS_LASER
    sta obj_sprite+SLOT_SHOT_A,x
    lda #SFX_LASER
@sound:
    ldx t0
    bne @out                    ; one sound for all shooters
    jsr sfx_play
@out:
    ldx t0
    rts
@double:
    lda obj_type+SLOT_SHOT_A,x
    bne @second
    lda #SHOT_NORMAL
    ldy #7
    jsr launch
    lda #MS_SHOT
    sta obj_sprite+SLOT_SHOT_A,x
@second:
    lda obj_type+SLOT_SHOT_B,x
    bne @out
    inx
    inx
    inx
    lda #SHOT_DOUBLE
    ldy #5
    jsr launch
    lda #$FB                    ; up at 45 degrees
    sta obj_vy+SLOT_SHOT_A,x
    lda #MS_DOUBLE_SHOT
    sta obj_sprite+SLOT_SHOT_A,x
    lda #SFX_SHOT
    jmp @sound
.endproc

; Start a shot in slot SLOT_SHOT_A + X at shooter t0: A type, Y pixels a frame.
.proc launch
    sta obj_type+SLOT_SHOT_A,x
    tya
    sta obj_vx+SLOT_SHOT_A,x
    ldy t0
    lda obj_x,y
    clc
    adc #8
    bcc :+
    lda #255
:   sta obj_x+SLOT_SHOT_A,x
    lda obj_y,y
    sta obj_y+SLOT_SHOT_A,x
    lda #1
    sta obj_status+SLOT_SHOT_A,x
    lda #0
    sta obj_vy+SLOT_SHOT_A,x
    sta obj_vyf+SLOT_SHOT_A,x
    sta obj_vxf+SLOT_SHOT_A,x
    sta obj_attr+SLOT_SHOT_A,x
    sta obj_xf+SLOT_SHOT_A,x
    sta obj_yf+SLOT_SHOT_A,x
    rts
.endproc

.proc drop_missile
    lda #SHOT_MISSILE
    sta obj_type+SLOT_MISSILE,x
    lda #1
    sta obj_status+SLOT_MISSILE,x
    sta obj_vx+SLOT_MISSILE,x
    lda #2
    sta obj_vy+SLOT_MISSILE,x
    lda #0
    sta obj_vxf+SLOT_MISSILE,x
    sta obj_vyf+SLOT_MISSILE,x
    sta obj_attr+SLOT_MISSILE,x
    sta obj_xf+SLOT_MISSILE,x
    sta obj_yf+SLOT_MISSILE,x
    lda #$80
    sta obj_vxf+SLOT_MISSILE,x
    lda obj_x,x
    sta obj_x+SLOT_MISSILE,x
    lda obj_y,x
    clc
    adc #6
    sta obj_y+SLOT_MISSILE,x
    lda #MS_MISSILE0
    sta obj_sprite+SLOT_MISSILE,x
    lda #SFX_MISSILE
    jmp sfx_play
.endproc

; Shots end at the ground; breakable tiles break, hidden ones give their bonus.
.proc shots_against_ground
    ldx #SLOT_SHOT_A
@shot:
    lda obj_type,x
    beq @next
    ldy obj_y,x
    cpy #SPLIT_Y
    bcs @gone
    sty cy
    lda obj_x,x
    sta cx
    jsr terrain_at
    beq @next
    jsr hit_ground
@gone:
    lda #0
    sta obj_type,x
    sta obj_status,x
@next:
    inx
    cpx #SLOT_MISSILE
    bne @shot
    rts
.endproc

; terrain_at has just found something at cx, cy, where shot X is.
.proc hit_ground
    jsr terrain_kind
    cmp #2
    bcc @out
    beq @break
    jsr bonus_here
@break:
    lda cx                      ; look it up again: the mask is gone
    ldy cy
    jsr terrain_at
    jsr terrain_clear
    lda #$01                    ; ten points shown
    ldy #0
    jsr score_add
@out:
    rts
.endproc

; Missiles fall, then slide along the ground.
.proc missiles_frame
    ldx #SLOT_MISSILE
@missile:
    lda obj_type,x
    beq @next
    lda obj_y,x
    cmp #SPLIT_Y-8
    bcs @gone
    ; a wall ahead ends it
    sta cy
    tay
    lda obj_x,x
    clc
    adc #4
    bcs @gone
    sta cx
    jsr terrain_at
    bne @wall
    ; ground below?
    lda obj_y,x
    clc
    adc #6
    tay
    lda obj_x,x
    jsr terrain_at
    beq @fall
    lda #0
    sta obj_vy,x
    lda #3
    sta obj_vx,x
    lda #MS_MISSILE1
    sta obj_sprite,x
    lda obj_y,x
    clc
    adc #6
    and #$F8
    sec
    sbc #4                      ; just above the surface
    sta obj_y,x
    bne @next
@fall:
    lda #2
    sta obj_vy,x
    lda #1
    sta obj_vx,x
    lda #MS_MISSILE0
    sta obj_sprite,x
@next:
    inx
    cpx #SLOT_ENEMY
    bne @missile
    rts
@wall:
    jsr hit_ground
@gone:
    lda #0
    sta obj_type,x
    sta obj_status,x
    beq @next
.endproc
