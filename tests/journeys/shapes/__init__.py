"""What software of the fediverse sends, in our words and its structure; one `Shape` is one row of the table.

`peers.py` of the kit serves the documents; `test_shapes.py` sends them and looks at what comes out.
"""
