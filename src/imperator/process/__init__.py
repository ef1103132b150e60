"""How a vassal's process is made, spoken to and buried."""
