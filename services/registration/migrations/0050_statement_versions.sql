-- Who stated a target, a briefing or an agreement is kept from now on: uploads from before cannot be taken back.
update import set versions_kept = false where kind in ('targets', 'briefings', 'agreements');
