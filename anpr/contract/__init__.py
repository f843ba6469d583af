"""Message contract: what edge and centre agreed on, versioned; the bytes on the wire and their JSON schemas."""
