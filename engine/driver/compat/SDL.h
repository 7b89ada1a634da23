// FCEUX's SDL branch includes this header; the headless driver needs nothing of SDL.
#pragma once
