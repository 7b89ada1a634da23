; The ending: a picture, a text that writes itself, then on to the next loop.
; Play states: $87 draws, $88 waits, $89 writes, $8A shows the score, $8B writes, $8C waits.
.include "common.inc"

.export ending_start, ending_frame
.import screen_off, screen_on, load_palette, clear_screens, draw_map, ending_map
.import sprites_begin, sprites_end, draw_meta, queue_begin, queue_byte, music_play
.import queue_score

LETTER_FRAMES = 4
WAIT_PICTURE  = 100
WAIT_TEXT     = 220
FIRST_LINE    = $2000 + 19 * 32

.segment "CODE"

.proc ending_start
    jmp screen_off
.endproc

.proc ending_frame
    inc state_timer
    lda play_state
    cmp #PS_ENDING
    bne @shown
    jmp draw
@shown:
    jsr fly
    lda play_state
    sec
    sbc #PS_ENDING+1
    asl a
    tax
    lda table+1,x
    pha
    lda table,x
    pha
    rts
table:
    .addr wait-1, write-1, show_score-1, write-1, wait_long-1
.endproc

.proc next_state
    inc play_state
    lda #0
    sta state_timer
    rts
.endproc

; $87: two frames with the screen off.
.proc draw
    lda state_timer
    cmp #1
    bne @second
    lda #4
    jsr load_palette
    jmp clear_screens
@second:
    lda #>NT0
    sta t1
    lda #<NT0
    sta t0
    lda #<ending_map
    sta ptr
    lda #>ending_map
    sta ptr+1
    jsr draw_map
    lda #0
    sta scroll_low
    sta scroll_page
    sta scroll_sub
    sta ending_line
    sta ending_pos
    lda #SHIP_X_MIN
    sta obj_x
    lda #SHIP_Y
    sta obj_y
    jsr screen_on
    lda #MUSIC_ENDING
    jsr music_play
    jmp next_state
.endproc

; The ship crosses the picture.
.proc fly
    lda state_timer
    and #3
    bne :+
    lda obj_x
    cmp #SHIP_X_MAX
    bcs :+
    inc obj_x
:   jsr sprites_begin
    lda obj_x
    sta meta_x
    lda obj_y
    sta meta_y
    lda #0
    sta meta_attr
    lda #MS_SHIP_LEVEL
    jsr draw_meta
    jmp sprites_end
.endproc

.proc wait
    lda state_timer
    cmp #WAIT_PICTURE
    bcc :+
    jmp next_state
:   rts
.endproc

.proc wait_long
    lda state_timer
    cmp #WAIT_TEXT
    bcc :+
    jmp next_state
:   rts
.endproc

; A letter every few frames; a zero ends a line, two end the text.
.proc write
    lda state_timer
    cmp #LETTER_FRAMES
    bcc @out
    lda #0
    sta state_timer
    ldx ending_pos
    lda text,x
    cmp #$FF
    beq @end
    cmp #$FE
    beq @line
    pha
    ; column: where the line begins plus letters so far
    lda ending_line
    asl a
    tax
    lda line_address+1,x
    tay
    lda line_address,x
    sta t0
    ldx ending_pos
    txa
    sec
    ldx ending_line
    sbc line_first,x
    clc
    adc t0
    sta t0
    tya
    adc #0
    ldy t0
    ldx #1
    jsr queue_begin
    pla
    jsr queue_byte
    inc ending_pos
@out:
    rts
@line:
    inc ending_pos
    inc ending_line
    rts
@end:
    inc ending_pos
    inc ending_line
    jmp next_state
.endproc

; The score behind its word.
.proc show_score
    lda state_timer
    cmp #30
    bcc @out
    lda #>(FIRST_LINE + 6 * 32 + 15)
    ldy #<(FIRST_LINE + 6 * 32 + 15)
    jsr queue_score
    jmp next_state
@out:
    rts
.endproc

.segment "RODATA"
.repeat 26, i
    .charmap 65 + i, FONT_A + i  ; a number: 'A' would be mapped itself
.endrepeat
.charmap ' ', TILE_SPACE
.charmap '.', TILE_DOT
text:
text1: .byte "THE STORM IS OVER.", $FE
text2: .byte "THE SWALLOW HAS COME HOME.", $FE
text3: .byte "UNTIL THE NEXT WINTER.", $FE
text4: .byte "SCORE", $FF
text5: .byte "THE NEXT FLIGHT WILL BE HARDER", $FF
; where each line begins in the text, and on the screen
line_first:
    .byte text1-text, text2-text, text3-text, text4-text, text5-text
line_address:
    .word FIRST_LINE + 7, FIRST_LINE + 2*32 + 3, FIRST_LINE + 4*32 + 5
    .word FIRST_LINE + 6*32 + 9, FIRST_LINE + 8*32 + 1
