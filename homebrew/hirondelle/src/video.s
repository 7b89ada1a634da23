; The background: queue and column for the NMI, palettes, whole screens.
.include "common.inc"

.export flush_queue, flush_column, queue_begin, queue_byte, queue_end
.export screen_off, screen_on, load_palette, clear_screens, draw_map, set_attributes
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

.segment "RODATA"
pal_lo:
    .byte <pal_title, <pal_stage1, <pal_stage2, <pal_stage3, <pal_ending
pal_hi:
    .byte >pal_title, >pal_stage1, >pal_stage2, >pal_stage3, >pal_ending
