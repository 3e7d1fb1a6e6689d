"""Plots of the catalogue: the network of a series, where the tracks lie, and when they were looked at.

    routes ─► formats        the format of an answer: SVG, CSV, HTML or JSON
     ├► network              what the plot of a network shows: dates, pairs, positions, components, gaps
     │    └► network_figure  drawn
     ├► tracks               what maps and time lines show: track segments of collections
     │    ├► coverage_figure drawn on a map ─► land
     │    └► acquisitions_figure  drawn along time
     ├► drawing              draws in a thread, one plot at a time, and caches the figures
     │    └► figures ─► svg  what all figures have in common, and the SVG of Matplotlib made fit for pages
     └► palette · words      colours in light and dark, words in English and French

Data are rows first; CSV, JSON and figure are made of the same rows. Matplotlib is imported when the first plot is
drawn. The SQL is in `api.plots.queries`.
"""
