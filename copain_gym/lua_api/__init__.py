"""FCEUX's Lua functions in Python: `Emulator.lua`."""

from copain_gym.lua_api.api import Batch, Deferred, LuaApi
from copain_gym.lua_api.library import Registration, Savestate
from copain_gym.lua_api.values import Pixel

__all__ = ["Batch", "Deferred", "LuaApi", "Pixel", "Registration", "Savestate"]
