; Test program for comparing engines, assembled once for each cartridge board:
;   ca65 -D BOARD=n mapper.s     n = 0 NROM, 1 MMC1, 2 UNROM, 3 CNROM, 4 MMC3
; It is no game: every frame it does what games do that is hard to emulate exactly, and folds what
; it sees into RAM: sprite-0 hit with a raster split, sprite overflow, DMC with IRQ, the APU's frame
; IRQ, controller input, PPU memory read back, bank switches and, on MMC3, the scanline IRQ.

.setcpu "6502X"

PPU_CTRL   = $2000
PPU_MASK   = $2001
PPU_STATUS = $2002
OAM_ADDR   = $2003
OAM_DATA   = $2004
PPU_SCROLL = $2005
PPU_ADDR   = $2006
PPU_DATA   = $2007
DMC_FREQ   = $4010
DMC_START  = $4012
DMC_LENGTH = $4013
OAM_DMA    = $4014
APU_STATUS = $4015
PAD1       = $4016
PAD2       = $4017
APU_FRAME  = $4017

CHR_RAM = (BOARD = 2)
SWITCHES_PRG = (BOARD = 1) .or (BOARD = 2) .or (BOARD = 4)

.segment "HEADER"
        .byte "NES", $1A
.if BOARD = 0
        .byte 2, 1, $01, $00          ; 32 KB PRG, 8 KB CHR, vertical mirroring
.elseif BOARD = 1
        .byte 4, 2, $12, $00          ; 64 KB PRG, 16 KB CHR, battery RAM
.elseif BOARD = 2
        .byte 4, 0, $21, $00          ; 64 KB PRG, CHR RAM
.elseif BOARD = 3
        .byte 2, 4, $30, $00          ; 32 KB PRG, 32 KB CHR
.else
        .byte 4, 4, $40, $00          ; 64 KB PRG, 32 KB CHR
.endif
        .res 8, 0

.segment "ZEROPAGE"
frame:      .res 2      ; frames since power-on, low byte first
turn:       .res 2      ; turns of the main loop, low byte first
nmi_seen:   .res 1      ; set by NMI, cleared by the main loop
pad:        .res 2      ; buttons of both pads
seed:       .res 2      ; linear feedback register
hit_wait:   .res 2      ; turns of the loop that waited for the sprite-0 hit
overflow:   .res 1      ; sprite overflow flag of the last frame
irqs:       .res 2      ; IRQs taken: mapper's, then APU's
apu:        .res 1      ; last value read from the APU's status
vram:       .res 2      ; sum of what was read back from the PPU
sum:        .res 2      ; sum over banked program memory
ptr:        .res 2
tmp:        .res 2
bank:       .res 1
scroll:     .res 2
latch:      .res 1      ; next reload value of the scanline counter
calls:      .res 1
light:      .res 1      ; sum of what a light gun in the second port saw

.segment "BSS"
log:        .res 256    ; one byte a frame that depends on everything above
stack_copy: .res 16

OAM = $0200

.segment "CODE"
reset:
        sei
        cld
        ldx #$40
        stx APU_FRAME
        ldx #$FF
        txs
        inx
        stx PPU_CTRL
        stx PPU_MASK
        stx APU_STATUS
        bit PPU_STATUS
@vblank1:
        bit PPU_STATUS
        bpl @vblank1
        lda #0
        tax
@clear: sta $00, x
        sta $0200, x
        sta $0300, x
        inx
        bne @clear
        lda #$35
        sta seed
        lda #$A7
        sta seed + 1
@vblank2:
        bit PPU_STATUS
        bpl @vblank2
.if BOARD = 1
        jsr mmc1_reset
.elseif BOARD = 4
        jsr mmc3_reset
.endif
.if CHR_RAM
        jsr fill_chr
.endif
        jsr fill_palette
        jsr fill_screens
        jsr place_sprites
        lda #$90
        sta PPU_CTRL
        lda #$1E
        sta PPU_MASK

main:
        lda frame
        and #$10
        bne @poll
        lda #0                  ; wait for NMI: load and branch
        sta nmi_seen
@wait:  lda nmi_seen
        beq @wait
        jmp @frame
@poll:  lda #0                  ; wait for NMI: a longer loop
        sta nmi_seen
@turn:  inc tmp
        bit nmi_seen
        bpl @turn
