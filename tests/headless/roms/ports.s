; Test program for what movies hold: it keeps in RAM what each controller port gives (24 reads, so
; the four pads of a Four Score and the microphone, too), sums it up over all frames, and counts
; resets and how often a light gun sees light. It leaves most of the RAM as it was at power-on.
;   ca65 ports.s                 with -D BATTERY=1, it counts frames in save RAM, too

.setcpu "6502"

PPU_CTRL   = $2000
PPU_MASK   = $2001
PPU_STATUS = $2002
PPU_ADDR   = $2006
PPU_DATA   = $2007
PORT1      = $4016
PORT2      = $4017

.segment "HEADER"
.ifdef BATTERY
        .byte "NES", $1A, 2, 1, $03, $00
.else
        .byte "NES", $1A, 2, 1, $01, $00
.endif
        .res 8, 0

.segment "ZEROPAGE"
frame:  .res 2
resets: .res 1      ; not cleared, so it begins with what RAM has at power-on
light:  .res 2      ; sum of the light gun's bits over all turns of the main loop
sum:    .res 2      ; over all bits of both ports
saved:  .res 1      ; frames that save RAM has counted

.segment "BSS"
seen:   .res 64     ; 24 reads of each port, from its strobe on

.segment "CODE"
reset:  sei
        cld
        ldx #$FF
        txs
        inc resets
        lda #0
        sta PPU_CTRL
        sta PPU_MASK
        bit PPU_STATUS
@first: bit PPU_STATUS
        bpl @first
@next:  bit PPU_STATUS
        bpl @next
        lda #$3F
        sta PPU_ADDR
        lda #$00
        sta PPU_ADDR
        lda #$30        ; a white screen, which light guns see everywhere
        sta PPU_DATA
        lda #$80
        sta PPU_CTRL
        lda #$0A
        sta PPU_MASK
main:   lda PORT2
        and #$18
        clc
        adc light
        sta light
        bcc main
        inc light + 1
        jmp main

nmi:    pha
        txa
        pha
        inc frame
        bne @same
        inc frame + 1
@same:
.ifdef BATTERY
        inc $6000
        lda $6000
        sta saved
.endif
        lda #1
        sta PORT1
        lda #0
        sta PORT1
        tax
@read:  lda PORT1
        and #$1F        ; the other bits are what the bus had last
        sta seen, x
        jsr add
        lda PORT2
        and #$1F
        sta seen + 32, x
        jsr add
        inx
        cpx #24
        bne @read
        pla
        tax
        pla
irq:    rti

add:    clc
        adc sum
        sta sum
        bcc @done
        inc sum + 1
@done:  asl sum         ; so that the order counts
        rol sum + 1
        bcc @none
        inc sum
@none:  rts

.segment "VECTORS"
        .word nmi, reset, irq

.segment "CHR"
        .res $2000, 0
