"""The third step: what is kept of a partner once it is known who it is (enrolments, claims, statements), and the facts
that follow. `timelines` is pure; `facts` publishes what changed; `erasure` removes a person from all of it."""