@frame: inc turn
        bne @low
        inc turn + 1
@low:   jsr wait_hit
        jsr split
        jsr next_random
        jsr use_banks
        jsr exercise
        jsr start_dmc
        lda APU_STATUS
        sta apu
        jsr write_log
        jmp main

; Waits for the sprite-0 hit of this frame, but not for ever.
wait_hit:
        ldx #0
        ldy #0
@clear: bit PPU_STATUS          ; the flag of the last frame falls at the pre-render line
        bvc @wait
        inx
        bne @clear
        iny
        cpy #16
        bne @clear
@wait:  ldx #0
        ldy #0
@turn:  bit PPU_STATUS
        bvs @hit
        inx
        bne @turn
        iny
        cpy #12
        bne @turn
@hit:   stx hit_wait
        sty hit_wait + 1
        rts

; Changes scroll, nametable and emphasis in the middle of the picture.
split:
        lda seed
        and #$1F
        tax
@delay: dex
        bpl @delay
        bit PPU_STATUS
        lda turn
        lsr
        sta PPU_SCROLL
        lda seed + 1
        sta PPU_SCROLL
        lda turn
        and #3
        ora #$90
        sta PPU_CTRL
        lda turn + 1
        and #$07
        beq @plain
        asl
        asl
        asl
        asl
        asl
        ora #$1E
        sta PPU_MASK
        lda turn
        and #$3F
        bne @plain
        lda #$1F                ; a frame in grey
        sta PPU_MASK
@plain: lda turn
        and #$0F
        bne @done
        ldx #$21                ; PPU address written within the picture
        stx PPU_ADDR
        lda seed
        sta PPU_ADDR
        ldx PPU_DATA
@done:  ldx #28                 ; the overflow flag, some lines further down
@lines: ldy #20
@line:  dey
        bne @line
        lda PAD2
        and #$18
        adc light
        sta light
        dex
        bne @lines
        lda PPU_STATUS
        and #$60
        sta overflow
        rts

next_random:
        ldy #8
        lda seed
@bit:   asl
        rol seed + 1
        bcc @skip
        eor #$2D
@skip:  dey
        bne @bit
        sta seed
        rts

; Sums a page of every bank through (zp),Y with page crossings, and calls into the bank.
use_banks:
        lda #0
        sta sum
        sta sum + 1
        sta bank
@bank:
.if SWITCHES_PRG
        lda bank
        jsr set_prg
.endif
        lda seed
        sta ptr
        lda #$84
        sta ptr + 1
        ldy #$D0
@byte:  lda (ptr), y
        clc
        adc sum
        sta sum
        bcc @same
        inc sum + 1
@same:  iny
        bne @byte
        jsr $8000
        inc bank
        lda bank
        cmp #3
        bne @bank
.if BOARD = 3
        lda seed
        and #3
        tax
        sta chr_banks, x        ; bus conflict: writes the value that is there
.elseif BOARD = 1
        lda frame
        and #3
        jsr set_chr
.elseif BOARD = 4
        lda #0
        sta $8000
        lda frame
        and #$1E
        sta $8001
.endif
.if (BOARD = 1) .or (BOARD = 4)
        ldx frame               ; cartridge RAM
        lda seed
        sta $6000, x
        eor $6080, x
        sta $6100, x
.endif
        rts

; Arithmetic, stack, addressing modes and undocumented instructions.
exercise:
        ldx frame
        lda seed
        adc log, x
        ror
        sbc seed + 1
        php
        pla
        eor frame
        sta tmp
        and #$0F
        tay
        lda stack_copy, y
        rol tmp
        adc tmp
        sta stack_copy, y
        sed
        adc #$19
        cld
        bvc @no_v
        clv
        inc tmp + 1
@no_v:  lax tmp                 ; undocumented
        sax tmp + 1
        dcp tmp
        isc tmp + 1
        slo stack_copy
        rla stack_copy + 1
        sre stack_copy + 2
        rra stack_copy + 3
        anc #$5A
        alr #$A5
        arr #$3C
        axs #$02
        lda #<@target
        sta ptr
        lda #>@target
        sta ptr + 1
        jmp (ptr)
@target:
        ldy #16
@loop:  lda stack_copy - 1, y
        lsr
        bcc @even
        eor #$B8
