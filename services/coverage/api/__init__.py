"""coverage's HTTP routes: what may be asked, and the answers' shapes."""
