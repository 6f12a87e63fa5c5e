"""The part of Svar that faces people: conversations, handoff, the desk and the editor."""