@even:  sta stack_copy - 1, y
        dey
        bne @loop
        tsx
        txa
        pha
        pla
        cmp stack_copy
        beq @end
        brk                     ; an interrupt of the program's own
        .byte 0
@end:   rts

; Plays samples now and then, with the IRQ at their end, and lets the APU's frame IRQ through.
start_dmc:
        lda turn
        and #$1F
        bne @other
        lda turn
        lsr
        lsr
        lsr
        lsr
        lsr
        and #$0F
        ora #$80
        sta DMC_FREQ
        lda seed
        sta DMC_START
        lda #4
        sta DMC_LENGTH
        lda #$1F
        sta APU_STATUS
        cli
        rts
@other: cmp #9
        bne @stop
        lda turn
        and #$20
        asl
        sta APU_FRAME           ; frame IRQ on in every other second
        rts
@stop:  cmp #20
        bne @end
        lda #$0F
        sta APU_STATUS
        lda #$40
        sta APU_FRAME
.if BOARD <> 4
        sei
.endif
@end:   rts

write_log:
        ldx frame
        lda hit_wait
        eor overflow
        adc pad
        eor pad + 1
        adc apu
        eor vram
        adc sum
        eor irqs
        adc irqs + 1
        eor light
        sta log, x
        rts

nmi:
        pha
        txa
        pha
        tya
        pha
        lda #0
        sta OAM_ADDR
        lda #>OAM
        sta OAM_DMA
        jsr read_pads
        jsr read_vram
        jsr move_sprites
        lda #$3F
        sta PPU_ADDR
        lda #$01
        sta PPU_ADDR
        lda frame
        lsr
        lsr
        and #$3F
        sta PPU_DATA
        bit PPU_STATUS
        lda #0
        sta PPU_SCROLL
        sta PPU_SCROLL
        lda frame
        and #$20
        ora #$90
        sta PPU_CTRL
        lda #$1E
        sta PPU_MASK
.if BOARD = 4
        lda seed
        and #$3F
        ora #$20
        sta latch
        sta $C000
        sta $C001
        sta $E001
        cli
.endif
        inc frame
        bne @low
        inc frame + 1
@low:   lda #$80
        sta nmi_seen
        pla
        tay
        pla
        tax
        pla
        rti

irq:
        pha
        txa
        pha
        tsx
        lda $0103, x            ; a BRK's status has the break flag
        and #$10
        bne @brk
.if BOARD = 4
        sta $E000
        lda APU_STATUS
        and #$C0
        bne @apu
        inc irqs
        lda latch
        and #7
        ora #4
        sta $C000
        sta $E001
        lda irqs
        and #$1F
        asl
        sta PPU_SCROLL
        sta PPU_SCROLL
        jmp @out
.endif
@apu:   inc irqs + 1
        lda #$0F                ; ends the DMC's IRQ; reading ends the frame IRQ
        sta APU_STATUS
        bit APU_STATUS
.if BOARD = 4
        sta $E001
.endif
        jmp @out
@brk:   inc calls
@out:   pla
        tax
        pla
        rti

read_pads:
        lda #1
        sta PAD1
        lda #0
        sta PAD1
        ldx #8
@bit:   lda PAD1
        lsr
        rol pad
        lda PAD2
        lsr
        rol pad + 1
        dex
        bne @bit
        ldx pad
        inc $0500, x
        ldx pad + 1
        inc $0600, x
        rts

; Reads nametable and palette back through the PPU's delayed buffer, and writes some cells.
read_vram:
        lda #$20
        ora overflow
        and #$23
        sta PPU_ADDR
        lda seed
        sta PPU_ADDR
        lda PPU_DATA
        ldx #8
@read:  lda PPU_DATA
        adc vram
        sta vram
        dex
        bne @read
        lda #$3F
        sta PPU_ADDR
        lda frame
        and #$1F
        sta PPU_ADDR
        lda PPU_DATA
        eor vram + 1
        sta vram + 1
        lda #$21
        sta PPU_ADDR
        lda frame
        sta PPU_ADDR
        lda seed
        sta PPU_DATA
        sta PPU_DATA
        rts

move_sprites:
        ldx #48
@next:  lda OAM, x
        adc pad
        sta OAM, x
        inc OAM + 3, x
        lda seed
        and #$E3
        sta OAM + 2, x
        inx
        inx
        inx
        inx
        bne @next
        lda frame               ; sprite 0 walks over the picture
        lsr
        sta OAM + 3
        and #$7F
        adc #24
        sta OAM
        rts

