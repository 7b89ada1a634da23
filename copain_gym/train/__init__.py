"""Code that the scripts in `agents/` share: training runs, evaluation, the Q-learner."""
