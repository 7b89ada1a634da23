; The status bar at the bottom, messages in the field.
.include "common.inc"

.export stage_name, queue_score, hud_draw, hud_frame, hud_message
.import queue_begin, queue_byte

ROW_LINE  = NT0 + HUD_ROW * 32
ROW_METER = ROW_LINE + 32
ROW_SCORE = ROW_LINE + 64
COL_METER = 4
COL_LIVES = 4
COL_SCORE = 9
COL_TOP   = 22
STAGE_NAME = NT0 + 8 * 32 + 12
ATTR_METER = $23C0 + 6 * 8 + COL_METER / 4

.define LETTER(c) FONT_A + c - 'A'

.segment "CODE"

; --- the bar -----------------------------------------------------------------------------------

; All of it, with the screen off.
.proc hud_draw
    lda #>NT0
    jsr line
    lda #>NT1
    jsr line
    ; opaque black under the border of the first nametable
    bit $2002
    lda #>ROW_METER
    sta $2006
    lda #<ROW_METER
    sta $2006
    lda #TILE_SPACE
    ldx #3 * 32
:   sta $2007
    dex
    bne :-
    ; words on the left and right of the numbers
    lda #>ROW_SCORE
    sta $2006
    lda #<(ROW_SCORE + COL_LIVES - 2)
    sta $2006
    lda #TILE_HUD_LIFE
    sta $2007
    lda #>ROW_SCORE
    sta $2006
    lda #<(ROW_SCORE + COL_TOP - 3)
    sta $2006
    lda #FONT_A + 'H' - 'A'
    sta $2007
    lda #FONT_A + 'I' - 'A'
    sta $2007
    lda #DIRTY_SCORE|DIRTY_LIVES|DIRTY_METER|DIRTY_TOP
    sta hud_dirty
    rts
line:
    ; the border row of a nametable; opaque black below it
    ora #>(HUD_ROW * 32)
    sta $2006
    lda #<(HUD_ROW * 32)
    sta $2006
    lda #TILE_HUD_LINE
    ldx #32
:   sta $2007
    dex
    bne :-
    rts
.endproc

; Redraw one part that has changed, at most one a frame.
.proc hud_frame
    lda hud_dirty
    lsr a
    bcs @score
    lsr a
    bcs @lives
    lsr a
    bcs @meter
    lsr a
    bcs @top
    rts
@score:
    lda #>(ROW_SCORE + COL_SCORE)
    ldy #<(ROW_SCORE + COL_SCORE)
    jsr queue_score
    bcs @full
    lda #DIRTY_SCORE
    bne @clean
@top:
    ldx #7
    lda #>(ROW_SCORE + COL_TOP)
    ldy #<(ROW_SCORE + COL_TOP)
    jsr queue_begin
    bcs @full
    ldx #<(score_top - score)
    jsr digits
    lda #DIRTY_TOP
    bne @clean
@lives:
    ldx #2
    lda #>(ROW_SCORE + COL_LIVES)
    ldy #<(ROW_SCORE + COL_LIVES)
    jsr queue_begin
    bcs @full
    lda lives
    ldy #FONT_0 - 1
    cmp #$FF
    bne :+
    lda #0
:   iny
    sec
    sbc #10
    bcs :-
    adc #10 + FONT_0
    pha
    tya
    jsr queue_byte
    pla
    jsr queue_byte
    lda #DIRTY_LIVES
    bne @clean
@meter:
    jsr meter_draw
    bcs @full
    lda #DIRTY_METER
@clean:
    eor hud_dirty
    sta hud_dirty
@full:
    rts
.endproc

; The score's seven digits to the PPU address A, Y. Carry set: no room.
.proc queue_score
    ldx #7
    jsr queue_begin
    bcs @full
    ldx #0
    jsr digits
    clc
@full:
    rts
.endproc

; Six BCD digits of score + X (X wraps), and a 0
.proc digits
    ldy #3
