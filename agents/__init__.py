"""Agents that learn: PPO and DQN of Stable-Baselines3, and a Q-learning agent of our own.

Each script is read from top to bottom and run by `python agents/ppo.py` or `copain train ppo`.
The folder is `copain_gym.agents`, too, and so is part of an installed package.
"""
