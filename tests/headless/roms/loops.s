; Short loops that wait or count:
;   ca65 -D BOARD=n loops.s     n = 0 NROM, 4 MMC3
; The headless engine counts turns of such loops instead of running them. Each loop here starts with
; other registers every time, so that interrupts and the ends of lines and frames fall into all of its
; turns. Registers and flags are folded into tables in RAM behind each loop and in each interrupt.

.setcpu "6502"

PPU_CTRL   = $2000
PPU_MASK   = $2001
PPU_STATUS = $2002
OAM_DMA    = $4014
APU_STATUS = $4015
APU_FRAME  = $4017

.segment "HEADER"
        .byte "NES", $1A, 2, 1, BOARD << 4, 0
        .res 8, 0

.segment "ZEROPAGE"
seed:   .res 2
flag:   .res 1          ; counts NMIs
up:     .res 1
down:   .res 1
place:  .res 1
irqs:   .res 1
kept:   .res 1

.segment "BSS"
.res $100               ; for sprites, at $0300
seen:   .res 256

.segment "CODE"
; Notes A, X, Y and the flags.
.macro note
        php
        jsr fold
        plp
.endmacro
; A loop's registers, drawn at random.
.macro draw
        jsr random
        ldx seed
        ldy seed + 1
.endmacro

reset:  sei
        cld
        ldx #$FF
        txs
        inx
        stx PPU_CTRL
        stx PPU_MASK
@first: bit PPU_STATUS
        bpl @first
@next:  bit PPU_STATUS
        bpl @next
        lda #$40
        sta APU_FRAME
        lda #1
        sta seed
        lda #$90
        sta PPU_CTRL
        lda #$1E
        sta PPU_MASK
.if BOARD = 4
        lda #5
        sta $C000
        sta $C001
        sta $E001
.endif

main:   draw
@dex:   dex
        bne @dex
        note
@dey:   dey
        bpl @dey
        note
        draw
@low:   dex
        bmi @low
        note
@nops:  nop                     ; an interrupt may see the flags of the turn before
        nop
        nop
        dey
        bne @nops
        note
        draw
@inx:   inx
        bmi @inx
        note
@iny:   iny
        nop
        bne @iny
        note
        draw
        sty up
@inc:   inc up
        bne @inc
        note
        stx down
@dec:   dec down
        bpl @dec
        note
        draw
        sty up
        lda up                  ; a counter that the loop itself reads
@own:   inc up
        cmp up
        bne @own
        note
        draw
@two:   inx
        iny
        inc up
        cpx seed + 1
        bne @two
        note
        draw
@late:  bmi @out                ; the flags of the turn before
        inx
        jmp @late
@out:   note
        draw
@mid:   dex                     ; a counter's flags, tested within the turn
        beq @done
        dey
        lda #1
        bne @mid
@done:  note
        draw
        clc
@carry: bcs @over               ; C stays as it was
        iny
        bne @carry
@over:  note
        draw
@bit:   bit PPU_STATUS
        bvs @hit
        inx
        bne @bit
@hit:   note
        draw
        lda flag                ; until the NMI
        sta kept
@wait:  lda flag
        cmp kept
        bne @came
        inc up
        jmp @wait
@came:  note
        lda flag
        and #3
        bne @again
        jsr crossing
        jsr toggle
@again: jmp main

; Now and then the APU's frame IRQ is on, and pads are read.
toggle: lda seed
        and #$40
        sta APU_FRAME
        cli
        rts

random: lda seed + 1
        lsr
        rol seed
        bcc @none
        eor #$B4
@none:  sta seed + 1
        eor flag
        sta seed
        rts

fold:   stx kept
        sty up
        adc kept
        rol
        eor up
        inc place
        ldx place
        eor seen, x
        sta seen, x
        tsx
        lda $0103, x            ; the flags before
        ldx place
        eor seen + 1, x
        sta seen + 1, x
        ldx kept
        ldy up
        rts

nmi:    pha
        php
        jsr fold
        lda #3
        sta OAM_DMA
        inc flag
        lda seed
        sta $0300
        sta $0303
        plp
        pla
        rti

irq:    pha
        php
        jsr fold
        inc irqs
        bit APU_STATUS
.if BOARD = 4
        lda seed
        and #$1F
        sta $C000
        sta $E000
        sta $E001
.endif
        plp
        pla
        rti

; A loop whose branch leads into the page before, and one over the end of 2 KB, where the engine looks
; up its memory again.
        .res $03F6 - (* - reset)
crossing:
        draw
@long:  dex
        nop
        bne @long
        note
        jmp over

        .res $07F6 - (* - reset)
over:   draw
        lda #0
@flag:  sta kept
        lda kept
        bne @flag
        iny
        bne @flag
        note
        rts

.segment "VECTORS"
        .word nmi, reset, irq

.segment "CHR"
        .repeat 512, t
        .repeat 16, i
        .byte <(t * 7 + i * 5)
        .endrepeat
        .endrepeat
