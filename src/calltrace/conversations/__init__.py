"""Chats and calls of voice bots, turn by turn, and what customers said of calls later."""
