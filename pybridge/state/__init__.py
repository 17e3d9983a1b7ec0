"""State that is the same in Python and in every page: models, and what shows them.

- `model`: `Model`, what a notebook's author declares;
- `sync`: one model's conversation with its pages, message by message;
- `outbox`: how many changes are on their way at a time;
- `view`: what a cell shows of a model.
"""
