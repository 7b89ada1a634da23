; The attract demo: stage 1 played from a table of inputs, which tools/demo.py makes from demo.txt.
.include "common.inc"

.export demo_start, demo_input
.import demo_table

; What the frame counter showed when the recorded game began: chance comes from it.
DEMO_FRAME = 21

.segment "CODE"

.proc demo_start
    lda #DEMO_FRAME
    sta frame
    lda #<demo_table
    sta demo_pos
    lda #>demo_table
    sta demo_pos+1
    lda #0
    sta demo_wait
    sta demo_pad
    rts
.endproc

; Put the table's input in the place of the pad's. Carry set: the table has ended.
.proc demo_input
    lda demo_wait
    bne @hold
    ldy #0
    lda (demo_pos),y
    beq @end
    sta demo_wait
    iny
    lda (demo_pos),y
    sta demo_pad
    clc
    lda demo_pos
    adc #2
    sta demo_pos
    bcc @hold
    inc demo_pos+1
@hold:
    dec demo_wait
    lda pad_old
    eor #$FF
    and demo_pad
    sta pad_new
    lda demo_pad
    sta pad
    clc
    rts
@end:
    sec
    rts
.endproc
