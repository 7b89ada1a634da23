; Points, extra lives, hidden bonuses.
.include "common.inc"

.export score_add, score_clear, bonus_here
.import sfx_play

.segment "CODE"

.proc score_clear
    lda #0
    sta score
    sta score+1
    sta score+2
    rts
.endproc

; Add the BCD number Y A (hundreds, ones) in tens of points. Keeps X.
.proc score_add
    sty t3
    ldy score
    clc
    jsr bcd_add
    sta score
    lda t3
    ldy score+1
    jsr bcd_add
    sta score+1
    lda #0
    ldy score+2
    jsr bcd_add
    sta score+2
    lda hud_dirty
    ora #DIRTY_SCORE
    sta hud_dirty
    ; a new top score
    lda score
    cmp score_top
    lda score+1
    sbc score_top+1
    lda score+2
    sbc score_top+2
    bcc @life
    lda score
    sta score_top
    lda score+1
    sta score_top+1
    lda score+2
    sta score_top+2
    lda hud_dirty
    ora #DIRTY_TOP
    sta hud_dirty
@life:
    ; ten thousands of points shown
    lda score+1
    lsr a
    lsr a
    lsr a
    lsr a
    sta t3
    lda score+2
    asl a
    asl a
    asl a
    asl a
    ora t3
    cmp extra_next
    bcc @out
    lda #5
    ldy extra_next
    clc
    jsr bcd_add
    bcc :+
    lda #$FF                    ; no more of them
:   sta extra_next
    lda lives
    cmp #99
    bcs @out
    inc lives
    lda hud_dirty
    ora #DIRTY_LIVES
    sta hud_dirty
    lda obj_x
    sta t0
    lda obj_y
    sta t1
    lda #MS_LIFE
    jsr show_sign
    lda #SFX_EXTRA_LIFE
    jmp sfx_play
@out:
    rts
.endproc

; A + Y + carry in BCD: sum in A, carry out.
.proc bcd_add
    sta t4
    sty t5
    and #$0F
    sta t6
    tya
    and #$0F
    adc t6
    cmp #10
    bcc :+
    sbc #10
:   sta t6
    lda #0
    rol a
    pha                         ; carry into the tens
    lda t4
    lsr a
    lsr a
    lsr a
    lsr a
    sta t4
    pla
    clc
    adc t4
    sta t4
    lda t5
    lsr a
    lsr a
    lsr a
    lsr a
    clc
    adc t4
    cmp #10
    bcc :+
    sbc #10
:   php
    asl a
    asl a
    asl a
    asl a
    ora t6
    plp
    rts
.endproc

; The hidden bonus, found by the shot X: 5000 points shown, and word of it. Keeps X.
.proc bonus_here
    inc bonus_found
    lda #0
    ldy #$05
    jsr score_add
    lda obj_x,x
    sta t0
    lda obj_y,x
    sta t1
    lda #MS_BONUS
    jsr show_sign
    lda #SFX_POWERUP
    jmp sfx_play
.endproc

; Show metasprite A for a moment at t0, t1, if an enemy slot is free. Keeps X.
.proc show_sign
    sta t2
    ldy #SLOT_BULLET-1
@look:
    lda obj_type,y
    beq @found
    dey
    cpy #SLOT_ENEMY
    bcs @look
    rts
@found:
    lda #TYPE_SIGN
    sta obj_type,y
    lda t2
    sta obj_sprite,y
    lda t0
    sta obj_x,y
    lda t1
    sta obj_y,y
    lda #1
    sta obj_status,y
    lda #$FF
    sta obj_vy,y
    lda #$C0                    ; rises by a quarter of a pixel a frame
    sta obj_vyf,y
    lda #0
    sta obj_vx,y
    sta obj_vxf,y
    sta obj_xf,y
    sta obj_yf,y
    sta obj_attr,y
    sta obj_timer,y
    sta obj_drop,y
    rts
.endproc
