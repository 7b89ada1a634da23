// Command line of fceux-headless.
// SPDX-License-Identifier: GPL-2.0-or-later
#include "headless.h"
#include "snapshots.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>

namespace headless {

Options options;

static const char *const HELP =
	"Usage: fceux-headless [OPTION]... --rom FILE\n"
	"Runs a NES, Famicom or FDS program in the core of FCEUX 2.6.5, without a window.\n"
	"\n"
	"  -r, --rom FILE          the program: .nes, .fds, .nsf, .unf, or a .zip that holds one\n"
	"  -l, --lua FILE          run this Lua script\n"
	"  -m, --playmov FILE      play this FM2 movie, read-only\n"
	"  -n, --frames N          end after N frames\n"
	"      --ntsc, --pal, --dendy\n"
	"                          region, whatever the ROM or its name says; without one of\n"
	"                          them it is as those say\n"
	"      --newppu            the new PPU of FCEUX (slower)\n"
	"      --sound RATE        make sound samples (44100, 48000 or 96000 a second) for\n"
	"                          sound.get; without it none are made, which is faster\n"
	"      --ram-init N        RAM at power-on: 0 FCEUX's pattern (default), 1 all $FF,\n"
	"                          2 all $00, 3 random\n"
	"      --game-genie        start in the Game Genie (needs gg.rom)\n"
	"      --fourscore         connect a Four Score: four gamepads\n"
	"      --input1 DEVICE     device in the first port (default gamepad)\n"
	"      --input2 DEVICE     device in the second port (default gamepad)\n"
	"      --expansion DEVICE  device in the expansion port (default none)\n"
	"      --palette FILE      palette, 64 or 512 colours of 3 bytes\n"
	"      --no-draw           draw no frame until the script asks for it (copain.draw)\n"
	"      --state-memory MIB  memory for the savestates that scripts keep (copain.save);\n"
	"                          default: half of the machine's\n"
	"      --stock-states      save and load only the savestate fields of stock FCEUX\n"
	"      --skew-cycle N      lose one CPU cycle in frame N: a deliberate error, for testing\n"
	"                          that 'copain engine check' finds it\n"
	"  -v, --verbose           FCEUX's own messages on standard error\n"
	"  -h, --help              print this help and end\n"
	"      --version           print the version and end\n"
	"\n"
	"Settings, savestates and movies are stored in $HOME/.fceux, as with stock FCEUX.\n"
	"Exit status: 0 fine, 1 failure, 2 wrong usage, 3 ROM not loaded, 4 Lua error,\n"
	"5 movie not played.\n";

static void usageError(const char *format, ...) {
	va_list args;
	va_start(args, format);
	fprintf(stderr, "fceux-headless: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\nTry 'fceux-headless --help'.\n");
	va_end(args);
	exit(EXIT_USAGE);
}

static long long parseNumber(const char *option, const char *text, long long lowest, long long highest) {
	char *end;
	long long value = strtoll(text, &end, 10);
	if (*end || end == text || value < lowest || value > highest)
		usageError("%s needs a number from %lld to %lld, not '%s'", option, lowest, highest, text);
	return value;
}

static int parseSoundRate(const char *text) {
	long long rate = parseNumber("--sound", text, 0, 96000);
	if (rate != 0 && rate != 44100 && rate != 48000 && rate != 96000)
		usageError("--sound needs 0, 44100, 48000 or 96000 samples a second, not '%s'", text);
	return (int)rate;
}

static std::string parsePortDevice(const char *option, const char *text) {
	if (!isPortDevice(text))
		usageError("%s needs one of %s, not '%s'", option, portDeviceNames(), text);
	return text;
}

void parseOptions(int argc, char **argv) {
	enum { NTSC_ = 256, PAL_, DENDY, NEWPPU, SOUND, RAM_INIT, GAME_GENIE, FOURSCORE, INPUT1, INPUT2, EXPANSION,
	       PALETTE, NO_DRAW, STATE_MEMORY, STOCK_STATES, SKEW_CYCLE, VERSION };
	static const option longOptions[] = {
		{"rom", required_argument, 0, 'r'}, {"lua", required_argument, 0, 'l'},
		{"loadlua", required_argument, 0, 'l'}, {"playmov", required_argument, 0, 'm'},
		{"frames", required_argument, 0, 'n'}, {"ntsc", no_argument, 0, NTSC_}, {"pal", no_argument, 0, PAL_},
		{"dendy", no_argument, 0, DENDY}, {"newppu", no_argument, 0, NEWPPU},
		{"sound", required_argument, 0, SOUND}, {"ram-init", required_argument, 0, RAM_INIT},
		{"game-genie", no_argument, 0, GAME_GENIE}, {"fourscore", no_argument, 0, FOURSCORE},
		{"input1", required_argument, 0, INPUT1}, {"input2", required_argument, 0, INPUT2},
		{"expansion", required_argument, 0, EXPANSION}, {"palette", required_argument, 0, PALETTE},
		{"no-draw", no_argument, 0, NO_DRAW}, {"skew-cycle", required_argument, 0, SKEW_CYCLE},
		{"state-memory", required_argument, 0, STATE_MEMORY},
		{"stock-states", no_argument, 0, STOCK_STATES}, {"verbose", no_argument, 0, 'v'},
		{"help", no_argument, 0, 'h'}, {"version", no_argument, 0, VERSION}, {0, 0, 0, 0}};
	opterr = 0;
	int c, index = 0;
	while ((c = getopt_long(argc, argv, ":r:l:m:n:vh", longOptions, &index)) != -1) {
		switch (c) {
		case 'r': options.rom = optarg; break;
		case 'l': options.lua = optarg; break;
		case 'm': options.movie = optarg; break;
		case 'n': options.frames = parseNumber("--frames", optarg, 1, INT64_MAX); break;
		case 'v': options.verbose = true; break;
		case NTSC_: options.region = 0; break;
		case PAL_: options.region = 1; break;
		case DENDY: options.region = 2; break;
		case NEWPPU: options.newPpu = true; break;
		case SOUND: options.soundRate = parseSoundRate(optarg); break;
		case RAM_INIT: options.ramInit = (int)parseNumber("--ram-init", optarg, 0, 3); break;
		case GAME_GENIE: options.gameGenie = true; break;
		case FOURSCORE: options.fourScore = true; break;
		case INPUT1: options.input[0] = parsePortDevice("--input1", optarg); break;
		case INPUT2: options.input[1] = parsePortDevice("--input2", optarg); break;
		case EXPANSION:
			if (!isExpansionDevice(optarg))
				usageError("--expansion needs one of %s, not '%s'", expansionDeviceNames(), optarg);
			options.expansion = optarg;
			break;
		case PALETTE: options.palette = optarg; break;
		case NO_DRAW: options.draw = false; break;
		case STATE_MEMORY:
			snapshotMemory = (size_t)parseNumber("--state-memory", optarg, 1, 1 << 30) << 20;
			break;
		case STOCK_STATES: options.stockStates = true; break;
		case SKEW_CYCLE: options.skewFrame = parseNumber("--skew-cycle", optarg, 1, INT64_MAX); break;
		case 'h': fputs(HELP, stdout); exit(EXIT_OK);
		case VERSION:
			printf("fceux-headless %s (FCEUX 2.6.5)\n", COPAIN_ENGINE_VERSION);
			exit(EXIT_OK);
		case ':': usageError("option '%s' needs a value", argv[optind - 1]);
		default: usageError("unknown option '%s'", argv[optind - 1]);
		}
	}
	if (optind < argc && options.rom.empty())
		options.rom = argv[optind++];
	if (optind < argc)
		usageError("unexpected argument '%s'", argv[optind]);
	if (options.rom.empty())
		usageError("no ROM given (--rom FILE)");
}

}  // namespace headless
