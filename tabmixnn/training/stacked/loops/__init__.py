"""The loops of a training step, compiled for the processor at hand by numba.

Operations on arrays as small as those of a batch of 256 rows take longer to start than to run, and
each reads and writes what the one before it has just written. Here a replica goes through its
layers, and back, before the next one comes, and what is between two matrix products is done row by
row, with its numbers in the processor's nearest memory.

The first import on a machine compiles (seconds); what comes out is kept beside these files, or
else in the user's cache.
"""
