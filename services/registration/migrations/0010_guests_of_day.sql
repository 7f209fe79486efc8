-- An agency's guests of a day are counted, since one record holds only so many.
create index attendance_day on attendance (agency, held_on);
