"""Services far away that are paid for each order: how one is spoken to, whoever it is.

``line.py`` sends an order once and tells what proves that it was not accepted; ``fetching.py``
brings a result home. One module for each provider says what it wants and answers. What a mesh or
a height map is made with stands above, in ``meshers/`` and ``depth/``.
"""
