-- Which frames the headless engine draws, and whether the last one was drawn. The bridge decides
-- for the frames of a step; the user's Lua decides for its own frames with the table `copain`.

return function(headless)
  local draw, play, hold = headless.draw, headless.play, headless.hold
  local drawing = { drawn = true } -- whether the last frame was drawn; nil after a load
  local wanted = true -- what the user's copain.draw asked for: true, false, or a number of frames
  local played, held = false, 0 -- what copain.play and copain.hold asked for

  function drawing.next(what)
    drawing.drawn = what
    draw(what)
  end

  function drawing.play(...)
    drawing.drawn = false
    play(...)
  end

  -- The user's Lua is about to advance.
  function drawing.next_of_script()
    if played then
      drawing.drawn = false
    elseif type(wanted) == "number" then
      draw(wanted)
      drawing.drawn = wanted > held
      wanted = math.max(0, wanted - held - 1)
    else
      drawing.next(wanted)
    end
    played, held = false, 0
  end

  function headless.draw(what)
    draw(what)
    wanted = what
  end

  function headless.play(...)
    play(...)
    played = true
  end

  function headless.hold(frames)
    hold(frames)
    held = frames
  end

  return drawing
end
