; The bosses.
.include "common.inc"
.export boss_start, boss_frame, boss_core, boss_part
.segment "CODE"
.proc boss_start
    rts
.endproc
.proc boss_frame
    lda #PS_CLEARED
    sta play_state
    lda #0
    sta state_timer
    rts
.endproc
.proc boss_core
    rts
.endproc
.proc boss_part
    rts
.endproc
