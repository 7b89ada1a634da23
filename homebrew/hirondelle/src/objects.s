; What all objects share: birth, movement, death, chance, aimed bullets.
.include "common.inc"

.export move_objects, spawn, free_object, ride, random, fire_aimed, fire_spread, maybe_fire
.export bullets_frame, explode, do_event, spawners_frame, aim_at_ship, bullet_at
.import type_hp, type_vx, type_vxf
.import aim_table, direction_cos, direction_sin, terrain_at

.segment "CODE"

; --- chance ----------------------------------------------------------------------------------

; A random byte in A. seed starts from the frame counter each frame. Keeps X and Y.
.proc random
    lda seed
    asl a
    asl a
    adc seed
    adc #$3B
    eor frame
    sta seed
    rts
.endproc

; --- movement --------------------------------------------------------------------------------

; Add its speed to every shot, enemy and bullet; who leaves the screen is gone.
.proc move_objects
    ldx #SLOTS-1
@object:
    lda obj_type,x
    beq @next
    clc
    lda obj_xf,x
    adc obj_vxf,x
    sta obj_xf,x
    lda obj_vx,x
    bmi @left
    adc obj_x,x
    bcs @gone
    bcc @x
@left:
    adc obj_x,x
    bcc @gone
@x:
    sta obj_x,x
    clc
    lda obj_yf,x
    adc obj_vyf,x
    sta obj_yf,x
    lda obj_vy,x
    bmi @up
    adc obj_y,x
    cmp #SPLIT_Y
    bcs @gone
    bcc @y
@up:
    adc obj_y,x
    bcc @gone
@y:
    sta obj_y,x
@next:
    dex
    cpx #SLOT_SHOT_A
    bcs @object
    rts
@gone:
    lda #0
    sta obj_type,x
    sta obj_status,x
    beq @next
.endproc

; The object X stands on the ground: move it with the ground. Keeps X.
.proc ride
    lda obj_xf,x
    sec
    sbc scroll_step
    sta obj_xf,x
    lda obj_x,x
    sbc #0
    sta obj_x,x
    bcs @out
    jmp free_object
@out:
    rts
.endproc

.proc free_object
    lda #0
    sta obj_type,x
    sta obj_status,x
    rts
.endproc

; --- birth -----------------------------------------------------------------------------------

; A new enemy of type A at height Y, argument t0, drop t1, at the right edge.
; Carry clear: X is its slot. Carry set: all slots are taken.
.proc spawn
    sta t2
    ldx #SLOT_ENEMY
@look:
    lda obj_type,x
    beq @found
    inx
    cpx #SLOT_BULLET
    bne @look
    sec
    rts
@found:
    tya
    sta obj_y,x
    sta obj_aux,x
    lda t2
    sta obj_type,x
    and #$7F
    tay
    lda type_hp,y
    sta obj_hp,x
    lda type_vx,y
    sta obj_vx,x
    lda type_vxf,y
    sta obj_vxf,x
    lda #252
    sta obj_x,x
    lda #1
    sta obj_status,x
    lda t0
    sta obj_arg,x
    lda t1
    sta obj_drop,x
    lda #NO_SPRITE
    sta obj_sprite,x
    lda #0
    sta obj_xf,x
    sta obj_yf,x
    sta obj_vy,x
    sta obj_vyf,x
    sta obj_damage,x
    sta obj_sub,x
    sta obj_timer,x
    sta obj_anim,x
    lda t1
    cmp #1
    beq :+
    lda #0
:   sta obj_attr,x              ; who carries a capsule is red
    jsr random
    and #$3F
    clc
    adc #24
    sta obj_fire,x
    clc
    rts
.endproc

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

; --- bullets ---------------------------------------------------------------------------------

; Count object X's fire timer down and fire at the ship when it is due.
.proc maybe_fire
    dec obj_fire,x
    bne @out
    jsr random
    and #$1F
    ldy rank
    clc
    adc reload,y
    sta obj_fire,x
    lda obj_x,x                 ; not from the edge, not from close by
    cmp #240
    bcs @out
    sec
    sbc obj_x
    bcs :+
    eor #$FF
:   cmp #28
    bcc @out
    jmp fire_aimed
@out:
    rts
.endproc

