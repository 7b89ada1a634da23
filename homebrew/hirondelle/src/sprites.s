; The sprites of a frame: metasprites, and the order in which the objects are drawn.
.include "common.inc"

.export sprites_begin, sprites_end, draw_meta, draw_objects, draw_sprite_zero
.import metasprite_lo, metasprite_hi

.segment "CODE"

.proc sprites_begin
    lda #0
    sta oam_pos
    rts
.endproc

; Move what is left of the OAM copy off the screen.
.proc sprites_end
    ldx oam_pos
    lda #$F8
@hide:
    sta oam,x
    inx
    inx
    inx
    inx
    bne @hide
    rts
.endproc

; Sprite 0: lies over the upper edge of the status bar, for the split.
.proc draw_sprite_zero
    lda #24
    sta meta_x
    lda #SPLIT_Y
    sta meta_y
    lda #0
    sta meta_attr
    lda #MS_ZERO
    ; falls into draw_meta
.endproc

; Metasprite A at meta_x, meta_y. meta_attr: bit 6 mirrors the whole, bit 0 makes it red
; (sprite palette 1). Cells that would leave the screen at a side are left out. Uses A, X, Y, ptr.
.proc draw_meta
    tay
    lda metasprite_lo,y
    sta ptr
    lda metasprite_hi,y
    sta ptr+1
    ldy #0
    lda (ptr),y
    sta meta_count
    ldx oam_pos
    lda meta_attr
    lsr a
    lda #$FF
    bcc :+
    lda #$FC
:   sta meta_and
    bit meta_attr
    bvs @mirrored
@cell:
    iny
    clc
    lda (ptr),y
    adc meta_y
    sta oam,x
    iny
    lda (ptr),y
    sta oam+1,x
    iny
    lda (ptr),y
    and meta_and
    eor meta_attr
    sta oam+2,x
    iny
    lda (ptr),y
    bmi @left
    clc
    adc meta_x
    bcs @skip
    bcc @put
@left:
    clc
    adc meta_x
    bcc @skip
@put:
    sta oam+3,x
    inx
    inx
    inx
    inx
    beq @full
@skip:
    dec meta_count
    bne @cell
    stx oam_pos
    rts
@full:
    ldx #252                    ; the last sprite is given up, the index must not wrap to 0
    stx oam_pos
    rts
@mirrored:
    iny
    clc
    lda (ptr),y
    adc meta_y
    sta oam,x
    iny
    lda (ptr),y
    sta oam+1,x
    iny
    lda (ptr),y
    and meta_and
    eor meta_attr
    sta oam+2,x
    iny
    lda #<-8
    sec
    sbc (ptr),y
    bmi @mirror_left
    clc
    adc meta_x
    bcs @mirror_skip
    bcc @mirror_put
@mirror_left:
    clc
    adc meta_x
    bcc @mirror_skip
@mirror_put:
    sta oam+3,x
    inx
    inx
    inx
    inx
    beq @full
@mirror_skip:
    dec meta_count
    bne @mirrored
    stx oam_pos
    rts
.endproc

; All objects: the ship first, the others in an order that rotates, so that more than
; eight sprites on a line flicker instead of vanishing. A boss comes before even the ship in
; every other frame.
.proc draw_objects
    lda boss_state
    beq @rotate
    lda frame
    lsr a
    bcc @rotate
    ldx #SLOT_ENEMY
    ldy #SLOT_ENEMY+4
    jsr draw_range
    jsr draw_ship
    ldx #SLOT_ENEMY+4
    ldy #SLOTS
    jsr draw_range
    ldx #SLOT_SHOT_A
    ldy #SLOT_ENEMY
    jmp draw_range
@rotate:
    jsr draw_ship
    lda draw_first
    clc
    adc #7
    cmp #SLOTS
    bcc :+
    sbc #SLOTS-SLOT_SHOT_A
:   cmp #SLOT_SHOT_A
    bcs :+
    lda #SLOT_SHOT_A
    ; a boss's core, in the first enemy slot, must come before its body
:   cmp #SLOT_ENEMY+1
    bcc :+
    cmp #SLOT_ENEMY+4
    bcs :+
    lda #SLOT_ENEMY
:   sta draw_first
    tax
    ldy #SLOTS
    jsr draw_range
    ldx #SLOT_SHOT_A
    ldy draw_first
    ; falls into draw_range
.endproc

; The objects from slot X up to, but without, slot Y.
.proc draw_range
    sty draw_end
@next:
    cpx draw_end
    beq @out
    lda obj_type,x
    beq @free
    jsr draw_one
@free:
    inx
    bne @next
@out:
    rts
.endproc

.proc draw_ship
    ldx #SLOT_SHIP
    jsr draw_one
    jsr draw_shield
    ldx #SLOT_OPTION
    jsr draw_one
    ldx #SLOT_OPTION+1
    jmp draw_one
.endproc

; The shield before the ship's nose; it blinks when one more hit ends it.
.proc draw_shield
    lda shield
    beq @out
    lda obj_status
    cmp #1
    bne @out
    lda shield
    cmp #2
    bcs @show
    lda frame
    and #4
    bne @out
@show:
    lda obj_x
    clc
    adc #18
    bcs @out
    sta meta_x
    lda obj_y
    sta meta_y
    lda #0
    sta meta_attr
    lda frame
    lsr a
    lsr a
    and #1
    clc
    adc #MS_SHIELD0
    jmp draw_meta
@out:
    rts
.endproc

.proc draw_one
    lda obj_status,x
    beq @out
    lda obj_sprite,x
    cmp #NO_SPRITE
    beq @out
    stx slot
    ldy obj_x,x
    sty meta_x
    ldy obj_y,x
    sty meta_y
    ldy obj_attr,x
    sty meta_attr
    jsr draw_meta
    ldx slot
@out:
    rts
.endproc
