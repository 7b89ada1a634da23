; A test program, assembled once for each cartridge board:
;   ca65 -D BOARD=n boards.s     n = 0 NROM, 1 MMC1, 2 UNROM, 3 CNROM, 4 MMC3
; Each frame it reads both pads, sums what is mapped where boards switch, and then switches by what
; it has read, so that a board in another state gives another RAM. Nothing depends on cycles.

CHR_RAM = (BOARD = 2)

.segment "HEADER"
        .byte "NES", $1A
.if BOARD = 0
        .byte 2, 1, $01, $00
.elseif BOARD = 1
        .byte 4, 2, $12, $00
.elseif BOARD = 2
        .byte 4, 0, $21, $00
.elseif BOARD = 3
        .byte 2, 4, $30, $00
.else
        .byte 4, 4, $40, $00
.endif
        .res 8, 0

.macro marks bank
        .repeat 32, i
        .byte <(bank * 37 + i * 5)
        .endrepeat
.endmacro

.segment "BANK0"
        marks 1
.if BOARD = 1 .or BOARD = 2 .or BOARD = 4
.segment "BANK1"
        marks 2
.segment "BANK2"
        marks 3
.endif
.if .not CHR_RAM
.segment "CHR"
        .repeat 8, b
        marks 8 + b
        .res $0FE0, b
        .endrepeat
.endif

frame = $10
pad   = $11     ; and $12
prg   = $13     ; sum of mapped program
chr   = $14     ; sum of mapped pictures
bank  = $15     ; what the board was told

.segment "CODE"
reset:  sei
        cld
        ldx #$FF
        txs
        inx
        stx $2000
        stx $2001
        txa
:       sta $00,x
        inx
        bne :-
:       bit $2002
        bpl :-
:       bit $2002
        bpl :-
        lda #$80
        sta $2000
wait:   jmp wait

nmi:    lda #1
        sta $4016
        lda #0
        sta $4016
        ldx #8
:       lda $4016
        lsr a
        rol pad
        lda $4017
        lsr a
        rol pad+1
        dex
        bne :-
        inc frame

        ldx #31
:       clc
        lda $8000,x
        adc prg
        adc $A000,x
        sta prg
        dex
        bpl :-

        lda #$00
        sta $2006
        sta $2006
        lda $2007
        ldx #31
:       clc
        lda $2007
        adc chr
        sta chr
        dex
        bpl :-
        lda #$10
        sta $2006
        lda #$00
        sta $2006
        lda $2007
        clc
        lda $2007
        adc chr
        sta chr
.if CHR_RAM
        lda #$00                ; picture memory is state, too
        sta $2006
        lda frame
        and #$1F
        sta $2006
        lda pad
        eor frame
        sta $2007
.endif

        lda pad
        eor frame
        and #3
        sta bank
.if BOARD = 1
        lda frame               ; one bit a frame: the shift register is state, too
        and #7
        beq @control
        cmp #6
        bcs @out
        lda bank
        sta $E000
        jmp @out
@control:
        lda #$80
        sta $8000
        ldx #5
        lda #$0E
:       sta $8000
        lsr a
        dex
        bne :-
        ldx #5
        lda pad
:       sta $A000
        lsr a
        dex
        bne :-
@out:
.elseif BOARD = 2
        ldx bank
        lda numbers,x
        sta numbers,x
.elseif BOARD = 3
        ldx bank
        lda numbers,x
        sta numbers,x
.elseif BOARD = 4
        lda frame               ; select in one frame, write in the next
        and #1
        beq @data
        lda pad
        and #7
        sta $8000
        jmp @out
@data:  lda bank
        sta $8001
@out:
.endif
irq:    rti

numbers:
        .byte 0, 1, 2, 3

.segment "VECTORS"
        .addr nmi, reset, irq
