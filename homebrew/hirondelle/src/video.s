; The PPU: queue and column for the NMI, palettes, screens, and the sprites of a frame.
.include "common.inc"

.export flush_queue, flush_column, queue_begin, queue_byte, queue_end
.export screen_off, screen_on, load_palette, clear_screens, draw_map, set_attributes
.export sprites_begin, sprites_end, draw_meta, draw_objects, draw_sprite_zero
.import metasprite_lo, metasprite_hi
.import pal_title, pal_stage1, pal_stage2, pal_stage3, pal_ending

.segment "CODE"

; --- what the NMI does ------------------------------------------------------------------

; Send the queue at vbuf: address high, low, count, bytes; a zero ends it.
.proc flush_queue
    ldx #0
@entry:
    lda vbuf,x
    beq @done
    sta $2006
    lda vbuf+1,x
    sta $2006
    ldy vbuf+2,x
    inx
    inx
    inx
@byte:
    lda vbuf,x
    sta $2007
    inx
    dey
    bne @byte
    beq @entry
@done:
    sta vbuf
    sta vbuf_len
    rts
.endproc

; Send the column in col_buf, top to bottom.
.proc flush_column
    lda ppu_ctrl
    ora #%00000100              ; the address grows by a row
    sta $2000
    lda col_addr+1
    sta $2006
    lda col_addr
    sta $2006
    ldx #0
@tile:
    lda col_buf,x
    sta $2007
    lda col_buf+1,x
    sta $2007
    inx
    inx
    cpx #PLAY_ROWS
    bne @tile
    lda ppu_ctrl
    sta $2000
    lda #0
    sta col_ready
    rts
.endproc

; --- the queue, from the main loop --------------------------------------------------------

; Begin an entry: A high byte, Y low byte of the address, X number of bytes to follow.
; Carry set: no room, nothing was begun. Keeps X.
.proc queue_begin
    sta t6
    txa
    clc
    adc vbuf_len
    cmp #60
    bcs @full
    stx t5
    ldx vbuf_len
    tya
    sta vbuf+1,x
    lda t5
    sta vbuf+2,x
    lda t6
    sta vbuf,x
    inx
    inx
    inx
    stx vbuf_len
    ldx t5
    clc
@full:
    rts
.endproc

; Add A to the entry. Keeps A, X and Y.
.proc queue_byte
    stx t5
    ldx vbuf_len
    sta vbuf,x
    inx
    stx vbuf_len
    ldx t5
    rts
.endproc

; End the queue so far.
.proc queue_end
    ldx vbuf_len
    lda #0
    sta vbuf,x
    rts
.endproc

; --- whole screens, only while the screen is off ------------------------------------------

; The screen goes dark at once; the main loop may then write to the PPU itself.
.proc screen_off
    lda #MASK_OFF
    sta ppu_mask
    sta $2001
    sta split_on
    sta vbuf
    sta vbuf_len
    sta col_ready
    rts
.endproc

; The screen comes back at the next NMI.
.proc screen_on
    lda #MASK_ON
    sta ppu_mask
    rts
.endproc

; A: 0 title, 1-3 stages, 4 ending.
.proc load_palette
    tax
    lda pal_lo,x
    sta ptr
    lda pal_hi,x
    sta ptr+1
    bit $2002
    lda #$3F
    sta $2006
    ldy #0
    sty $2006
@colour:
    lda (ptr),y
    sta $2007
    iny
    cpy #32
    bne @colour
    rts
.endproc

; Both nametables to TILE_BLANK, attributes to 0.
.proc clear_screens
    bit $2002
    lda #>NT0
    sta $2006
    lda #0
    sta $2006
    tax
    ldy #8
@page:
    sta $2007
    sta $2007
    sta $2007
    sta $2007
    inx
    cpx #64
    bne @page
    ldx #0
    dey
    bne @page
    rts
.endproc

; The map at ptr (width, height, tiles, 64 attribute bytes) onto the first nametable,
; its tiles from the PPU address in t0 (low) and t1 (high).
.proc draw_map
    ldy #0
    lda (ptr),y
    sta t2
    iny
    lda (ptr),y
    sta t3
    clc
    lda ptr
    adc #2
    sta ptr
    bcc @row
    inc ptr+1
@row:
    lda t1
    sta $2006
    lda t0
    sta $2006
    ldy #0
@tile:
    lda (ptr),y
    sta $2007
    iny
    cpy t2
    bne @tile
    clc
    tya
    adc ptr
    sta ptr
    bcc :+
    inc ptr+1
:   clc
    lda t0
    adc #32
    sta t0
    bcc :+
    inc t1
:   dec t3
    bne @row
    lda #$23
    sta $2006
    lda #$C0
    sta $2006
    ldy #0
@attribute:
    lda (ptr),y
    sta $2007
    iny
    cpy #64
    bne @attribute
    rts
.endproc

; The eight attribute rows at ptr into both nametables, each row uniform.
.proc set_attributes
    lda #$23
    jsr @one
    lda #$27
@one:
    sta $2006
    lda #$C0
    sta $2006
    ldy #0
@row:
    lda (ptr),y
    ldx #8
@byte:
    sta $2007
    dex
    bne @byte
    iny
    cpy #8
    bne @row
    rts
.endproc

; --- sprites ------------------------------------------------------------------------------

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

.segment "RODATA"
pal_lo:
    .byte <pal_title, <pal_stage1, <pal_stage2, <pal_stage3, <pal_ending
pal_hi:
    .byte >pal_title, >pal_stage1, >pal_stage2, >pal_stage3, >pal_ending
