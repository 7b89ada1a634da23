; A ROM that only plays: test_sound_driver.py writes what to start to $10-$12.
; $10: a tune, $12: an effect, each $FF for none; $11: 1 starts them at the next frame.
.import sound_init, sound_frame, music_play, sfx_play
.export driver_begin, driver_end

.segment "HEADER"
    .byte "NES", $1A, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0

.segment "CODE"
reset:
    sei
    cld
    ldx #$FF
    txs
    inx
    stx $2000
    stx $2001
:   bit $2002
    bpl :-
:   bit $2002
    bpl :-
    lda #$A5                ; a byte that the driver changes shows
:   sta $0000,x
    sta $0300,x
    sta $0400,x
    sta $0500,x
    sta $0600,x
    sta $0700,x
    inx
    bne :-
    stx $11
    jsr sound_init
    lda #$80
    sta $2000
:   jmp :-

nmi:
    lda $11
    beq driver_begin
    lda #0
    sta $11
    lda $10
    bmi :+
    jsr music_play
:   lda $12
    bmi driver_begin
    jsr sfx_play
driver_begin:
    jsr sound_frame
driver_end:
    nop
irq:
    rti

.segment "VECTORS"
    .addr nmi, reset, irq
.segment "CHARS"
    .res $2000
