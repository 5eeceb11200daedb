"""Which names are one person, place or thing."""
