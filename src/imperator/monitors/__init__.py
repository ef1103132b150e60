"""Imperial monitors: where vassals' configurations come from."""
