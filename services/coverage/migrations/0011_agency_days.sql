-- The days in Jakarta on which an agency sent something, by which its rhythm is learned. Days before a version that kept
-- them come with a rebuild.
create table agency_days (
    agency text not null,
    day date not null,
    primary key (agency, day)
);
