-- What requests that are just being received may take on the disk, over all instances; a killed one's runs out.
create table receiving (
    request uuid primary key,
    agency text not null,
    bytes bigint not null,
    expires_at timestamptz not null
);
create index receiving_agency on receiving (agency);
