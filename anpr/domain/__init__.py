"""Domain model: the terms of the glossary as frozen values. Standard library only, no input or output."""
