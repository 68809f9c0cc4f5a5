"""The surface of a relief for a screen: what ``making`` does, quick enough to follow a slider.

A photo that is looked at is kept in a folder of its own, a *draft*; so is what was slow to make of
it (``maps``). From there on the very functions run that the mesh is made by (``shaped``), on the
mesh's own grid or one that is evenly coarser (``view_field.grid_for``), so that what is seen is
what is made: in a browser (``seen``), in numbers (``figures``), or as a picture (``drawn``).

Runs in limited children; answers are plain values. What needs numpy is imported when it runs, but
for ``READY`` of ``pipeline.tasks`` it is at hand by then.
"""
