"""Benchmarks as their authors publish them: tables, fields, pictures, folders."""
