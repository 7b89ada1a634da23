; Who touches whom: shots and enemies, the ship and everything.
.include "common.inc"

.export collide, kill_enemy
.import type_w, type_h, type_score
.import fire_aimed, explode, ship_dies, score_add, power_step, sfx_play

BULLET_W = 7                    ; a bullet this near kills
BULLET_H = 5
TAKE_W = 16                     ; a capsule this near is taken
TAKE_H = 14

.segment "CODE"

.proc collide
    jsr shots_hit
    lda obj_status
    cmp #1
    bne @out
    jsr ship_hit
    jsr bullets_hit
@out:
    rts
.endproc

; --- shots against enemies -----------------------------------------------------------------

; X: shot, Y: enemy. Types of $80 and up index the size tables from their start.
.proc shots_hit
    ldx #SLOT_SHOT_A
@shot:
    lda obj_type,x
    beq @next_shot
    stx slot
    lda obj_x,x
    sta cx
    lda obj_y,x
    sta cy
    ldy #SLOT_ENEMY
@enemy:
    ldx obj_type,y
    bpl @next_enemy
    lda obj_y,y
    sec
    sbc cy
    bcs :+
    eor #$FF
    adc #1
:   cmp type_h-$80,x
    bcs @next_enemy
    lda obj_x,y
    sec
    sbc cx
    bcs :+
    eor #$FF
    adc #1
:   cmp type_w-$80,x
    bcs @next_enemy
    jsr damage
    ldx slot
    lda obj_type,x
    beq @next_shot
@next_enemy:
    iny
    cpy #SLOT_BULLET
    bne @enemy
    ldx slot
@next_shot:
    inx
    cpx #SLOT_ENEMY
    bne @shot
    rts
.endproc

; The shot in slot hits enemy Y. Keeps Y.
.proc damage
    ldx slot
    lda obj_type,x
    cmp #SHOT_MISSILE
    lda #1
    adc #0                      ; a missile counts two
    sta t0
    lda obj_type,y
    cmp #TYPE_BOSS
    bcc @count
    bne @bounce                 ; armour
    lda boss_open
    beq @bounce
@count:
    clc
    lda obj_damage,y
    adc t0
    sta obj_damage,y
    cmp obj_hp,y
    bcs @kill
    ; survives: the shot is spent, even a laser
    jsr spend
    lda obj_type,y
    cmp #TYPE_BOSS
    bne :+
    lda #6
    sta flash
    lda #SFX_BOSS_HIT
    jmp sfx_play
:   lda #SFX_HIT
    jmp sfx_play
@bounce:
    jmp spend
@kill:
    ldx slot
    lda obj_type,x
    cmp #SHOT_LASER
    beq :+
    jsr spend
:   tya
    tax
    jsr kill_enemy
    txa
    tay
    rts
spend:
    ldx slot
    lda #0
    sta obj_type,x
    sta obj_status,x
    rts
.endproc

; Enemy X is shot: points, what it leaves, its explosion. Keeps X.
.proc kill_enemy
    inc kill_total
    bne :+
    inc kill_total+1
:   ldy obj_type,x
    cpy #TYPE_NID
    bne :+
    inc nests_down
:   cpy #TYPE_BOSS
    beq @boss
    lda type_score-$80,y
    ldy #0
    jsr score_add
    ; from the second loop on, every other enemy sends a last bullet
    lda loop
    beq @squadron
    lda kill_total
    lsr a
    bcc @squadron
    jsr fire_aimed
@squadron:
    ; the last of a whole squadron leaves a capsule
    lda obj_drop,x
    cmp #2
    bcc @explode
    cmp squad_id
    bne @none
    dec squad_alive
    bne @none
    lda #1
    bne @drop
@none:
    lda #0
@drop:
    sta obj_drop,x
@explode:
    lda #SFX_EXPLODE
    jsr sfx_play
    jmp explode
@boss:
    lda #1                      ; boss_frame sees this and ends it
    sta obj_sub,x
    lda #$10                    ; armour from now on
    sta boss_state
    rts
.endproc

; --- the ship --------------------------------------------------------------------------------

.proc ship_hit
    ldy #SLOT_ENEMY
@enemy:
    ldx obj_type,y
    beq @next
    bmi @hostile
    cpx #TYPE_CAPSULE
    bne @next
    lda obj_y,y
    sec
    sbc obj_y
    bcs :+
    eor #$FF
:   cmp #TAKE_H
    bcs @next
    lda obj_x,y
    sec
    sbc obj_x
    bcs :+
    eor #$FF
:   cmp #TAKE_W
    bcs @next
    jsr take_capsule
    jmp @next
@hostile:
    lda obj_y,y
    sec
    sbc obj_y
    bcs :+
    eor #$FF
    adc #1
:   cmp type_h-$80,x
    bcs @next
    lda obj_x,y
    sec
    sbc obj_x
    bcs :+
    eor #$FF
    adc #1
:   cmp type_w-$80,x
    bcs @next
    ; armour stays, anything else dies of the ship
    jsr hurt
    lda obj_type,y
    cmp #TYPE_BOSS
    bcs @next
    tya
    tax
    jsr kill_enemy
    txa
    tay
@next:
    iny
    cpy #SLOT_BULLET
    bne @enemy
    rts
.endproc

; Something touches the ship: a hit for the shield, or death. Keeps Y.
.proc hurt
    lda invincible
    bne @out
    tya
    pha
    lda shield
    beq @die
    dec shield
    lda #12
    sta invincible
    lda hud_dirty
    ora #DIRTY_METER
    sta hud_dirty
    lda #SFX_HIT
    jsr sfx_play
    jmp @keep
@die:
    jsr ship_dies
@keep:
    pla
    tay
@out:
    rts
.endproc

.proc take_capsule
    lda #0
    sta obj_type,y
    sta obj_status,y
    tya
    pha
    jsr power_step
    lda #$50
    ldy #0
    jsr score_add
    lda #SFX_CAPSULE
    jsr sfx_play
    pla
    tay
    rts
.endproc

.proc bullets_hit
    ldy #SLOT_BULLET
@bullet:
    lda obj_type,y
    beq @next
    lda obj_y,y
    sec
    sbc obj_y
    bcs :+
    eor #$FF
:   cmp #BULLET_H
    bcs @next
    lda obj_x,y
    sec
    sbc obj_x
    bcs :+
    eor #$FF
:   cmp #BULLET_W
    bcs @next
    jsr hurt
    lda #0
    sta obj_type,y
    sta obj_status,y
@next:
    iny
    cpy #SLOTS
    bne @bullet
    rts
.endproc
