"""The animation player, used as a person uses it."""
