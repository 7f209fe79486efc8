"""The third step: what is kept of a partner once it is known who it is (enrolments, claims, statements, attendance),
and the facts that follow. `timelines` and `derivation` are pure; `facts` publishes what is new; `erasure` removes a
person from all of it."""