@pair:
    dey
    tya
    pha
    stx t3
    clc
    adc t3
    tax
    cpx #$80
    bcs @top_byte
    lda score,x
    jmp @both
@top_byte:
    lda score - $100,x
@both:
    pha
    lsr a
    lsr a
    lsr a
    lsr a
    ora #0
    clc
    adc #FONT_0
    jsr queue_byte
    pla
    and #$0F
    clc
    adc #FONT_0
    jsr queue_byte
    ldx t3
    pla
    tay
    bne @pair
    lda #FONT_0
    jmp queue_byte
.endproc

; The six boxes: what is owned is empty, the one under the cursor is lit.
.proc meter_draw
    ldx #24
    lda #>(ROW_METER + COL_METER)
    ldy #<(ROW_METER + COL_METER)
    jsr queue_begin
    bcs @full
    ldy #0
@box:
    jsr owned
    lda #TILE_HUD_EMPTY
    bcs :+
    lda boxes,y
:   jsr four
    iny
    cpy #6
    bne @box
    ldx #6
    lda #>ATTR_METER
    ldy #<ATTR_METER
    jsr queue_begin
    bcs @full
    ldy #16 + 6                 ; row 6 of the stage's attributes
    lda (stage_ptr),y
    and #$0F
    sta t4
    ldy #1
@lit:
    lda #$F0
    cpy meter
    bne :+
    lda #$A0
:   ora t4
    jsr queue_byte
    iny
    cpy #7
    bne @lit
    clc
@full:
    rts
four:
    sta t4
    ldx #4
:   lda t4
    jsr queue_byte
    inc t4
    dex
    bne :-
    rts
; carry: the power-up of box Y cannot be bought now
owned:
    cpy #1
    bcc @speed
    beq @missile
    cpy #3
    bcc @double
    beq @laser
    cpy #5
    bcc @option
    lda shield
    cmp #1
    rts
@speed:
    lda speed
    cmp #5
    rts
@missile:
    lda missile
    cmp #1
    rts
@double:
    lda weapon
    cmp #2
    rts
@laser:
    lda weapon
    eor #1
    beq @yes
    clc
    rts
@yes:
    sec
    rts
@option:
    lda options
    cmp #2
    rts
boxes:
    .byte TILE_HUD_SPEED, TILE_HUD_MISSILE, TILE_HUD_DOUBLE
    .byte TILE_HUD_LASER, TILE_HUD_OPTION, TILE_HUD_SHIELD
.endproc

; STAGE n in the sky, with the screen off and the scroll at 0: the scroll takes it away.
.proc stage_name
    bit $2002
    lda #>STAGE_NAME
    sta $2006
    lda #<STAGE_NAME
    sta $2006
    ldx #0
:   lda name,x
    sta $2007
    inx
    cpx #6
    bne :-
    lda stage
    clc
    adc #FONT_0 + 1
    sta $2007
    rts
name:
    .byte LETTER 'S', LETTER 'T', LETTER 'A', LETTER 'G', LETTER 'E', TILE_SPACE
.endproc

; GAME OVER in the middle of the field, letter by letter at the place that the scroll has
; brought there.
.proc hud_message
    lda scroll_page
    sta t0
    lda scroll_low
    lsr t0
    ror a
    lsr t0
    ror a
    lsr t0
    ror a
    clc
    adc #12                     ; column of the first letter
    sta t0
    ldy #0
@letter:
    sty t1
    lda t0
    and #$1F
    ora #<(NT0 + 11 * 32)
    tay
    lda t0
    and #$20
    beq :+
    lda #4
:   ora #>(NT0 + 11 * 32)
    ldx #1
    jsr queue_begin
    bcs @full
    ldy t1
    lda text,y
    jsr queue_byte
    inc t0
    ldy t1
    iny
    cpy #9
    bne @letter
@full:
    rts
text:
    .byte LETTER 'G', LETTER 'A', LETTER 'M', LETTER 'E', TILE_SPACE
    .byte LETTER 'O', LETTER 'V', LETTER 'E', LETTER 'R'
.endproc
