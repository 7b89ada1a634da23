; The ending.
.include "common.inc"
.export ending_start, ending_frame
.segment "CODE"
.proc ending_start
    rts
.endproc
.proc ending_frame
    inc state_timer
    bne @out
    inc play_state
@out:
    rts
.endproc
