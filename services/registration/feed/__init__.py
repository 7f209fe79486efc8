"""What agencies' systems follow: the changes of their own partners, asked for or sent to them."""
