; The ground: drawing it column by column, the map of 2 bits a tile, the scroll, the events
; that the scroll sets off, checkpoints.
.include "common.inc"

.export stage_open, stage_column, scroll_ground, terrain_at, terrain_kind, terrain_clear
.export checkpoint_column
.import stage_lo, stage_hi, do_event
.import queue_begin, queue_byte

; Offsets in a stage's header, as tools/stage.py writes it.
HDR_COLUMNS     = 0
HDR_EVENTS      = 2
HDR_END         = 4
HDR_CHECKPOINTS = 6
HDR_ATTRIBUTES  = 16            ; eight bytes, used by play.s and hud.s
HDR_FILL        = 24            ; the tile of plain ground: it varies by place
HDR_STARS       = 25            ; 1: stars in the empty sky

EVENT_SIZE = 7

.segment "CODE"

; Take the header of the current stage, put the scroll at the current checkpoint.
.proc stage_open
    ldx stage
    lda stage_lo,x
    sta stage_ptr
    lda stage_hi,x
    sta stage_ptr+1
    ldy #HDR_COLUMNS
    lda (stage_ptr),y
    sta data_ptr
    iny
    lda (stage_ptr),y
    sta data_ptr+1
    iny
    lda (stage_ptr),y
    sta evt_ptr
    iny
    lda (stage_ptr),y
    sta evt_ptr+1
    iny
    lda (stage_ptr),y
    sta end_col
    iny
    lda (stage_ptr),y
    sta end_col+1

    ; scroll = 8 * column of the checkpoint
    jsr checkpoint_column
    lda t0
    sta col_next
    lda t1
    sta col_next+1
    sta scroll_page
    lda t0
    asl a
    rol scroll_page
    asl a
    rol scroll_page
    asl a
    rol scroll_page
    sta scroll_low
    lda #0
    sta scroll_sub
    sta scroll_step
    sta scroll_stop

    ; events of columns that are on the screen have passed
    clc
    lda t0
    adc #30
    sta trig_col
    lda t1
    adc #0
    sta trig_col+1
@event:
    jsr event_due
    bcc @done
    jsr next_event
    jmp @event
@done:
    rts
.endproc

; Column of the current checkpoint in t0 (low), t1 (high).
.proc checkpoint_column
    lda checkpoint
    asl a
    adc #HDR_CHECKPOINTS
    tay
    lda (stage_ptr),y
    sta t0
    iny
    lda (stage_ptr),y
    sta t1
    rts
.endproc

; --- columns -----------------------------------------------------------------------------

; Decode column col_next into col_buf and into the terrain map, and set col_addr. A column
; is a list of pairs: kind * 64 + number of rows, tile. Plain ground comes in two grains and
; the empty sky has a star here and there: both are put in here, so that columns stay short
; and alike.
.proc stage_column
    ; its pointer in the stage's table
    lda col_next+1
    sta t1
    lda col_next
    asl a
    rol t1
    clc
    adc data_ptr
    sta ptr2
    lda t1
    adc data_ptr+1
    sta ptr2+1
    ldy #0
    lda (ptr2),y
    sta ptr
    iny
    lda (ptr2),y
    sta ptr+1

    ; where it goes
    lda col_next
    and #$1F
    sta col_addr
    asl a
    asl a
    asl a
    sta map_ptr
    lda #>NT0
    sta col_addr+1
    lda col_next
    and #$20
    beq :+
    lda #1
:   pha
    asl a
    asl a
    ora col_addr+1
    sta col_addr+1
    pla
    clc
    adc #>terrain
    sta map_ptr+1

    ldy #HDR_FILL
    lda (stage_ptr),y
    sta t4
    lda col_next
    asl a
    asl a
    asl a
    sec
    sbc col_next
    sta t3                      ; where the grain begins: column * 7
    lda #$FF
    sta t5
    ldy #HDR_STARS
    lda (stage_ptr),y
    beq :+
    lda col_next
    and #$1F
    tax
    lda star_rows,x
    sta t5
:   ldx #0                      ; row
    stx pack
    ldy #0
@pair:
    lda (ptr),y
    sta kind
    and #$3F
    sta run
    iny
    lda (ptr),y
    iny
    sta t0
    sty t1
@row:
    lda t0
    beq @sky
    cmp t4
    bne @tile
    txa
    clc
    adc t3
    and #$1F
    tay
    lda t0
    clc
    adc grain,y
    bne @tile
@sky:
    cpx t5
    bne @tile
    txa
    and #1
    adc #TILE_STAR0-1           ; carry is set: the row is the star's
@tile:
    sta col_buf,x
    ; four kinds make a byte: each comes in at the top
    lda pack
    lsr a
    lsr a
    sta pack
    lda kind
    and #$C0
    ora pack
    sta pack
    inx
    txa
    and #3
    bne @same
    txa
    lsr a
    lsr a
    tay
    dey
    lda pack
    sta (map_ptr),y
