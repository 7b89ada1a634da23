; What the scroll sets off: single enemies, squadrons, set pieces, the hidden way.
.include "common.inc"

.export do_event, spawners_frame
.import spawn, random

.segment "CODE"

; Run the event at evt_ptr: column (2 bytes), what, Y, argument, drop, extra.
.proc do_event
    ldy #4
    lda (evt_ptr),y
    sta t0
    iny
    lda (evt_ptr),y
    sta t1
    iny
    lda (evt_ptr),y
    sta t3
    ldy #2
    lda (evt_ptr),y
    bmi @enemy
    cmp #EVT_SQUAD
    beq @squad
    cmp #EVT_STORM
    beq @storm
    cmp #EVT_GATE
    bne @out
    lda t0
    sta gate_left
    ldx stage
    inx
    stx warp_to
@out:
    rts
@enemy:
    cmp #EVT_END
    beq @out
    pha
    iny
    lda (evt_ptr),y
    tay
    pla
    jmp spawn
@squad:
    ; drop: type; extra: members * 16 + frames between them / 4
    iny
    lda (evt_ptr),y
    sta squad_y
    lda t0
    sta squad_arg
    lda t1
    sta squad_kind
    lda t3
    lsr a
    lsr a
    lsr a
    lsr a
    sta squad_left
    sta squad_alive
    lda t3
    and #$0F
    asl a
    asl a
    sta squad_gap
    lda #1
    sta squad_wait
    lda squad_id
    and #1
    eor #1
    ora #2
    sta squad_id
    rts
@storm:
    ; Y: type, argument: number, drop: frames between, extra: how
    iny
    lda (evt_ptr),y
    sta storm_kind
    lda t0
    sta storm_left
    lda t1
    sta storm_gap
    sta storm_wait
    lda t3
    sta storm_mode
    and #1
    sta scroll_stop
    rts
.endproc

; Release the members of squadrons and the objects of a set piece, one by one.
.proc spawners_frame
    lda frame
    eor #$A5
    sta seed
    lda squad_kind
    beq @storm
    dec squad_wait
    bne @storm
    lda squad_gap
    sta squad_wait
    lda squad_arg
    sta t0
    lda squad_id
    sta t1
    ldy squad_y
    lda squad_kind
    jsr spawn
    dec squad_left
    bne @storm
    lda #0
    sta squad_kind
@storm:
    lda storm_kind
    beq @out
    dec storm_wait
    bne @out
    lda storm_gap
    sta storm_wait
    lda #0
    sta t0
    sta t1
    lda storm_left
    and #7
    bne :+
    inc t1                      ; every eighth one carries a capsule
:   jsr random
    and #$7F
    clc
    adc #32
    tay
    lda storm_kind
    jsr spawn
    bcs @count
    lda storm_mode
    lsr a
    and #3
    beq @count
    ; from above: anywhere in the right two thirds
    jsr random
    and #$7F
    clc
    adc #112
    sta obj_x,x
    lda #10
    sta obj_y,x
    lda #1
    sta obj_vy,x
@count:
    dec storm_left
    bne @out
    lda #0
    sta storm_kind
    lda storm_mode
    and #1
    beq @out
    lda #0
    sta scroll_stop
@out:
    rts
.endproc
