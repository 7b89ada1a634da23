-- Plays Hirondelle from power-on to the ending by a search over savestates, and writes an FM2 movie.
--
--   OUT=complete.fm2 SEED=1 fceux-headless --rom hirondelle.nes --lua tools/play.lua
--
-- It runs in stock FCEUX too (fceux --loadlua tools/play.lua hirondelle.nes), several times slower.
-- Every SEGMENT frames it tries some plans of HORIZON frames from where it stands, keeps the one
-- that looks best and plays its beginning. Where no plan survives it goes back and tries others.
-- START_AT=stage,checkpoint (not for movies) begins elsewhere, to see whether one can live there.

local OUT = os.getenv("OUT") or "complete.fm2"
local HORIZON = tonumber(os.getenv("HORIZON") or 84)
local SEGMENT = tonumber(os.getenv("SEGMENT") or 6)
local LIMIT = tonumber(os.getenv("LIMIT") or 40000)
math.randomseed(tonumber(os.getenv("SEED") or 1))

-- addresses, as in ram.toml
local MODE, STAGE, STATE, LIVES, CHECKPOINT = 0x00, 0x19, 0x1B, 0x20, 0x24
local SCROLL_LOW, SCROLL_PAGE = 0x3E, 0x3F
local SPEED, MISSILE, METER, WEAPON, OPTIONS, SHIELD, CAPSULES = 0x40, 0x41, 0x42, 0x44, 0x45, 0x46, 0x47
local STATUS, TYPE, Y, X, DAMAGE, TERRAIN, SCORE = 0x100, 0x300, 0x320, 0x360, 0x460, 0x500, 0x7E4
local PLAYING, CLEARED, ENDED, WARP, DYING_OR_OVER = 0x80, 0x86, 0x8D, 0x8E, 0xA0
local FIRST_ENEMY, BOSS_CORE, CAPSULE = 12, 12, 1

local read = memory.readbyte
local BUTTONS = { right = 1, left = 2, down = 4, up = 8, start = 16, select = 32, B = 64, A = 128 }
local A, B, START = 128, 64, 16
local pads = {}
for mask = 0, 255 do
    local pad = {}
    for name, bit in pairs(BUTTONS) do pad[name] = math.floor(mask / bit) % 2 == 1 end
    pads[mask] = pad
end

local log, loads = {}, 0 -- masks of the movie so far; savestates loaded
local function frame(mask)
    joypad.set(1, pads[mask])
    emu.frameadvance()
