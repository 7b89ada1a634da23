; A test program: each frame it reads both pads and writes what they hold into RAM.
;   $10 pad 1, $11 pad 2 (A B SELECT START UP DOWN LEFT RIGHT, A in bit 7)
;   $12 frames, modulo 256      $13 lives: 3, less 1 for each press of B on pad 1
;   $14 score, +1 in each frame in which pad 1 holds A (low byte), $15 high byte
;   $6000 (in the cartridge) the frames, too
.segment "HEADER"
    .byte "NES", $1A, 1, 1, $03, 0          ; NROM, battery-backed RAM
    .res 8, 0

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
    inx
    bne @clear
    lda #3
    sta $13
:   bit $2002
    bpl :-
:   bit $2002
    bpl :-
    lda #$80
    sta $2000
@wait:
    jmp @wait

nmi:
    lda #1
    sta $4016
    lda #0
    sta $4016
    ldx #8
@bit:
    lda $4016
    lsr a
    rol $10
    lda $4017
    lsr a
    rol $11
    dex
    bne @bit
    inc $12
    lda $12
    sta $6000
    lda $10
    and #$40
    beq @up
    cmp $16                 ; pressed before?
    beq @no_b
    dec $13
@up:
@no_b:
    sta $16
    lda $10
    bpl @no_a
    inc $14
    bne @no_a
    inc $15
@no_a:
irq:
    rti

.segment "VECTORS"
    .addr nmi, reset, irq

.segment "CHARS"
    .res 8192, 0