@same:
    dec run
    bne @row
    ldy t1
    cpx #PLAY_ROWS
    bne @pair
    ; rows 26 and 27 are not the field's: the last byte is half full
    lda pack
    lsr a
    lsr a
    lsr a
    lsr a
    ldy #6
    sta (map_ptr),y
    iny
    lda #0
    sta (map_ptr),y
    inc col_next
    bne :+
    inc col_next+1
:   rts
.endproc

; --- the map -----------------------------------------------------------------------------

; Kind of the tile at the screen position A (x), Y (y), in A and the zero flag: 0 free.
; map_ptr, Y and map_mask stay set for terrain_clear. Keeps X.
.proc terrain_at
    clc
    adc scroll_low
    and #$F8
    sta map_ptr
    lda scroll_page
    adc #0
    and #1
    clc
    adc #>terrain
    sta map_ptr+1
    tya
    lsr a
    lsr a
    lsr a
    sta row
    and #3
    tay
    lda masks,y
    sta map_mask
    lda row
    lsr a
    lsr a
    tay
    lda (map_ptr),y
    and map_mask
    rts
masks:
    .byte $03, $0C, $30, $C0
.endproc

; The value that terrain_at returned in A, as 0 to 3.
.proc terrain_kind
    and #$FF
@shift:
    beq @out
    pha
    lda map_mask
    lsr a
    pla
    bcs @out
    lsr a
    lsr a
    lsr map_mask
    lsr map_mask
    jmp @shift
@out:
    rts
.endproc

; Take the tile that terrain_at found off the map and the screen. Keeps X.
.proc terrain_clear
    txa
    pha
    lda (map_ptr),y
    eor #$FF
    ora map_mask
    eor #$FF
    sta (map_ptr),y
    ; PPU address: row * 32 + column
    lda row
    lsr a
    lsr a
    lsr a
    sta t0
    lda map_ptr+1
    sec
    sbc #>terrain
    asl a
    asl a
    ora #>NT0
    ora t0
    sta t0
    lda row
    asl a
    asl a
    asl a
    asl a
    asl a
    sta t1
    lda map_ptr
    lsr a
    lsr a
    lsr a
    ora t1
    tay
    lda t0
    ldx #1
    jsr queue_begin
    bcs @full
    lda #TILE_BLANK
    jsr queue_byte
@full:
    pla
    tax
    rts
.endproc

; --- the scroll --------------------------------------------------------------------------

; Move the ground by half a pixel unless it is held; draw the next column and set off
; events where the scroll has come to them.
.proc scroll_ground
    lda #0
    sta scroll_step
    lda scroll_stop
    bne @out
    lda #$80
    sta scroll_step
    clc
    adc scroll_sub
    sta scroll_sub
    bne @out                    ; moved by half a pixel only
    inc scroll_low
    bne :+
    inc scroll_page
:   lda scroll_low
    and #7
    beq @column
    cmp #4
    bne @out
    ; halfway through a column: the one that now enters is trig_col
    inc trig_col
    bne @event
    inc trig_col+1
@event:
    jsr event_due
    bcc @out
    jsr do_event
    jsr next_event
    jmp @event
@column:
    jsr stage_column
    lda #1
    sta col_ready
    jsr reach_checkpoint
@out:
    rts
.endproc

; Carry set: the event at evt_ptr lies at or before trig_col.
.proc event_due
    ldy #0
    sec
    lda trig_col
    sbc (evt_ptr),y
    iny
    lda trig_col+1
    sbc (evt_ptr),y
    rts
.endproc

.proc next_event
    clc
    lda evt_ptr
    adc #EVENT_SIZE
    sta evt_ptr
    bcc :+
    inc evt_ptr+1
:   rts
.endproc

; The scroll at this moment is a whole number of columns: is the next checkpoint behind us?
.proc reach_checkpoint
    lda checkpoint
    cmp #4
    bcs @out
    inc checkpoint
    jsr checkpoint_column
    ; column of the left edge = scroll / 8
    lda scroll_page
    sta t3
    lda scroll_low
    lsr t3
    ror a
    lsr t3
    ror a
    lsr t3
    ror a
    cmp t0
    lda t3
    sbc t1
    bcs @out
    dec checkpoint
@out:
    rts
.endproc

.segment "RODATA"
grain:
    .byte 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0
    .byte 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1
; the row of each column's star; 32 and more: none
star_rows:
    .byte 5, 99, 14, 99, 2, 21, 99, 9, 99, 17, 99, 99, 4, 12, 99, 19
    .byte 99, 7, 99, 15, 22, 99, 3, 99, 10, 99, 18, 6, 99, 13, 99, 1
