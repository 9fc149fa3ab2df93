"""Tests of the engine: what it records, how it judges, and that it judges nobody wrongly."""
