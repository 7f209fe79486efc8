-- What an agency said of how files with this header are to be read (`options` as in `import`); `header` is a hash of the
-- header's lines as they are compared.
create table remembered_reading (
    agency text not null references agency,
    kind text not null,
    header text not null,
    options jsonb not null,
    since timestamptz not null default clock_timestamp(),
    primary key (agency, kind, header)
);
