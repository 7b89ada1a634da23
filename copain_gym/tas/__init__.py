"""Tool-assisted speedruns: inputs from power-on, movies, named states, videos."""
