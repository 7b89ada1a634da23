; Sound driver of Hirondelle: two pulses, triangle and noise; tunes and effects come from
; build/music_data.s, which tools/music.py makes from the text files in this folder.
;
;   sound_init              silence, all channels ready
;   music_play   A = tune   starts a MUSIC_ tune (build/sound.inc)
;   music_stop
;   music_pause, music_resume
;   sfx_play     A = effect starts an SFX_ effect where nothing more important plays; keeps X, Y
;   sound_frame             once a frame
;
; All but sfx_play use A, X, Y. The driver writes only the APU and its own RAM, and nothing in the
; game reads that RAM: a game without sound plays the same.
;
; A channel is numbered by X = 0, 2, 4, 6 (pulse 1, pulse 2, triangle, noise), so that a pair of
; bytes a channel makes a table. Envelopes are ready-made values of the channel's first register.
; To keep the cost of a frame even, the channels read their streams some frames before the note
; starts, each in another frame; when the note starts only its numbers are copied.

.include "sound.inc"
.import tune_lo, tune_hi, sfx_lo, sfx_hi
.import note_lo, note_hi, inst_env, inst_arp, inst_delay, inst_depth, env_data, arp_data, vib_data
.export sound_init, sound_frame, music_play, music_stop
.export music_pause, music_resume, sfx_play

APU = $4000
APU_STATUS = $4015
APU_FRAME = $4017

; Codes of a stream; below CODE_REST a note, from $80 a length in frames (minus $80).
CODE_REST = $70
CODE_HOLD = $71
CODE_INSTRUMENT = $72
CODE_CALL = $73
CODE_RETURN = $74
CODE_JUMP = $75
CODE_END = $76

ptr = $E0                   ; 2 bytes
offset = $E2                ; register offset of the channel at work
interval = $E3              ; of the arpeggio, semitones
keep_x = $E4
keep_y = $E5
tune_on = $E6               ; 0: no tune plays
tune_loaded = $E7           ; 0: no tune to resume
wanted = $E8                ; priority of an effect that wants to start

; Pairs for each channel, at label + X and label + 1 + X.
seq_lo = $0700              ; stream: where to read next
seq_hi = $0701
ret_lo = $0708              ; where a called pattern returns to
ret_hi = $0709
wait = $0710                ; frames until the next note starts
length = $0711              ; length of the notes that are read, frames
next_note = $0718           ; note read ahead
next_inst = $0719           ; its instrument
env_pos = $0720             ; place in env_data
arp_pos = $0721             ; place in arp_data, 0: none
note = $0728                ; note that sounds
depth = $0729               ; row of vib_data, 0: no vibrato
per_lo = $0730              ; its period
per_hi = $0731
phase = $0738               ; of the vibrato; negative while it is delayed
volume = $0739              ; first register as the tune wants it
shown_hi = $0740            ; fourth register as written last; writing it again would click
silent = $0741              ; first register that silences the channel
sfx_ptr = $0748             ; effect: where to read next, high byte 0: none plays
sfx_ptr_hi = $0749
sfx_rank = $0750            ; its priority
early = $0751               ; frames before its start at which a note is read

.segment "CODE"

sound_init:
    lda #$00
    sta APU_STATUS
    sta tune_on
    ldx #6
@channel:
    sta sfx_ptr_hi,x
    sta sfx_rank,x
    dex
    dex
    bpl @channel
    lda #$08                ; sweep off, and "negate", or low notes would be muted
    sta APU + 1
    sta APU + 5
    lda #$40                ; no interrupt from the APU
    sta APU_FRAME
    lda #$0F
    sta APU_STATUS
    ; falls through

music_stop:
    lda #0
    sta tune_on
    sta tune_loaded
    ldx #6
@channel:
    lda silence_values,x
    sta silent,x
    sta volume,x
    lda early_values,x
    sta early,x
    lda #$FF                ; no value of the register: the next note writes it
    sta shown_hi,x
    lda sfx_ptr_hi,x
    bne @next               ; an effect goes on
    lda silent,x
    ldy register_offsets,x
    sta APU,y
