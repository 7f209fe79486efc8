"""Questions that no rule decides and a person has to: `open_cases` keeps them, `decisions` says who may decide what."""
