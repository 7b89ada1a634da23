; Reset, the NMI, the main loop locked to it, and the split for the status bar.
.include "common.inc"

.import run_mode, sound_init, sound_frame, flush_queue, flush_column

.segment "HEADER"
    .byte "NES", $1A, 2, 1, $01, $00    ; NROM, 32 + 8 KiB, vertical mirroring
    .byte 0, 0, 0, 0, 0, 0, 0, 0

.segment "CODE"

.proc reset
    sei
    cld
    ldx #$40
    stx $4017                   ; no APU frame interrupt
    ldx #$FF
    txs
    inx
    stx $2000
    stx $2001
    stx $4010
    bit $2002
@vblank1:
    bit $2002
    bpl @vblank1
    txa
@clear:
    sta $00,x
    sta $0100,x
    sta $0200,x
    sta $0300,x
    sta $0400,x
    sta $0500,x
    sta $0600,x
    sta $0700,x
    inx
    bne @clear
@vblank2:
    bit $2002
    bpl @vblank2
    jsr sound_init
    lda #$50                    ; top score: 50000 shown
    sta score_top+1
    lda #MODE_TITLE
    sta mode
    lda #CTRL_BASE
    sta ppu_ctrl
    sta $2000
    ; falls into the main loop
.endproc

; One turn a frame. The two-instruction spin is the only idle place outside the split.
.proc main_loop
@wait:
    lda nmi_flag
    beq @wait
    lda #0
    sta nmi_flag
    lda #1
    sta lock
    jsr read_pad
    jsr run_mode
    lda #0
    sta lock
    lda split_on
    beq @wait
    jsr split
    jmp @wait
.endproc

; Pad 1 into pad, pad_old, pad_new, with the bits in the order R L D U START SELECT B A
; from bit 0: the first bit read, A, ends up highest.
.proc read_pad
    lda pad
    sta pad_old
    lda #1
    sta $4016
    sta pad                     ; a marker: shifted out after eight reads
    lsr a
    sta $4016
@bit:
    lda $4016
    and #$03
    cmp #1
    rol pad
    bcc @bit
    ; pad now holds A B SELECT START U D L R from bit 7
    lda pad_old
    eor #$FF
    and pad
    sta pad_new
    rts
.endproc

; Below the playfield the status bar stands still: wait for sprite 0 over its border, then
; take the scroll back to the first nametable. The NMI breaks the wait off if no hit comes.
.proc split
    bit $2002
    bvc @in_time
    inc late_count
@in_time:
    lda #1
    sta split_wait
@hit:
    bit $2002
    bvc @hit
    ldx #10                     ; to the end of the line: the write is then invisible
@delay:
    dex
    bne @delay
    lda ppu_ctrl
    sta $2000
    lda #0
    sta $2005
    sta $2005
.endproc
.proc split_done
    lda #0
    sta split_wait
    rts
.endproc

.proc nmi
    pha
    txa
    pha
    tya
    pha
    lda lock
    bne @lag
    sta $2003
    lda #>oam
    sta $4014
    lda col_ready
    beq @no_column
    jsr flush_column            ; before the queue, which may clear a tile of this column
@no_column:
    lda vbuf
    beq @no_queue
    jsr flush_queue
@no_queue:
    jsr set_scroll
    inc frame
    lda #1
    sta nmi_flag
    lda split_wait
    beq @sound
    ; The hit never came: let the main loop go on behind its wait.
    lda #0
    sta split_wait
    tsx
    lda #<split_done
    sta $0105,x
    lda #>split_done
    sta $0106,x
@sound:
    jsr sound_frame
@out:
    pla
    tay
    pla
    tax
    pla
    rti
@lag:
    ; The main loop is in the middle of a frame: show the old one again, touch nothing else.
    inc lag_count
    jsr set_scroll
    jmp @out
.endproc

.proc set_scroll
    bit $2002
    lda scroll_page
    and #1
    ora ppu_ctrl
    sta $2000
    lda scroll_low
    sta $2005
    lda #0
    sta $2005
    lda ppu_mask
    sta $2001
    rts
.endproc

irq:
    rti

.segment "VECTORS"
    .addr nmi, reset, irq