@next:
    dex
    dex
    bpl @channel
    rts

; Silence the tune, or let it go on from where it was; effects play in between.
music_pause:
    lda #0
    sta tune_on
    ldx #6
@channel:
    lda sfx_ptr_hi,x
    bne @next
    lda silent,x
    ldy register_offsets,x
    sta APU,y
@next:
    dex
    dex
    bpl @channel
    rts

music_resume:
    lda tune_loaded
    sta tune_on
    rts

music_play:
    pha
    jsr music_stop
    pla
    tay
    lda tune_lo,y
    sta ptr
    lda tune_hi,y
    sta ptr + 1
    ldx #6
    ldy #7
@channel:
    lda (ptr),y             ; four stream addresses
    sta seq_hi,x
    dey
    lda (ptr),y
    sta seq_lo,x
    dey
    lda #6                  ; time for all channels to read ahead
    sta wait,x
    lda #0
    sta env_pos,x           ; env_data begins with a hold
    sta arp_pos,x
    sta depth,x
    sta per_lo,x
    sta per_hi,x
    sta next_inst,x
    dex
    dex
    bpl @channel
    inc tune_on
    inc tune_loaded
    rts

sfx_play:
    stx keep_x
    sty keep_y
    tay
    lda sfx_lo,y
    sta ptr
    lda sfx_hi,y
    sta ptr + 1
    ldy #0
    lda (ptr),y
    sta wanted
    iny
@channel:
    lda (ptr),y             ; channel, or negative: no more
    bmi @done
    tax
    iny
    lda wanted
    cmp sfx_rank,x
    bcc @taken
    sta sfx_rank,x
    lda (ptr),y
    sta sfx_ptr,x
    iny
    lda (ptr),y
    sta sfx_ptr_hi,x
    iny
    bne @channel            ; always
@taken:
    iny
    iny
    bne @channel            ; always
@done:
    ldx keep_x
    ldy keep_y
    rts

sound_frame:
    ldx #6
    lda tune_on
    bne frame_channel
@effects_only:
    lda sfx_ptr_hi,x
    beq @next
    ldy register_offsets,x
    sty offset
    jsr effect_frame
@next:
    dex
    dex
    bpl @effects_only
    rts

frame_channel:
    ldy register_offsets,x
    sty offset
    dec wait,x
    beq @start
    lda wait,x
    cmp early,x
    bne @envelope
    jsr read_event
    jmp @envelope
@start:
    jsr start_note

@envelope:
    ldy env_pos,x
    lda env_data,y
    beq @pitch              ; 0: hold the last value
    cmp #$10
    bcs @value
    eor #$FF                ; 1-15: go back so many places
    sec
    adc env_pos,x
    sta env_pos,x
    tay
    lda env_data,y
@value:
    sta volume,x
    inc env_pos,x

@pitch:
    ldy arp_pos,x
    beq @vibrato
    lda arp_data,y
    cmp #$80                ; $80 and a number: go back so many places
    bne @arp_value
    tya
    sec
    sbc arp_data + 1,y
    tay
    lda arp_data,y
@arp_value:
    sta interval
    iny
    tya
    sta arp_pos,x
    lda interval
    clc
    adc note,x
    tay
    lda note_lo,y
    sta per_lo,x
    lda note_hi,y
    sta per_hi,x

@vibrato:
    lda sfx_ptr_hi,x
    bne @effect
    ldy offset
    lda volume,x
    sta APU,y
    lda depth,x
    beq @steady
    ldy phase,x
    iny
    bmi @delayed
    cpy #16
    bne @swing
    ldy #0
@swing:
    tya
    sta phase,x
    ora depth,x
    tay
    lda vib_data,y
    clc
    adc per_lo,x
    bcc @low
    lda #$FF                ; a carry would change the high byte, which clicks
    bne @low                ; always
@delayed:
    tya
    sta phase,x