place_sprites:
        ldx #0
@next:  txa
        asl
        sta OAM, x
        lda #1
        sta OAM + 1, x
        txa
        and #$C3
        sta OAM + 2, x
        txa
        asl
        sta OAM + 3, x
        cpx #4
        bcc @same
        cpx #48
        bcs @same
        lda #140                ; eleven sprites on one line
        sta OAM, x
@same:  inx
        inx
        inx
        inx
        bne @next
        lda #60
        sta OAM
        rts

fill_palette:
        lda #$3F
        sta PPU_ADDR
        ldx #0
        stx PPU_ADDR
@next:  txa
        asl
        adc #$05
        and #$3F
        sta PPU_DATA
        inx
        cpx #32
        bne @next
        rts

fill_screens:
        lda #$20
        sta PPU_ADDR
        lda #0
        sta PPU_ADDR
        ldx #8
        ldy #0
@next:  lda seed
        asl
        rol seed + 1
        bcc @skip
        eor #$2D
@skip:  sta seed
        and #$07
        sta PPU_DATA
        iny
        bne @next
        dex
        bne @next
        rts

.if CHR_RAM
fill_chr:
        lda #0
        sta PPU_ADDR
        sta PPU_ADDR
        ldx #32
        ldy #0
@next:  jsr next_chr
        sta PPU_DATA
        iny
        bne @next
        dex
        bne @next
        rts
next_chr:
        tya
        and #$10
        beq @solid
        tya
        eor seed
        rts
@solid: lda #$FF
        rts
.endif

.if BOARD = 1
mmc1_reset:
        lda #$80
        sta $8000
        lda #$1E                ; 16 KB program banks, last one fixed; 8 KB CHR... by 4 KB
        jmp mmc1_control
mmc1_control:
        sta $8000
        lsr
        sta $8000
        lsr
        sta $8000
        lsr
        sta $8000
        lsr
        sta $8000
        rts
set_prg:
        sta $E000
        lsr
        sta $E000
        lsr
        sta $E000
        lsr
        sta $E000
        lsr
        sta $E000
        rts
set_chr:
        sta $A000
        lsr
        sta $A000
        lsr
        sta $A000
        lsr
        sta $A000
        lsr
        sta $A000
        rts
.elseif BOARD = 2
prg_banks: .byte 0, 1, 2, 3
set_prg:
        tax
        sta prg_banks, x
        rts
.elseif BOARD = 3
chr_banks: .byte 0, 1, 2, 3
.elseif BOARD = 4
mmc3_reset:
        ldx #5
@next:  stx $8000
        lda mmc3_start, x
        sta $8001
        dex
        bpl @next
        lda #0
        sta $A000
        lda #$80
        sta $A001               ; cartridge RAM on
        sta $E000
        rts
mmc3_start: .byte 0, 2, 4, 5, 6, 7
set_prg:
        ldx #6
        stx $8000
        sta $8001
        rts
.endif

.segment "VECTORS"
        .word nmi, reset, irq

; A routine at the start of every switched bank, then bytes that tell the banks apart.
.macro bank_body number
        inc calls
        lda calls
        adc #number
        sta calls
        rts
        .repeat 1536, i
        .byte <(i * (number * 2 + 3) + number)
        .endrepeat
.endmacro

.segment "BANK0"
        bank_body 0
.if SWITCHES_PRG
.segment "BANK1"
        bank_body 1
.segment "BANK2"
        bank_body 2
.endif

.if .not CHR_RAM
.segment "CHR"
.if BOARD = 0
CHR_BANKS = 1
.elseif BOARD = 1
CHR_BANKS = 2
.else
CHR_BANKS = 4
.endif
        .repeat CHR_BANKS, b
        .repeat 256, t          ; tile 0 is empty, tile 1 solid, the others differ by bank
        .repeat 16, i
        .if t = 0
        .byte 0
        .elseif t = 1
        .byte $FF
        .else
        .byte <((t * 17 + b * 31) * (i + 3))
        .endif
        .endrepeat
        .endrepeat
        .repeat 256, t
        .repeat 16, i
        .if t = 1
        .byte $3C
        .else
        .byte <((t * 29 + b * 7) * (i + 5))
        .endif
        .endrepeat
        .endrepeat
        .endrepeat
.endif
