; Gap, a game of one screen: START begins it, the pad moves a dot, a wall kills except through the
; gap at its top, and the right edge is the goal.
;   $10 mode: 0 title, 1 play, 2 game over, 3 goal reached, 4 dying (30 frames)
;   $11 X, $12 Y of the dot, in pixels      $13 lives, 3 at first
;   $14 score, two bytes: 10 for each pixel further to the right than before in this life
;   $16 frames left of dying                $17 the furthest X of this life
;   $18 pad: A B SELECT START UP DOWN LEFT RIGHT, A in bit 7
.segment "HEADER"
    .byte "NES", $1A, 1, 1, 0, 0            ; NROM: 16 KiB PRG, 8 KiB CHR
    .res 8, 0

mode = $10
x_at = $11
y_at = $12
lives = $13
score = $14
timer = $16
furthest = $17
pad = $18
WALL = 128
GAP = 64                                    ; above this row there is no wall
GOAL = 232

.segment "CODE"
reset:
    sei
    cld
    ldx #$FF
    txs
    inx
    stx $2000
    stx $2001
    txa
@clear:
    sta $00,x
    sta $0200,x
    inx
    bne @clear
:   bit $2002
    bpl :-
:   bit $2002
    bpl :-
    ldx #$3F                                ; palette: black, white
    stx $2006
    stx $2006
    lda #$3F
    sta $2006
    lda #$00
    sta $2006
    ldy #32
@palette:
    ldx #$0F
    tya
    and #3
    beq :+
    ldx #$30
:   stx $2007
    dey
    bne @palette
    lda #$20                                ; empty the screen
    sta $2006
    lda #0
    sta $2006
    ldx #4
    tay
@empty:
    sta $2007
    iny
    bne @empty
    dex
    bne @empty
    lda #$04                                ; the wall: down column 16 from row 8
    sta $2000
    lda #$21
    sta $2006
    lda #$10
    sta $2006
    ldx #22
    lda #1
@wall:
    sta $2007
    dex
    bne @wall
    lda #0
    sta $2005
    sta $2005
    lda #1
    sta $0201                               ; the dot's tile
    lda #$80
    sta $2000
    lda #$1E
    sta $2001
@forever:
    jmp @forever

nmi:
    lda #2
    sta $4014
    lda #1
    sta $4016
    lda #0
    sta $4016
    ldx #8
@bit:
    lda $4016
    lsr a
    rol pad
    dex
    bne @bit
    lda mode
    beq title
    cmp #1
    beq play
    cmp #4
    beq dying
done:
    lda x_at
    sta $0203
    lda y_at
    sta $0200
irq:
    rti

title:
    lda pad
    and #$10
    beq done
    lda #3
    sta lives
    lda #0
    sta score
    sta score+1
begin_life:
    lda #1
    sta mode
    lda #16
    sta x_at
    sta furthest
    lda #120
    sta y_at
    bne done

dying:
    dec timer
    bne done
    lda lives
    bne begin_life
    lda #2
    sta mode
    bne done

play:
    lda pad
    lsr a
    bcc :+
    inc x_at
    inc x_at
:   lsr a
    bcc :+
    ldx x_at
    cpx #10
    bcc :+
    dec x_at
    dec x_at
:   lsr a
    bcc :+
    ldx y_at
    cpx #216
    bcs :+
    inc y_at
    inc y_at
:   lsr a
    bcc :+
    ldx y_at
    cpx #24
    bcc :+
    dec y_at
    dec y_at
:
@further:
    lda furthest
    cmp x_at
    bcs @score_done
    inc furthest
    clc
    lda score
    adc #10
    sta score
    bcc @further
    inc score+1
    jmp @further
@score_done:
    lda x_at
    cmp #GOAL
    bcc :+
    lda #3
    sta mode
    bne done2
:   cmp #WALL
    bcc done2
    cmp #WALL+8
    bcs done2
    lda y_at
    cmp #GAP
    bcc done2
    dec lives
    lda #30
    sta timer
    lda #4
    sta mode
done2:
    jmp done

.segment "VECTORS"
    .addr nmi, reset, irq

.segment "CHARS"
    .res 16, 0
    .res 8, $FF                             ; tile 1: a full square
    .res 8, 0
    .res 8192 - 32, 0
