"""A generated year of reminders: `course` makes it, `world` lets it happen, `checker` judges it by what was seen.

The checker knows the promises of the README alone: it shares no line with the rules that it judges.
"""
