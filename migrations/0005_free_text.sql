-- Free text: what words an item or a collection has, how a word that is looked for is compared with them, and an index.
-- Nothing here needs more than the right to create in this schema: stemmers come with every PostgreSQL, and accents are
-- folded by Unicode's own decomposition.

-- Loaders and whoever maintains pgstac's tables call the functions of the index, whatever role they are.
GRANT USAGE ON SCHEMA flatsim TO PUBLIC;

-- Stemmers. "Andes" has the stem of "and", so that English words that every text has are left out; French ones stay,
-- since "est" is a direction too.
CREATE TEXT SEARCH DICTIONARY flatsim.english (
    TEMPLATE = pg_catalog.snowball, LANGUAGE = english, STOPWORDS = english
);
CREATE TEXT SEARCH DICTIONARY flatsim.french (TEMPLATE = pg_catalog.snowball, LANGUAGE = french);
CREATE TEXT SEARCH DICTIONARY flatsim.left_out (TEMPLATE = pg_catalog.simple, STOPWORDS = english, ACCEPT = false);

CREATE TEXT SEARCH CONFIGURATION flatsim.english (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION flatsim.english ALTER MAPPING FOR asciiword, word WITH flatsim.english;
CREATE TEXT SEARCH CONFIGURATION flatsim.french (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION flatsim.french
    ALTER MAPPING FOR asciiword, word WITH flatsim.left_out, flatsim.french;

-- A text in the form that words are compared in: without accents, ligatures and capitals, nothing between words that
-- PostgreSQL's parser would read as part of a path, an address, a sign or a compound. The French "gramme" is the
-- English "gram".
CREATE FUNCTION flatsim.plain_text(said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
    IF octet_length(said) > length(said) THEN
        said := translate(
            regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g'), 'øØłŁđĐı', 'oOlLdDi'
        );
        said := replace(replace(replace(replace(replace(said, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss');
    END IF;
    said := replace(replace(replace(replace(said, '-', ' '), '/', ' '), '.', ' '), '@', ' ');
    said := replace(replace(replace(said, '&', ' '), '<', ' '), '+', ' ');
    RETURN replace(lower(said), 'mm', 'm');
END
$$;

-- The words of an item, and its collection as one more "word" that no text can have: a search for a word that a
-- collection has in its title or keywords asks for all items in it. Only short fields are read, and each item pays for
-- them when it is loaded. A tail beyond 20 000 characters is left out.
CREATE FUNCTION flatsim.item_words(id text, collection text, content jsonb) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
    own jsonb := content->'properties';
    track text := own->>'flatsim:track';
    said text := concat_ws(
        ' ', id, own->>'title', own->>'identifier', own->>'flatsim:region',
        track, substr(track, 1, 4), substr(track, 5),
        own->>'sat:orbit_state', 'track ' || (own->>'sat:relative_orbit'),
        replace(left(coalesce(own->>'start_datetime', own->>'datetime'), 10), '-', ''),
        replace(left(own->>'end_datetime', 10), '-', '')
    );
BEGIN
    IF jsonb_typeof(own->'keywords') = 'array' THEN
        said := concat_ws(' ', said, (SELECT string_agg(word, ' ') FROM jsonb_array_elements_text(own->'keywords') word));
    END IF;
    IF own ? 'description' THEN
        said := concat_ws(' ', said, own->>'description');
    END IF;
    RETURN array_to_tsvector(ARRAY['in:' || left(collection, 500)])
        || to_tsvector('flatsim.english', flatsim.plain_text(left(said, 20000)));
END
$$;

-- Words of a text in the forms of both languages; for texts that are few.
CREATE FUNCTION flatsim.words(said text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('flatsim.english', plain) || to_tsvector('flatsim.french', plain)
    FROM flatsim.plain_text(left(said, 50000)) AS plain
$$;

-- One word of a search as the text of a tsquery. Words of letters are compared by their stems, in either language. What
-- has a digit in it is a part of a name or a date, and finds what begins so; numbers do from four digits on, so that 80
-- is not 800. "partial" says that it is only the beginning of a word, whose stem may be shorter: then an ending may
-- have begun already.
CREATE FUNCTION flatsim.word_query(word text, partial boolean, exact boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(DISTINCT format('''%s''%s', form, suffix), ' | ')
    FROM (
        SELECT unnest(ts_lexize('flatsim.english', word) || ts_lexize('flatsim.french', word)
            || ts_lexize('flatsim.english', (ts_lexize('flatsim.french', word))[1])), ''
        WHERE word !~ '[0-9]' AND ts_lexize('flatsim.english', word) <> '{}'
        UNION ALL
        SELECT left(word, -size), ''
        FROM generate_series(1, 5) size
        WHERE partial AND word !~ '[0-9]' AND length(word) - size >= 4
            AND ' ation ement ence ance ing ity ical ies ive ness ions ' LIKE '% ' || right(word, size) || '%'
        UNION ALL
        SELECT word, CASE
            WHEN partial OR (NOT exact AND (word ~ '[^0-9]' OR length(word) >= 4)) THEN ':*' ELSE ''
        END
        WHERE partial OR word ~ '[0-9]'
    ) forms (form, suffix)
$$;

-- A term of a search: a word, or some that stand one after the other. NULL when it has none but those that are left out.
CREATE FUNCTION flatsim.term_query(term text, partial boolean, exact boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := flatsim.plain_text(term);
    compact text := substring(plain FROM '^ *([0-9]{4} [0-9]{2}(?: [0-9]{2})?) *$');
    found tsquery;
BEGIN
    SELECT string_agg(format(CASE WHEN step IS NULL THEN '(%s)' ELSE '<%2$s> (%1$s)' END, query, step), ' ' ORDER BY place)
    INTO found
    FROM (
        SELECT place, query, place - lag(place) OVER (ORDER BY place) AS step
        FROM (
            SELECT place, flatsim.word_query(left(token, 500), partial AND is_last, exact OR NOT is_last) AS query
            FROM (
                SELECT token, row_number() OVER (ORDER BY number) AS place, lead(number) OVER (ORDER BY number) IS NULL AS is_last
                FROM ts_parse('default', plain) WITH ORDINALITY AS parsed (kind, token, number)
                WHERE kind <> 12  -- what stands between words
            ) tokens
        ) queries
        WHERE query IS NOT NULL
    ) steps;
    IF compact IS NOT NULL THEN  -- a date with hyphens is one in package names, one without in ids
        found := found || (replace(compact, ' ', '') || ':*')::tsquery;
    END IF;
    RETURN found;
END
$$;

-- The words of the collections: those that hold for their items too (of id, title and keywords), and all. What the
-- summaries list is true of some items only.
CREATE TABLE flatsim.collection_words (
    collection text PRIMARY KEY REFERENCES pgstac.collections (id) ON UPDATE CASCADE ON DELETE CASCADE,
    shared tsvector NOT NULL,
    whole tsvector NOT NULL
);
GRANT SELECT ON flatsim.collection_words TO flatsim_read, flatsim_write;

CREATE FUNCTION flatsim.write_collection_words(collection text, content jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO flatsim.collection_words AS present (collection, shared, whole)
    SELECT collection, flatsim.words(shared), flatsim.words(concat_ws(' ', shared, content->>'description', summarised))
    FROM concat_ws(' ', collection, content->>'title', (
        SELECT string_agg(word #>> '{}', ' ') FROM jsonb_path_query(content, '$.keywords[*]') word
    )) AS shared, (
        SELECT string_agg(value #>> '{}', ' ')
        FROM jsonb_path_query(content, '$.summaries.*[*] ? (@.type() == "string")') value
    ) AS listed (summarised)
    ON CONFLICT (collection) DO UPDATE SET shared = excluded.shared, whole = excluded.whole
    WHERE (present.shared, present.whole) IS DISTINCT FROM (excluded.shared, excluded.whole)
$$;

CREATE FUNCTION flatsim.collection_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM flatsim.write_collection_words(NEW.id, NEW.content);
    RETURN NULL;
END
$$;

SELECT flatsim.write_collection_words(id, content) FROM pgstac.collections;

SET LOCAL ROLE pgstac_admin;
CREATE TRIGGER flatsim_collection_words AFTER INSERT OR UPDATE OF id, content ON pgstac.collections
FOR EACH ROW EXECUTE FUNCTION flatsim.collection_changed();

-- As in 0004: of all partitions, those to come too. Searches read the list of what is not yet in place from end to end,
-- so that it is kept short (kilobytes).
CREATE INDEX flatsim_words ON pgstac.items
    USING gin (flatsim.item_words(id, collection, content)) WITH (gin_pending_list_limit = 512);
CREATE INDEX flatsim_words_template ON pgstac.queryable_index_template
    USING gin (flatsim.item_words(id, collection, content)) WITH (gin_pending_list_limit = 512);
RESET ROLE;