; One bullet from object X at the ship. Keeps X.
.proc fire_aimed
    jsr aim_at_ship
    jmp bullet_at
.endproc

; Three bullets, the middle one at the ship. Keeps X.
.proc fire_spread
    jsr aim_at_ship
    pha
    jsr bullet_at
    pla
    pha
    clc
    adc #2
    and #$1F
    jsr bullet_at
    pla
    sec
    sbc #2
    and #$1F
    jmp bullet_at
.endproc

; Direction from object X to the ship, in A: 0 right, 8 down, 16 left, 24 up. Keeps X.
.proc aim_at_ship
    lda #0
    sta aim_sign
    lda obj_x
    sec
    sbc obj_x,x
    bcs :+
    eor #$FF
    adc #1
    inc aim_sign                ; 1: to the left
:   sta aim_dx
    lda obj_y
    sec
    sbc obj_y,x
    bcs :+
    eor #$FF
    adc #1
    inc aim_sign
    inc aim_sign                ; 2: up
:   sta aim_dy
@scale:
    lda aim_dx
    ora aim_dy
    cmp #8
    bcc @small
    lsr aim_dx
    lsr aim_dy
    jmp @scale
@small:
    lda aim_dy
    asl a
    asl a
    asl a
    ora aim_dx
    tay
    lda aim_table,y             ; 0 to 8: right to down
    lsr aim_sign
    bcc @not_left
    sta aim_dx
    lda #16
    sec
    sbc aim_dx
@not_left:
    lsr aim_sign
    bcc @out
    eor #$FF
    clc
    adc #33
    and #$1F
@out:
    rts
.endproc

; A bullet from object X in direction A, as fast as the rank says. Keeps X.
.proc bullet_at
    sta aim_dx
    ldy #SLOT_BULLET
@look:
    lda obj_type,y
    beq @found
    iny
    cpy #SLOTS
    bne @look
    rts
@found:
    lda obj_x,x
    sta obj_x,y
    lda obj_y,x
    sta obj_y,y
    lda #TYPE_BULLET
    sta obj_type,y
    lda #MS_BULLET
    sta obj_sprite,y
    lda #1
    sta obj_status,y
    lda #0
    sta obj_xf,y
    sta obj_yf,y
    sta obj_attr,y
    sta obj_anim,y
    stx aim_sign
    ; index: speed level * 32 + direction
    lda rank
    lsr a
    lsr a
    asl a
    asl a
    asl a
    asl a
    asl a
    ora aim_dx
    tax
    lda direction_cos,x
    jsr split_speed
    sta obj_vxf,y
    lda aim_dy
    sta obj_vx,y
    lda direction_sin,x
    jsr split_speed
    sta obj_vyf,y
    lda aim_dy
    sta obj_vy,y
    ldx aim_sign
    rts
; A in 1/32 px: whole pixels to aim_dy, 1/256 px in A
split_speed:
    pha
    lsr a
    lsr a
    lsr a
    lsr a
    lsr a
    cmp #4
    bcc :+
    ora #$F8
:   sta aim_dy
    pla
    asl a
    asl a
    asl a
    rts
.endproc

; Bullets end at the ground.
.proc bullets_frame
    ; half of them each frame: a bullet moves less than half a tile
    lda frame
    and #1
    clc
    adc #SLOT_BULLET
    tax
@bullet:
    lda obj_type,x
    beq @next
    ldy obj_y,x
    lda obj_x,x
    jsr terrain_at
    beq @next
    jsr free_object
@next:
    inx
    inx
    cpx #SLOTS
    bcc @bullet
    rts
.endproc
; --- death -----------------------------------------------------------------------------------

; The enemy X becomes an explosion; what it drops appears when that is over. Keeps X.
.proc explode
    lda #TYPE_EXPLOSION
    sta obj_type,x
    lda #0
    sta obj_vx,x
    sta obj_vxf,x
    sta obj_vy,x
    sta obj_vyf,x
    sta obj_attr,x
    sta obj_timer,x
    lda #MS_EXPLODE0
    sta obj_sprite,x
    rts
.endproc

.segment "RODATA"
; frames between shots by rank; up to 31 more by chance
reload:
    .byte 130, 122, 114, 106, 98, 92, 86, 80, 74, 68, 62, 58, 54, 50, 46, 42
