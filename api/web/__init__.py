"""Pages for people: HTML made from the service's own JSON answers.

    wanted            whether a request asks for a page, and in which language
    answers           a request for a page ─► the JSON answer to it ─► a page; the parts below, by address
     ├► landing, collections, listing ─► form, offers      the pages, one module each
     ├► item ─► facts, files, related, outline
     └► failure       what went wrong, as a page
    frame             templates, and the head, foot and headers that all pages have
     ├► words         texts of the pages in each language; those of the domain are in the vocabulary
     ├► typography    numbers, dates and sizes
     └► text          what strangers wrote: harmless text, safe addresses, Markdown
    static            style sheet and pictures, under names that change with their content

A page knows nothing that the JSON does not tell. Nothing here is imported before the first page is asked for, but for
`wanted`.
"""
