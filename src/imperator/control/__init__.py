"""How people and programs speak to a running Emperor."""
