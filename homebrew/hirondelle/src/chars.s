; The tiles.
.segment "CHARS"
    .incbin "hirondelle.chr"
