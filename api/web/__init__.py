"""HTML pages, made from the service's own JSON answers.

    renderer             imports the pages when the first is asked for
    answers              the page of each address
     ├► page_request     a request for a page, and the JSON answer to the same
     ├► landing, collections, item_list ─► form, form_fields, form_options
     ├► item ─► property_table, assets, related_links, footprint_map
     └► failure          an error
    page_context         templates, and the head, foot and headers that all pages have
     ├► words            texts of the pages in each language; those of the domain are in the vocabulary
     ├► typography       numbers, dates and sizes
     └► untrusted_text   safe text, addresses and Markdown
    static_files         style sheet, pictures and scripts, under names that change with their content

A page shows nothing that the JSON does not have.
"""
