"""A witness of the service's answers: records what one checkout answers, and compares that with another checkout.

    python -m tests.support.witness record DIR                            # this checkout, requests of this checkout
    python -m tests.support.witness record OTHER --like DIR --checkout C  # the same requests, the code of checkout C
    python -m tests.support.witness compare DIR OTHER                     # differences; exit status 1 if there are any

Differences that a change makes on purpose are left aside by `--ignore-tokens`, `--ignore-etags`, `--ignore-key-order`
and `--mask REGEX`. Left aside in any case: `Date`, `Last-Modified` other than of files of the tree, boundaries of
multipart answers, and the values of ETags (which answers share one is compared).

A recording holds everything that a later one needs (product tree, documents, requests), so that the second one imports
nothing from the code that was moved meanwhile.
"""