@steady:
    lda per_lo,x
@low:
    ldy offset
    sta APU + 2,y
    lda per_hi,x
    cmp shown_hi,x
    beq @next
    sta shown_hi,x
    sta APU + 3,y
@next:
    dex
    dex
    bmi @done
    jmp frame_channel
@effect:
    jsr effect_frame
    dex
    dex
    bmi @done
    jmp frame_channel
@done:
    rts

; One frame of the effect on channel X: three bytes for registers 0, 2, 3; a zero ends it.
effect_frame:
    lda sfx_ptr,x
    sta ptr
    lda sfx_ptr_hi,x
    sta ptr + 1
    ldy #0
    lda (ptr),y
    beq @end
    ldy offset
    sta APU,y
    ldy #1
    lda (ptr),y
    ldy offset
    sta APU + 2,y
    ldy #2
    lda (ptr),y
    cmp shown_hi,x
    beq @step
    sta shown_hi,x
    ldy offset
    sta APU + 3,y
@step:
    lda ptr
    clc
    adc #3
    sta sfx_ptr,x
    bcc @done
    inc sfx_ptr_hi,x
@done:
    rts
@end:
    sta sfx_ptr_hi,x
    sta sfx_rank,x
    ldy offset
    lda silent,x
    sta APU,y
    rts

; The note that was read ahead begins on channel X.
start_note:
    lda length,x
    sta wait,x
    ldy next_note,x
    cpy #CODE_REST
    bcs @no_note
    tya
    sta note,x
    lda note_lo,y
    sta per_lo,x
    lda note_hi,y
    sta per_hi,x
    ldy next_inst,x
    lda inst_env,y
    sta env_pos,x
    lda inst_arp,y
    sta arp_pos,x
    lda inst_depth,y
    sta depth,x
    lda inst_delay,y
    sta phase,x
@read:
    lda early,x             ; a short note leaves no time: read the next one now
    cmp wait,x
    bcs read_event
    rts
@no_note:
    bne @read               ; CODE_HOLD: the last note goes on
    lda silent,x
    sta volume,x
    lda #0
    sta env_pos,x
    sta arp_pos,x
    beq @read               ; always

; Read the stream of channel X up to and with its next note, rest or hold.
read_event:
    lda seq_lo,x
    sta ptr
    lda seq_hi,x
    sta ptr + 1
    ldy #0
@next:
    lda (ptr),y
    iny
    cmp #CODE_INSTRUMENT
    bcs @command
    sta next_note,x
    tya                     ; the stream goes on behind what was read
    clc
    adc ptr
    sta seq_lo,x
    lda ptr + 1
    adc #0
    sta seq_hi,x
    rts
@command:
    beq @instrument
    cmp #$80
    bcs @length
    cmp #CODE_CALL
    beq @call
    cmp #CODE_RETURN
    beq @return
    cmp #CODE_JUMP
    beq @jump
    lda #CODE_REST          ; CODE_END: rest, and read the same code again
    sta next_note,x
    lda #127
    sta length,x
    rts
@length:
    and #$7F
    sta length,x
    bpl @next               ; always
@instrument:
    lda (ptr),y
    iny
    sta next_inst,x
    jmp @next
@call:
    tya                     ; two bytes of address follow, then what comes after the pattern
    clc
    adc #2
    adc ptr
    sta ret_lo,x
    lda ptr + 1
    adc #0
    sta ret_hi,x
@jump:
    lda (ptr),y
    pha
    iny
    lda (ptr),y
    sta ptr + 1
    pla
    sta ptr
    ldy #0
    beq @next               ; always
@return:
    lda ret_lo,x
    sta ptr
    lda ret_hi,x
    sta ptr + 1
    ldy #0
    beq @next               ; always

.segment "RODATA"
; By X: only every second byte is used, two tables share the gaps.
register_offsets:
    .byte 0
silence_values:
    .byte $30, 4, $30, 8, $80, 12, $30
early_values:
    .byte 4, 0, 3, 0, 2, 0, 1