end
local function play(mask)
    frame(mask)
    log[#log + 1] = mask
end
local function load(state)
    savestate.load(state)
    loads = loads + 1
end

local function score()
    local sum = 0
    for i = 2, 0, -1 do
        local bcd = read(SCORE + i)
        sum = sum * 100 + math.floor(bcd / 16) * 10 + bcd % 16
    end
    return sum
end

-- Can a ship get through at this tile? Breakable ones can be shot away.
local function passable(column, row)
    local byte = read(TERRAIN + (column % 64) * 8 + math.floor(row / 4))
    return math.floor(byte / 4 ^ (row % 4)) % 4 ~= 1
end

-- How many columns ahead the ship can reach, climbing at most two rows a column.
local function way_ahead()
    local scroll = read(SCROLL_PAGE) * 256 + read(SCROLL_LOW)
    local here = math.floor((scroll + read(X) + 6) / 8)
    local last = math.floor(scroll / 8) + 32
    local rows, count = { [math.floor(read(Y) / 8)] = true }, 0
    for column = here + 1, last do
        local reached, any = {}, false
        for row in pairs(rows) do
            for climb = -2, 2 do
                local to = row + climb
                local free = to >= 2 and to <= 23 and not reached[to]
                    and passable(column, to - 1) and passable(column, to + 1)
                for step = 0, climb, climb < 0 and -1 or 1 do
                    free = free and passable(column, row + step)
                end
                if free then reached[to], any = true, true end
            end
        end
        if not any then return count end
        rows, count = reached, count + 1
    end
    return count + 30 - (last - here)
end

-- What a moment is worth to somebody who had so many points before.
local function value(points_before)
    local x, y, state = read(X), read(Y), read(STATE)
    if state == WARP then return -5000 end
    local worth = (score() - points_before) * 0.6 + read(CAPSULES) * 8 + read(SHIELD) * 15
        - math.abs(x - 56) * 0.12 - math.abs(y - 96) * 0.05 + math.min(way_ahead(), 28) * 4
    if state == 0x84 or state == 0x85 then
        worth = worth + read(DAMAGE + BOSS_CORE) * 60 - math.abs(y - read(Y + BOSS_CORE)) * 0.5
    end
    for slot = FIRST_ENEMY, 31 do
        local kind, dx, dy = read(TYPE + slot), read(X + slot) - x, math.abs(read(Y + slot) - y)
        if kind >= 0x80 and dx > -12 and dx < 30 and dy < 14 then worth = worth - 6 end
        if kind == CAPSULE and slot < 22 then worth = worth + 12 - (math.abs(dx) + dy) * 0.06 end
    end
    return worth
end

local DIRECTIONS = { 0, 1, 2, 4, 8, 5, 6, 9, 10 }
local function random_plan()
    local plan = {}
    while #plan < HORIZON do
        local direction = math.random() < 0.15 and 0 or DIRECTIONS[math.random(#DIRECTIONS)]
        for _ = 1, math.random(3, 18) do plan[#plan + 1] = direction end
    end
    return plan
end

local here = savestate.object()
local function try(plan, points_before)
    load(here)
    for i = 1, HORIZON do
        frame(plan[i] + A)
        if read(STATUS) ~= 1 then return -100000 + i * 100 end
        local state = read(STATE)
        if state >= CLEARED and state < DYING_OR_OVER then break end
    end
    return value(points_before)
end

local function wants_to_buy()
    local cursor = read(METER)
    return cursor == 1 and read(SPEED) < 1 or cursor == 2 and read(MISSILE) == 0
        or cursor == 4 and read(WEAPON) ~= 1 and read(OPTIONS) > 0
        or cursor == 5 and read(OPTIONS) < 2 or cursor == 6 and read(SHIELD) == 0
end

local function write_movie(path)
    local file = assert(io.open(path, "w"))
    file:write("version 3\nemuVersion 20605\nrerecordCount ", loads, "\npalFlag 0\n",
        "romFilename hirondelle\nromChecksum ", rom.gethash("base64"), "\n",
        "guid 48495249-4E44-454C-4C45-000000000001\nfourscore 0\nmicrophone 0\n",
        "port0 1\nport1 0\nport2 0\nFDS 0\nNewPPU 0\nRAMInitOption 0\nRAMInitSeed 0\n",
        "comment author copain-gym, tools/play.lua\n")
    local order = { "right", "left", "down", "up", "start", "select", "B", "A" }
    local letters = { "R", "L", "D", "U", "T", "S", "B", "A" }
    for _, mask in ipairs(log) do
        local line = {}
        for i, name in ipairs(order) do line[i] = pads[mask][name] and letters[i] or "." end
        file:write("|0|", table.concat(line), "|||\n")
    end
    file:close()
end

emu.speedmode("maximum")
emu.frameadvance() -- the first one of a script emulates nothing
if copain then copain.draw(false) end
for _ = 1, 200 do play(0) end
play(START)
while read(STATE) ~= PLAYING do play(0) end
local elsewhere = os.getenv("START_AT")
if elsewhere then
    local stage, checkpoint = elsewhere:match("(%d),(%d)")
    memory.writebyte(STAGE, tonumber(stage))
    memory.writebyte(CHECKPOINT, tonumber(checkpoint))
    memory.writebyte(STATE, 0)
    repeat play(0) until read(STATE) == PLAYING
end

local plan, history, failures, state_before = nil, {}, 0, nil
local first = #log
while #log - first < LIMIT do
    local state = read(STATE)
    if state ~= state_before then
        print(string.format("frame %d: stage %d, play state $%02X, lives %d, score %d",
            #log, read(STAGE) + 1, state, read(LIVES), score() * 10))
        state_before = state
    end
    if state == ENDED or state == 0xC0 then break end
    if state < PLAYING or state > 0x85 then
        play(0)
        plan = nil
    else
        savestate.save(here)
        local points = score()
        local plans = {}
        if plan then -- what is left of the last plan, as it is and with a new end
            local rest, changed, fresh = {}, {}, random_plan()
            for i = SEGMENT + 1, HORIZON do rest[#rest + 1] = plan[i] end
            while #rest < HORIZON do rest[#rest + 1] = 0 end
            local keep = HORIZON - SEGMENT - math.random(20, 60)
            for i = 1, HORIZON do changed[i] = i < keep and rest[i] or fresh[i] end
            plans = { rest, changed }
        end
        local still = {}
        for i = 1, HORIZON do still[i] = 0 end
        plans[#plans + 1] = still
        for _ = 1, 4 do plans[#plans + 1] = random_plan() end
        local best, best_plan = -math.huge, nil
        local function consider(candidate)
            local worth = try(candidate, points)
            if worth > best then best, best_plan = worth, candidate end
        end
        for _, candidate in ipairs(plans) do consider(candidate) end
        local more = 60 * (1 + failures)
        while best < -1000 and more > 0 do -- all of them die: random ones, and new ends of the best
            local candidate = random_plan()
            if more % 2 == 0 then
                for i = 1, math.random(HORIZON) do candidate[i] = best_plan[i] end
            end
            consider(candidate)
            more = more - 1
        end
        if best < -100000 + (HORIZON - 20) * 100 and best < -1000 and #history > 25 then
            failures = math.min(failures + 1, 6)
            local back = history[#history - (6 + failures * 4 > 24 and 24 or 6 + failures * 4)]
            while history[#history] ~= back do table.remove(history) end
            load(back.state)
            while #log > back.frames do table.remove(log) end
            plan = nil
        else
            if best > -1000 then failures = 0 end
            load(here)
            local point = #history >= 60 and table.remove(history, 1)
                or { state = savestate.object() }
            point.frames = #log
            savestate.save(point.state)
            history[#history + 1] = point
            local buy = wants_to_buy()
            for i = 1, SEGMENT do
                play(best_plan[i] + A + (buy and i == 1 and B or 0))
                if read(STATE) ~= state then break end
            end
            plan = best_plan
        end
    end
end
if not elsewhere then write_movie(OUT) end
print(string.format("frame %d: stage %d, play state $%02X, lives %d, score %d, %d states loaded",
    #log, read(STAGE) + 1, read(STATE), read(LIVES), score() * 10, loads))
os.exit(0)
