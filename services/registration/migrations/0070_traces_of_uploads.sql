-- An upload is worked off after its request: what follows from it still belongs to the request's trace.
alter table import add column traceparent text;
