"""Learning that is drawn from curves of real runs, for markets of hundreds of parties."""
