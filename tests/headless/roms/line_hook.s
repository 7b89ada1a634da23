; What a board's hook on each line must not disturb:
;   ca65 -D MAPPER=n -D PROGRAM=p line_hook.s
; PROGRAM 0  both pattern tables at $1000, so that boards count lines late; the PPU's data are read
;            behind instructions of seven cycles, which often reach over the next line's start
;         1  sprite tables at $1000 alone, rendering off and on within the picture, data read
;            shortly after it is on
;         2  sprite DMA within the picture, which lasts four lines and a half; line IRQs, an IRQ of
;            the APU, and pattern banks that are switched in lines
; What is read goes into a sum and a table in RAM, so that one wrong byte stays to be seen.

PPU_CTRL   = $2000
PPU_MASK   = $2001
PPU_STATUS = $2002
PPU_SCROLL = $2005
PPU_ADDR   = $2006
PPU_DATA   = $2007
OAM_DMA    = $4014
APU_STATUS = $4015
APU_FRAME  = $4017

.segment "HEADER"
        .byte "NES", $1A, 2, 1, (MAPPER & $0F) << 4, MAPPER & $F0
        .res 8, 0

.segment "ZEROPAGE"
sum:    .res 1
place:  .res 1
lines:  .res 1          ; line IRQs taken

.segment "BSS"
seen:   .res 256

.segment "CODE"
; Folds the accumulator into the sum and notes it.
.macro note
        eor sum
        rol a
        sta sum
        inc place
        ldx place
        sta seen, x
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

        lda #$20                ; nametables whose bytes tell their addresses
        sta PPU_ADDR
        stx PPU_ADDR
        ldy #8
        lda #3
@fill:  sta PPU_DATA
        adc #7
        inx
        bne @fill
        dey
        bne @fill
        ldx #0                  ; sprites all over the picture
@oam:   txa
        sta $0200, x
        inx
        bne @oam
        lda #0
        sta PPU_SCROLL
        sta PPU_SCROLL

.if PROGRAM = 0
        lda #$18
        sta PPU_CTRL
        lda #$1E
        sta PPU_MASK
@loop:  dec $0300, x
        inc $0380, x
        dec $0310, x
        lda PPU_DATA
        note
        jmp @loop

.elseif PROGRAM = 1
        lda #$08
        sta PPU_CTRL
@loop:  lda #$00
        sta PPU_MASK
        ldy #41
@dark:  dec $0300, x
        dey
        bne @dark
        inc $0300, x
        lda #$1E
        sta PPU_MASK
        nop
        nop
        lda PPU_DATA
        note
        ldy #27
@light: dey
        bne @light
        lda PPU_STATUS
        and #$60
        note
        jmp @loop

.else
        lda #$98
        sta PPU_CTRL
        lda #$1E
        sta PPU_MASK
        lda #$00
        sta APU_FRAME           ; four steps with an IRQ
        lda #20
        sta $C000               ; every 21 lines
        sta $C001
        sta $E001
        cli
@loop:  lda #$02
        sta OAM_DMA
        lda PPU_DATA
        note
        lda sum                 ; banks for both pattern tables
        and #$07
        sta $8000
        stx $8001
        lda sum
        and #$18                ; where boards count lines early, late or not at all
        ora #$80
        sta PPU_CTRL
        jsr delay
        lda PPU_DATA
        note
        bit APU_STATUS
        jmp @loop
delay:  lda sum
        and #$1F
        tay
@turn:  inc $0310, x
        dey
        bpl @turn
        rts
.endif

irq:    pha
        sta $E000
        sta $E001
        inc lines
        bit APU_STATUS
        lda PPU_DATA
        eor sum
        sta sum
        pla
nmi:    rti

.segment "VECTORS"
        .word nmi, reset, irq

.segment "CHR"
.repeat 8192, i
        .byte <(i * 37 + i / 256)
.endrepeat
