; A board that notices reads (mapper 235): a switch to a bank that it lacks makes the next read of its
; memory, and that one only, give what the bus last held. FCEUX reads each instruction for its
; debugger before it runs it, so that this read is not the program's.

.segment "HEADER"
        .byte "NES", $1A, 2, 1, (235 & $0F) << 4, 235 & $F0
        .res 8, 0

.segment "ZEROPAGE"
sum:    .res 1
place:  .res 1

.segment "BSS"
seen:   .res 256

.segment "CODE"
reset:  sei
        cld
        ldx #$FF
        txs
        ldx #0
@copy:  lda ram_code, x         ; a part of the program runs in RAM, where nothing is noticed
        sta $0400, x
        inx
        cpx #ram_end - ram_code
        bne @copy
@loop:  lda $C000, x
        sta $8301               ; bank $61: there is none
        lda $C123, x
        eor sum
        sta sum
        jsr $0400
        inc place
        ldx place
        sta seen, x
        jmp @loop

ram_code:
        sta $8302
        lda $C456, x            ; from RAM, the read is the program's
        adc sum
        sta sum
        rts
ram_end:

nmi:    rti

.segment "VECTORS"
        .word nmi, reset, nmi

.segment "CHR"
        .res 8192, $55
